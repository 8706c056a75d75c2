/* link: the wire between the engine and the venue, as an adapter of a real exchange would be:
 * requests with time limits, a stream of updates, questions with answers that may be old. */
#include "simulation/world.h"

#define TIMEOUT_US (3 * SECOND_US)

static int64_t delay_us(struct world *w) {
    return between(&w->random, 2 * MS_US, 60 * MS_US);
}

/* --- requests ------------------------------------------------------------------------------------
 */

static int waiting_find(const struct world *w, uint64_t id) {
    for (int i = 0; i < w->waiting_count; i++) {
        if (w->waiting[i].id == id) {
            return i;
        }
    }
    return -1;
}

static void request_arrives(struct world *w, struct task *t) {
    trace(
        w, "venue gets %c %u/%llu", t->u.request.what, t->u.request.key.activation,
        (unsigned long long)t->u.request.key.sequence
    );
    venue_request(w, &t->u.request);
}

static void request_late(struct world *w, struct task *t) {
    int i = waiting_find(w, t->u.request.id);
    if (i < 0) {
        return;
    }
    w->waiting[i] = w->waiting[--w->waiting_count];
    const struct request *r = &t->u.request;
    trace(
        w, "no answer to %c %u/%llu", r->what, r->key.activation,
        (unsigned long long)r->key.sequence
    );
    w->figures.unknown++;
    struct venue_report report = {
        .account = r->account,
        .key = r->key,
        .event = {.kind = ORDER_EVENT_UNKNOWN, .time_ms = now_ms(w), .message = "no answer"},
    };
    engine_report(w->engine, &report);
    process_turn(w);
}

static int request_send(struct world *w, struct request *r, struct err *e) {
    if (!w->is_link_up) {
        return err_set(e, E_IO, "there is no connection");
    }
    if (w->waiting_count == REQUESTS_MAX) {
        return err_set(e, E_LIMIT, "too many requests are under way");
    }
    r->id = ++w->request_count;
    r->asked_ms = now_ms(w);
    w->waiting[w->waiting_count++] = *r;
    trace(
        w, "engine sends %c %u/%llu", r->what, r->key.activation,
        (unsigned long long)r->key.sequence
    );
    if (!w->is_link_dead && !chance(&w->random, w->faults.request_lost)) {
        task_add(w, delay_us(w), request_arrives)->u.request = *r; /* whatever becomes of us */
    }
    task_add_here(w, TIMEOUT_US, request_late)->u.request = *r;
    return 0;
}

static int link_submit(
    void *ctx, uint32_t account, struct order_key key, const struct order *o, struct err *e
) {
    struct world *w = ctx;
    check_submit(w, key, o);
    struct request r = {.what = 's', .account = account, .key = key, .order = o->request};
    return request_send(w, &r, e);
}

static int link_cancel(void *ctx, uint32_t account, struct order_key key, struct err *e) {
    struct request r = {.what = 'c', .account = account, .key = key};
    return request_send(ctx, &r, e);
}

static int link_amend(
    void *ctx,
    uint32_t account,
    struct order_key key,
    struct price price,
    struct price stop,
    struct quantity quantity,
    struct err *e
) {
    halts_check_amend(ctx, key, quantity);
    struct request r = {
        .what = 'a',
        .account = account,
        .key = key,
        .price = price,
        .stop = stop,
        .quantity = quantity,
    };
    return request_send(ctx, &r, e);
}

static int
link_leverage(void *ctx, uint32_t account, uint16_t symbol, int leverage, struct err *e) {
    struct world *w = ctx;
    check_leverage(w, account, symbol, leverage);
    int code = w->is_link_up ? venue_leverage(w, account, symbol, leverage) : E_IO;
    return code == 0 ? 0 : err_set(e, code, "the leverage stays");
}

static void reply_arrives(struct world *w, struct task *t) {
    int i = waiting_find(w, t->u.report.fill_id);
    if (i < 0) {
        return; /* too late: it is unknown already, and asked for */
    }
    w->waiting[i] = w->waiting[--w->waiting_count];
    struct venue_report report = t->u.report;
    report.fill_id = 0;
    trace(
        w, "reply %u/%llu: %d", report.key.activation, (unsigned long long)report.key.sequence,
        report.event.kind
    );
    engine_report(w->engine, &report);
    process_turn(w);
}

void link_reply(struct world *w, const struct request *r, const struct venue_report *report) {
    if (w->is_link_dead || chance(&w->random, w->faults.reply_lost)) {
        return;
    }
    struct task *t = task_add_here(w, delay_us(w), reply_arrives);
    t->u.report = *report;
    t->u.report.fill_id = r->id;
    t->link = w->link;
    t->process = w->process != 0 ? w->process : UINT32_MAX;
}

/* --- the stream of updates -----------------------------------------------------------------------
 */

