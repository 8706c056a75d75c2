#include "app/run_tables.h"

#include "app/run_gateway.h"
#include "gateway/gateway.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct asked { /* until its answer comes */
    struct run *run;
    uint64_t number;
};

static void on_answer(void *ctx, const struct store_answer *answer) {
    struct asked *asked = ctx;
    gateway_on_tables(
        run_gateway_of(asked->run->gateway), asked->number, answer->code, answer->err->msg,
        answer->body, answer->length
    );
    free(asked);
}

/* A text that does not fit is none that a row could have. */
static int text_take(char to[QUERY_TEXT_MAX], const char *text, const char *name, struct err *e) {
    if (text != NULL && strlen(text) >= QUERY_TEXT_MAX) {
        return err_set(e, E_ARGUMENT, "%s: has at most %d bytes", name, QUERY_TEXT_MAX - 1);
    }
    snprintf(to, QUERY_TEXT_MAX, "%s", text != NULL ? text : "");
    return 0;
}

static int query_make(const struct tables_ask *ask, struct query *q, struct err *e) {
    static const enum query_list lists[] = {
        [TABLES_ORDERS] = QUERY_ORDERS,
        [TABLES_FILLS] = QUERY_FILLS,
        [TABLES_STEPS] = QUERY_STEPS,
        [TABLES_SIGNALS] = QUERY_SIGNALS,
        [TABLES_CANDLES] = QUERY_CANDLES,
        [TABLES_SCRIPT_VERSIONS] = QUERY_SCRIPT_VERSIONS,
        [TABLES_SCRIPT_SOURCES] = QUERY_SCRIPT_SOURCES,
    };
    *q = (struct query){
        .list = lists[ask->list],
        .is_one = ask->is_one,
        .limit = ask->limit,
        .timeframe_ms = ask->timeframe_ms,
        .finest_ms = ask->finest_ms,
        .behind = ask->behind,
        .wait_ns = ask->wait_ns,
    };
    int code = text_take(q->user, ask->user, "user_id", e);
    code = code != 0 ? code : text_take(q->activation, ask->activation, "activation_id", e);
    code = code != 0 ? code : text_take(q->strategy, ask->strategy, "name", e);
    code = code != 0 ? code : text_take(q->symbol, ask->symbol, "symbol", e);
    code = code != 0 ? code : text_take(q->exchange, ask->exchange, "exchange", e);
    code = code != 0 ? code : text_take(q->status, ask->status, "status", e);
    bool is_version = ask->version != NULL;
    code = code != 0 ? code
                     : text_take(
                           q->id, is_version ? ask->version : ask->order_id,
                           is_version ? "version" : "order_id", e
                       );
    return code != 0 ? code : text_take(q->cursor, ask->cursor, "cursor", e);
}

static int ask(void *ctx, const struct tables_ask *ask, struct err *e) {
    struct run *run = ctx;
    struct query query;
    int code = query_make(ask, &query, e);
    if (code == 0 && run->store.tables == NULL) {
        code = err_set(e, E_BUSY, "the run is being recovered");
    }
    struct asked *asked = code == 0 ? malloc(sizeof *asked) : NULL;
    if (asked == NULL) {
        return code != 0 ? code : err_set(e, E_MEMORY, "no memory for what is asked");
    }
    *asked = (struct asked){run, ask->number};
    code = store_ask(run->store.tables, &query, on_answer, asked, e);
    if (code != 0) {
        free(asked);
        return code == E_LIMIT ? err_set(e, E_BUSY, "too many lists are asked for at once") : code;
    }
    return 0;
}

static bool is_behind(void *ctx, char *text, size_t size) {
    struct run *run = ctx;
    struct store_figures f;
    if (run_store_is_followed(&run->store, &f)) {
        return false;
    }
    snprintf(
        text, size, "the tables have %llu of the %llu records of before: %.80s",
        (unsigned long long)f.applied, (unsigned long long)run->store.recovered,
        f.reason[0] != '\0' ? f.reason : "they follow"
    );
    return true;
}

struct tables_port run_tables(struct run *run) {
    return (struct tables_port){
        .ctx = run,
        .ask = ask,
        .is_behind = is_behind,
        .wait_ns = run->config->list_wait_ms * 1000000,
    };
}
