/* The demo's candles and both shipped strategies behind the gateway, moved by lines on standard
 * input, so that a test decides what happens when:
 *
 *   play N      plays N candles        hold / release    answers wait for the journal, or do not
 *   ready 0|1   what /ready says       down 0|1          the journal takes nothing
 *   full 0|1    tables take nothing    answer NAME       what was asked of the tables gets that code
 *   behind 0|1  tables have not followed
 *   stop        gateway_stop           quit
 *
 * Each is answered with "ok". With GATEWAY_SERVER_TABLES in the environment there are tables. Usage: gateway_server DATA_DIR CHECKER, the program that checks
 * scripts; prints "port N" first. */
#include "app/instruments.h"
#include "app/script_check.h"
#include "app/script_files.h"
#include "gateway/gateway.h"
#include "research/candle_file.h"
#include "research/session.h"
#include "script/deadline.h"
#include "worker/deadline_watcher.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

struct server {
    uv_loop_t loop;
    uv_pipe_t input;
    struct session *session;
    struct engine *engine;
    struct gateway *gateway;
    struct script_checks *checks;
    int left; /* of the two that must have stopped */
    struct candle_data data;
    struct deadline deadline;
    struct deadline_watcher *watcher;
    struct instrument instrument;
    uint16_t symbol;
    size_t row;
    uint64_t appended;
    bool is_held, is_down, has_quit;
    struct script_source source; /* of the lookup that is under way */
    char line[256];
    size_t line_length;
};

static struct server server;

static void die(const char *what, const struct err *e) {
    fprintf(stderr, "gateway_server: %s: %s\n", what, e->msg);
    exit(1);
}

/* --- sink and journal
 * ----------------------------------------------------------------------------- */

#define FORWARD(name, kind)                                                                        \
    static void on_##name(void *ctx, const struct kind *record) {                                  \
        const struct server *s = ctx;                                                              \
        if (s->gateway != NULL) {                                                                  \
            gateway_on_##name(s->gateway, record);                                                 \
        }                                                                                          \
    }
FORWARD(fill, fill_record)
FORWARD(order, order_record)
FORWARD(signal, signal_record)
FORWARD(log, log_record)
FORWARD(fault, fault_record)
FORWARD(status, status_record)
FORWARD(answer, answer_record)
FORWARD(edit, edit_record)
FORWARD(halt, halt_record)

static void on_left(void *ctx, uint32_t activation) {
    const struct server *s = ctx;
    if (s->gateway != NULL) {
        gateway_on_left(s->gateway, activation);
    }
}

static uint64_t journal_append_(void *ctx, const char *bytes, size_t length) {
    struct server *s = ctx;
    (void)bytes;
    (void)length;
    return s->is_down ? 0 : ++s->appended;
}

static void durable(struct server *s) {
    if (!s->is_held) {
        engine_durable(s->engine, s->appended);
        gateway_durable(s->gateway, s->appended);
    }
}

/* The journal is durable at once, unless it is held: then nothing waits here. */
static void settle(void *ctx) {
    struct server *s = ctx;
    enum player_status status;
    do {
        status = session_settle(s->session);
        durable(s);
    } while (status == PLAYER_WAITING && !s->is_held);
}

/* --- the gateway's questions
 * ---------------------------------------------------------------------- */

static int
activate(void *ctx, const struct activation_options *options, uint32_t *activation, struct err *e) {
    struct server *s = ctx;
    return session_activate(s->session, options, activation, e);
}

static int
script_find(void *ctx, const char *name, const struct script_bundle **bundle, struct err *e) {
    struct server *s = ctx;
    /* The shipped ones, and one that has commands. */
    bool has_commands = strcmp(name, "commands") == 0;
    const char *path = has_commands ? "tests/scripts/good/commands.lua" : name;
    int code = script_source_read(path, (size_t)1 << 20, &s->source, e);
    *bundle = &s->source.bundle;
    return code;
}

static void script_release(void *ctx, const struct script_bundle *bundle) {
    struct server *s = ctx;
    (void)bundle;
    script_source_free(&s->source);
}

static const char *script_list(void *ctx, int index) {
    static const char *const names[] = {"grid", "hyperrsi"};
    (void)ctx;
    return index < 2 ? names[index] : NULL;
}