static void report_arrives(struct world *w, struct task *t) {
    const struct venue_report *r = &t->u.report;
    trace(
        w, "hears %d of %u/%llu fill %llu update %llu", r->event.kind, r->key.activation,
        (unsigned long long)r->key.sequence, (unsigned long long)r->fill_id,
        (unsigned long long)r->update
    );
    w->figures.reports++;
    engine_report(w->engine, r);
    process_turn(w);
}

static void report_deliver(struct world *w, const struct venue_report *report) {
    int64_t delay = delay_us(w);
    int64_t at = w->now_us + delay;
    int64_t *last = &w->arrival_us[report->account];
    if (chance(&w->random, w->faults.reorder)) {
        delay += between(&w->random, 0, 800 * MS_US);
    } else {
        *last = at > *last ? at : *last; /* one connection keeps the order */
        delay = *last - w->now_us;
    }
    struct task *t = task_add_here(w, delay, report_arrives);
    t->u.report = *report;
    t->link = w->link;
}

void link_push(struct world *w, const struct venue_report *report) {
    w->told_reports[w->told_report_count++ % 64] = *report;
    if (w->process == 0 || !w->is_link_up || w->is_link_dead) {
        return;
    }
    report_deliver(w, report);
    if (chance(&w->random, w->faults.duplicate)) {
        w->figures.duplicates++;
        report_deliver(w, report);
    }
}

/* --- questions -----------------------------------------------------------------------------------
 */

/* What the venue's slower books show at an instant. */
static int64_t seen_us(const struct world *w, int64_t at_us) {
    bool is_stale = w->faults.has_stale_rest && at_us < w->faults.rest_lag_until_us;
    return is_stale ? at_us - w->faults.rest_lag_us : at_us;
}

static void
order_show(const struct model_order *o, const struct venue_version *v, struct venue_order *out) {
    *out = (struct venue_order){
        .key = o->key,
        .request = o->request,
        .state = v->state,
        .filled = v->filled,
        .update = v->update,
        .code = order_state_is_terminal(v->state) ? o->code : 0,
    };
    out->request.price = v->price;
    out->request.stop = v->stop;
    out->request.quantity = v->quantity;
}

static int fills_show(
    struct world *w,
    uint32_t account,
    const struct order_key *key,
    int64_t since_ms,
    int64_t at_us,
    struct venue_report *out,
    int most
) {
    int count = 0;
    for (int i = 0; i < w->venue.fill_count && count < most; i++) {
        const struct model_fill *f = &w->venue.fills[i];
        bool is_of_key = key == NULL ||
                         (f->key.activation == key->activation && f->key.sequence == key->sequence);
        if (f->account == account && f->at_us <= at_us && f->fill.time_ms >= since_ms &&
            is_of_key) {
            venue_fill_report(w, f, &out[count++]);
        }
    }
    return count;
}

static void answer_arrives(struct world *w, struct task *t) {
    static struct venue_report fills[256];
    const struct request *r = &t->u.answer.request;
    int64_t at = t->u.answer.at_us;
    const struct model_order *o = venue_find(w, r->key);
    const struct venue_version *v = o != NULL ? venue_version_at(o, at) : NULL;
    struct venue_answer answer = {
        .account = r->account,
        .key = r->key,
        .asked_ms = r->asked_ms,
        .is_found = v != NULL,
        .fills = fills,
        .fill_count = fills_show(w, r->account, &r->key, 0, at, fills, 256),
    };
    if (v != NULL) {
        order_show(o, v, &answer.order);
    }
    trace(
        w, "answer about %u/%llu: %s", r->key.activation, (unsigned long long)r->key.sequence,
        v != NULL ? order_state_name(v->state) : "not found"
    );
    engine_answer(w->engine, &answer);
    process_turn(w);
}

static void question_arrives(struct world *w, struct task *t) {
    struct request r = t->u.request;
    struct task *answer = task_add_here(w, delay_us(w), answer_arrives);
    answer->u.answer.request = r;
    answer->u.answer.at_us = seen_us(w, w->now_us);
    answer->link = w->link;
}

static int link_query(
    void *ctx, uint32_t account, struct order_key key, const struct order *o, struct err *e
) {
    struct world *w = ctx;
    (void)o;
    if (!w->is_link_up) {
        return err_set(e, E_IO, "there is no connection");
    }
    trace(w, "engine asks about %u/%llu", key.activation, (unsigned long long)key.sequence);
    struct request r = {.what = 'q', .account = account, .key = key, .asked_ms = now_ms(w)};
    if (!w->is_link_dead && !chance(&w->random, w->faults.request_lost)) {
        struct task *t = task_add_here(w, delay_us(w), question_arrives);
        t->u.request = r;
        t->link = w->link;
    }
    return 0;
}

/* --- a whole account -----------------------------------------------------------------------------
 */