static int check_begin(
    void *ctx,
    const char *name,
    const char *source,
    size_t length,
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
    void (*done)(void *to, int code, const char *why),
    void *to,
    struct err *e
) {
    struct server *s = ctx;
    struct script_check_listener listener = {to, finding, done};
    return script_check(s->checks, name, source, length, &listener, e);
}

static void stopped(void *ctx) {
    struct server *s = ctx;
    if (--s->left == 0) {
        uv_close((uv_handle_t *)&s->input, NULL);
    }
}

/* --- lines
 * ---------------------------------------------------------------------------------------- */

static void play(struct server *s, int count) {
    struct err err = {0};
    for (int i = 0; i < count && s->row < s->data.count; i++) {
        const struct candle *candle = &s->data.rows[s->row++];
        enum player_status status = session_play(s->session, s->symbol, candle, &err);
        for (int turns = 0; status == PLAYER_WAITING && turns < 100000; turns++) {
            engine_durable(s->engine, s->appended);
            status = session_resume(s->session, &err);
        }
        if (status != PLAYER_DONE) {
            die("play", &err);
        }
        gateway_on_bar(s->gateway, s->symbol, candle);
    }
    durable(s);
    gateway_look(s->gateway);
}

static void server_stop(struct server *s) {
    if (s->left == 0) {
        s->left = 2;
        script_checks_stop(s->checks, stopped, s);
        gateway_stop(s->gateway);
    }
}

/* --- tables that answer when they are told to
 * ---------------------------------------------------- */

#define ASKS_MAX 64

static struct {
    uint64_t asked[ASKS_MAX];
    int count;
    bool is_full, is_behind;
} tables;

static int tables_ask_(void *ctx, const struct tables_ask *ask, struct err *e) {
    (void)ctx;
    if (tables.is_full || tables.count == ASKS_MAX) {
        return err_set(e, E_BUSY, "too many lists");
    }
    tables.asked[tables.count++] = ask->number;
    return 0;
}

static bool tables_behind(void *ctx, char *text, size_t size) {
    (void)ctx;
    snprintf(text, size, "the tables follow");
    return tables.is_behind;
}

static void tables_answer(struct server *s, int code) {
    static const char body[] = "{\"items\":[],\"next_cursor\":null}";
    for (int i = 0; i < tables.count; i++) {
        gateway_on_tables(
            s->gateway, tables.asked[i], code, "why not", code == 0 ? body : "",
            code == 0 ? sizeof body - 1 : 0
        );
    }
    tables.count = 0;
}

static bool obey_tables(struct server *s, const char *line) {
    char name[64];
    int n;
    if (sscanf(line, "full %d", &n) == 1) {
        tables.is_full = n != 0;
    } else if (sscanf(line, "behind %d", &n) == 1) {
        tables.is_behind = n != 0;
    } else if (sscanf(line, "answer %63s", name) == 1) {
        tables_answer(s, strcmp(name, "ok") == 0 ? 0 : err_code_of(name));
    } else {
        return false;
    }
    return true;
}

static void obey(struct server *s, const char *line) {
    int n = 0;
    if (sscanf(line, "play %d", &n) == 1) {
        play(s, n);
    } else if (strcmp(line, "hold") == 0 || strcmp(line, "release") == 0) {
        s->is_held = line[0] == 'h';
        settle(s);
    } else if (sscanf(line, "ready %d", &n) == 1) {
        gateway_ready(s->gateway, n != 0);
    } else if (sscanf(line, "down %d", &n) == 1) {
        s->is_down = n != 0;
        if (n == 0) {
            engine_journal_restored(s->engine);
        }
    } else if (strcmp(line, "stop") == 0) {
        server_stop(s);
    } else if (!obey_tables(s, line)) {
        fprintf(stderr, "gateway_server: %s?\n", line);
    }
    puts("ok");
    fflush(stdout);
}

static void on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *room) {
    struct server *s = handle->data;
    (void)suggested;
    *room = uv_buf_init(s->line + s->line_length, (unsigned)(sizeof s->line - 1 - s->line_length));
}

static void on_input(uv_stream_t *stream, ssize_t length, const uv_buf_t *room) {
    struct server *s = stream->data;
    (void)room;
    if (length < 0) {
        uv_read_stop(stream);
        server_stop(s);
        return;
    }
    s->line_length += (size_t)length;
    s->line[s->line_length] = '\0';
    char *end;
    while ((end = memchr(s->line, '\n', s->line_length)) != NULL) {
        *end = '\0';
        obey(s, s->line);
        size_t used = (size_t)(end - s->line) + 1;
        s->line_length -= used;
        memmove(s->line, end + 1, s->line_length + 1);
    }
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static void session_make(struct server *s) {
    struct err err = {0};
    struct candle_file_options options = {0};
    if (instrument_find("BTC-USDT-SWAP", &s->instrument, &err) != 0 ||
        candle_file_load("config/demo/btcusdt-1m.csv.gz", &options, &s->data, &err) != 0 ||
        deadline_watcher_start(&s->watcher, &s->deadline, &err) != 0) {
        die("inputs", &err);
    }
    struct session_options so = {
        .face = FACE_DIRECT,
        .costs =
            {
                .fee_taker = {DECIMAL_ONE / 2000},
                .fee_maker = {DECIMAL_ONE / 5000},
                .slippage = {DECIMAL_ONE / 2000},
            },
        .journal = {s, journal_append_},
    };
    so.host.capture = CAPTURE_ALWAYS;
    so.host.deadline = &s->deadline;
    host_limits_default(&so.host.limits);
    engine_options_default(&so.engine);
    so.engine.symbols_max = 1;
    so.engine.activations_max = 256;
    so.engine.limits.feed_age_max_ms = 0;
    struct sink_port sink = {
        s, on_fill, on_order, on_signal, on_log, on_fault, on_status, on_answer, on_edit, on_left, on_halt,
    };
    struct history_port history = {0};
    if (session_new(&s->session, &so, &sink, &history, &err) != 0) {
        die("session", &err);
    }
    s->engine = session_engine(s->session);
    engine_set_time(s->engine, s->data.rows[0].bar.time_ms);
    if (session_add_symbol(s->session, &s->instrument, s->data.bar_ms, &s->symbol, &err) != 0) {
        die("symbol", &err);
    }
}

static void gateway_make(struct server *s, const char *data_dir, const char *checker) {
    struct err err = {0};
    struct script_checks_options checks = {
        .loop = &s->loop,
        .at_once_max = 2,
        .time_max_ms = 2000,
        .memory_max = (size_t)128 << 20,
        .source_max = (size_t)1 << 20,
        .program = checker,
    };
    if (script_checks_new(&s->checks, &checks, &err) != 0) {
        die("checks", &err);
    }
    struct gateway_options options = {
        .loop = &s->loop,
        .engine = s->engine,
        .data_dir = data_dir,
        .address = "127.0.0.1",
        .version = "test",
        .venue = "paper",
        .balance = {decimal_of_int(10000)},
        .keys = {20000, 2000, (int64_t)86400 * 1000000000},
        .ctx = s,
        .activate = activate,
        .settle = settle,
        .script_find = script_find,
        .script_release = script_release,
        .script_list = script_list,
        .script_check = check_begin,
        .stopped = stopped,
    };
    if (getenv("GATEWAY_SERVER_TABLES") != NULL) {
        options.tables = (struct tables_port){s, tables_ask_, tables_behind, 200000000};
    }
    if (gateway_new(&s->gateway, &options, &err) != 0) {
        die("gateway", &err);
    }
    gateway_ready(s->gateway, true);
    printf("port %d\n", gateway_port(s->gateway));
    fflush(stdout);
}

int main(int argc, char **argv) {
    struct server *s = &server;
    if (argc != 3) {
        fprintf(stderr, "usage: gateway_server DATA_DIR CHECKER\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&s->loop);
    uv_pipe_init(&s->loop, &s->input, 0);
    s->input.data = s;
    session_make(s);
    gateway_make(s, argv[1], argv[2]);
    uv_pipe_open(&s->input, 0);
    uv_read_start((uv_stream_t *)&s->input, on_room, on_input);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    gateway_free(s->gateway);
    script_checks_free(s->checks);
    session_free(s->session);
    deadline_watcher_stop(s->watcher);
    candle_data_free(&s->data);
    return 0;
}