static void truth_arrives(struct world *w, struct task *t) {
    static struct venue_order orders[512];
    static struct venue_report fills[VENUE_FILLS_MAX];
    struct venue_holding holdings[SYMBOLS * 3];
    uint32_t account = t->u.truth.account;
    struct venue_truth truth = {
        .account = account,
        .asked_ms = t->u.truth.asked_ms,
        .orders = orders,
        .holdings = holdings,
        .fills = fills,
    };
    for (int i = 0; i < w->venue.order_count && truth.order_count < 512; i++) {
        const struct model_order *o = &w->venue.orders[i];
        const struct venue_version *v = venue_version_at(o, t->u.truth.orders_us);
        if (o->account == account && v != NULL && !order_state_is_terminal(v->state)) {
            order_show(o, v, &orders[truth.order_count++]);
        }
    }
    for (uint16_t symbol = 0; symbol < SYMBOLS; symbol++) {
        for (int side = POSITION_NET; side <= POSITION_SHORT; side++) {
            struct quantity q = venue_position_at(
                w, account, symbol, (enum position_side)side, t->u.truth.holdings_us
            );
            if (q.d.v != 0) {
                holdings[truth.holding_count++] =
                    (struct venue_holding){symbol, (enum position_side)side, q};
            }
        }
    }
    truth.fill_count = fills_show(
        w, account, NULL, engine_fills_since(w->engine, account), t->u.truth.fills_us, fills,
        VENUE_FILLS_MAX
    );
    struct reconcile_result result;
    struct err err = {0};
    int code = engine_reconcile(w->engine, &truth, &result, &err);
    trace(
        w, "reconciled %u: %d fills %d missing %d adopted %d stray %d differences %s", account,
        result.fills, result.missing, result.adopted, result.stray, result.differences, result.text
    );
    w->figures.reconciles++;
    if (code != 0) {
        sim_fail(w, "reconciliation fails: %s", err.msg);
    }
    w->doubt_ms[account] = engine_is_in_doubt(w->engine, account) ? w->doubt_ms[account] : 0;
    w->doubts[account] = result.differences > 0 || engine_is_in_doubt(w->engine, account);
    process_turn(w);
}

static void truth_leaves(struct world *w, struct task *t) {
    int64_t at = w->now_us;
    struct task *answer =
        task_add_here(w, between(&w->random, 20 * MS_US, 150 * MS_US), truth_arrives);
    answer->u.truth = t->u.truth;
    answer->u.truth.orders_us = seen_us(w, at);
    answer->u.truth.holdings_us = seen_us(w, at + between(&w->random, 0, 20 * MS_US));
    answer->u.truth.fills_us = seen_us(w, at + 20 * MS_US);
    answer->link = w->link;
}

void truth_ask(struct world *w, uint32_t account) {
    if (!w->is_link_up || w->is_link_dead || w->engine == NULL ||
        account >= (uint32_t)engine_account_count(w->engine)) {
        return;
    }
    struct task *t = task_add_here(w, delay_us(w), truth_leaves);
    t->u.truth.account = account;
    t->u.truth.asked_ms = now_ms(w);
    t->link = w->link;
}

/* Every ten seconds, or every two where something does not add up. */
void link_watch(struct world *w) {
    int64_t second = w->now_us / SECOND_US;
    for (uint32_t i = 0; i < ACCOUNTS; i++) {
        bool is_doubtful = w->doubts[i] > 0;
        if (second % (is_doubtful ? 2 : 10) == i % 2) {
            truth_ask(w, i);
        }
    }
}

/* --- connections ---------------------------------------------------------------------------------
 */

void link_connect(struct world *w, struct task *t) {
    (void)t;
    if (w->is_link_up || w->engine == NULL) {
        return;
    }
    w->is_link_up = true;
    w->is_link_dead = false;
    w->link++;
    w->figures.links++;
    trace(w, "connected");
    if (w->faults.duplicate > 0) { /* the venue says again what it said last */
        int first = w->told_report_count > 20 ? w->told_report_count - 20 : 0;
        for (int i = first; i < w->told_report_count; i++) {
            report_deliver(w, &w->told_reports[i % 64]);
        }
    }
    for (uint32_t i = 0; i < (uint32_t)engine_account_count(w->engine); i++) {
        engine_doubt(w->engine, i);
        w->doubts[i] = 1;
        w->doubt_ms[i] = now_ms(w);
        truth_ask(w, i);
    }
}

void link_drop(struct world *w) {
    if (w->is_link_up) {
        trace(w, "disconnected");
    }
    w->is_link_up = false;
    w->link++;
}

void link_lost_process(struct world *w) {
    w->is_link_up = w->is_link_dead = false;
    w->waiting_count = 0;
    w->link++;
}

struct venue_port link_port(struct world *w) {
    return (struct venue_port){w, link_submit, link_cancel, link_amend, link_leverage, link_query};
}
