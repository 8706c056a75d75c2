#include "research/host_face.h"

#include "base/random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MESSAGE_BYTES_MAX                                                                          \
    ((size_t)4 << 20) /* one message: an activation with its sources, an answer with its asks */
#define HELD_MAX 64   /* answers that wait at once: one an activation */
#define DELAY_TICKS_MAX 7

struct held_answer {
    uint64_t number;
    uint32_t activation;
    char *bytes;
    size_t length;
    int ticks;
};

struct host_face {
    enum host_face_kind kind;
    struct host *host;
    struct engine *engine;
    struct random random;
    /* Messages may be sent while another is being handled (history bars during a start), so that
     * each depth has bytes and an arena of its own. */
    char *bytes[2];
    struct arena arenas[2];
    void *blocks[2];
    char *answer_bytes;
    struct arena answer_arena;
    void *answer_block;
    int depth;
    struct held_answer held[HELD_MAX];
    int held_count;
};

/* --- by function calls
 * ---------------------------------------------------------------------------- */

static int direct_instrument(void *ctx, uint16_t index, const struct instrument *i, struct err *e) {
    struct host_face *f = ctx;
    return host_instrument(f->host, index, i, e);
}

static int
direct_series(void *ctx, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e) {
    struct host_face *f = ctx;
    return host_series(f->host, series, symbol, timeframe_ms, e);
}

static void direct_bar(void *ctx, uint16_t series, uint64_t number, const struct bar *bar) {
    struct host_face *f = ctx;
    host_bar(f->host, series, number, bar);
}

static int direct_open(void *ctx, const struct activation_open *open, struct err *e) {
    struct host_face *f = ctx;
    return host_open(f->host, open, e);
}

static void direct_close(void *ctx, uint32_t activation) {
    struct host_face *f = ctx;
    host_close(f->host, activation);
}

static void direct_event(void *ctx, const struct event *event) {
    struct host_face *f = ctx;
    struct done done;
    host_event(f->host, event, &done);
    engine_done(f->engine, &done);
}

/* --- as bytes
 * ------------------------------------------------------------------------------------- */

/* Reads back what was encoded at the present depth. */
static int bytes_read(struct host_face *f, size_t length, struct message *out, struct err *e) {
    if (length == 0) {
        return err_set(e, E_LIMIT, "a message does not fit into %zu bytes", MESSAGE_BYTES_MAX);
    }
    arena_reset(&f->arenas[f->depth]);
    return message_decode(f->bytes[f->depth], length, &f->arenas[f->depth], out, e);
}

static int bytes_instrument(void *ctx, uint16_t index, const struct instrument *i, struct err *e) {
    struct host_face *f = ctx;
    struct message m;
    size_t n = message_encode_instrument(index, i, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    int code = bytes_read(f, n, &m, e);
    return code != 0
               ? code
               : host_instrument(f->host, m.u.instrument.index, &m.u.instrument.instrument, e);
}

static int
bytes_series(void *ctx, uint16_t series, uint16_t symbol, int64_t timeframe_ms, struct err *e) {
    struct host_face *f = ctx;
    struct message m;
    size_t n =
        message_encode_series(series, symbol, timeframe_ms, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    int code = bytes_read(f, n, &m, e);
    return code != 0 ? code
                     : host_series(
                           f->host, m.u.series.series, m.u.series.symbol, m.u.series.timeframe_ms, e
                       );
}

static void bytes_bar(void *ctx, uint16_t series, uint64_t number, const struct bar *bar) {
    struct host_face *f = ctx;
    struct message m;
    size_t n = message_encode_bar(series, number, bar, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    if (bytes_read(f, n, &m, NULL) == 0) {
        host_bar(f->host, m.u.bar.series, m.u.bar.number, &m.u.bar.bar);
    }
}

static int bytes_open(void *ctx, const struct activation_open *open, struct err *e) {
    struct host_face *f = ctx;
    struct message m;
    size_t n = message_encode_open(open, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    int code = bytes_read(f, n, &m, e);
    return code != 0 ? code : host_open(f->host, &m.u.open, e);
}

static void bytes_close(void *ctx, uint32_t activation) {
    struct host_face *f = ctx;
    struct message m;
    size_t n = message_encode_close(activation, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    if (bytes_read(f, n, &m, NULL) == 0) {
        host_close(f->host, m.u.close);
    }
}

/* A done that cannot be written or read is a fault of the handler that caused it. */
static void answer_deliver(
    struct host_face *f, uint64_t number, uint32_t activation, const char *bytes, size_t length
) {
    struct message m;
    struct err err = {0};
    arena_reset(&f->answer_arena);
    if (length > 0 && message_decode(bytes, length, &f->answer_arena, &m, &err) == 0) {
        engine_done(f->engine, &m.u.done);
        return;
    }
    struct done broken = {.number = number, .activation = activation};
    broken.fault.code = length == 0 ? E_LIMIT : err.code;
    snprintf(broken.fault.text, sizeof broken.fault.text, "the answer cannot be read");
    engine_done(f->engine, &broken);
}

static void
answer_hold(struct host_face *f, const struct event *event, const char *bytes, size_t length) {
    struct held_answer *held = &f->held[f->held_count];
    held->number = event->number;
    held->activation = event->activation;
    held->bytes = malloc(length);
    if (held->bytes == NULL) {
        abort(); /* a face for tests: without memory there is no test */
    }
    memcpy(held->bytes, bytes, length);
    held->length = length;
    held->ticks = (int)random_below(&f->random, DELAY_TICKS_MAX);
    f->held_count++;
}

static void bytes_event(void *ctx, const struct event *event) {
    struct host_face *f = ctx;
    struct message m;
    struct done done;
    struct err err = {0};
    size_t n = message_encode_event(event, f->bytes[f->depth], MESSAGE_BYTES_MAX);
    if (bytes_read(f, n, &m, &err) != 0) {
        done = (struct done){.number = event->number, .activation = event->activation};
        done.fault.code = err.code;
        snprintf(done.fault.text, sizeof done.fault.text, "%s", err.msg);
        engine_done(f->engine, &done);
        return;
    }
    f->depth++;
    host_event(f->host, &m.u.event, &done);
    f->depth--;
    n = message_encode_done(&done, f->answer_bytes, MESSAGE_BYTES_MAX);
    if (f->kind == FACE_DELAYED && n > 0 && f->held_count < HELD_MAX) {
        answer_hold(f, event, f->answer_bytes, n);
        return;
    }
    answer_deliver(f, event->number, event->activation, f->answer_bytes, n);
}

bool host_face_holds(const struct host_face *f) {
    return f->held_count > 0;
}

void host_face_tick(struct host_face *f) {
    for (int i = 0; i < f->held_count; i++) {
        if (f->held[i].ticks-- > 0) {
            continue;
        }
        struct held_answer due = f->held[i];
        f->held_count--;
        memmove(&f->held[i], &f->held[i + 1], (size_t)(f->held_count - i) * sizeof due);
        i--;
        answer_deliver(f, due.number, due.activation, due.bytes, due.length);
        free(due.bytes);
    }
}

/* --- making
 * --------------------------------------------------------------------------------------- */

static int face_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct host_face *f = ctx;
    (void)number; /* the engine is at that number: it waits for this event's answer */
    if (symbol >= engine_symbol_count(f->engine)) {
        return err_set(e, E_UNKNOWN_SYMBOL, "there is no such symbol");
    }
    return engine_series(f->engine, symbol, timeframe_ms, series, e);
}

static int face_allocate(struct host_face *f) {
    if (f->kind == FACE_DIRECT) {
        return 0;
    }
    for (int i = 0; i < 2; i++) {
        f->bytes[i] = malloc(MESSAGE_BYTES_MAX);
        f->blocks[i] = malloc(MESSAGE_BYTES_MAX);
        if (f->bytes[i] == NULL || f->blocks[i] == NULL) {
            return E_MEMORY;
        }
        arena_init(&f->arenas[i], f->blocks[i], MESSAGE_BYTES_MAX);
    }
    f->answer_bytes = malloc(MESSAGE_BYTES_MAX);
    f->answer_block = malloc(MESSAGE_BYTES_MAX);
    if (f->answer_bytes == NULL || f->answer_block == NULL) {
        return E_MEMORY;
    }
    arena_init(&f->answer_arena, f->answer_block, MESSAGE_BYTES_MAX);
    return 0;
}

int host_face_new(
    struct host_face **out,
    enum host_face_kind kind,
    const struct host_options *options,
    uint64_t seed,
    struct err *e
) {
    struct host_face *f = calloc(1, sizeof *f);
    if (f == NULL) {
        return err_set(e, E_MEMORY, "no memory for a host");
    }
    f->kind = kind;
    random_seed(&f->random, seed);
    struct host_port port = {.ctx = f, .series = face_series};
    int code = face_allocate(f);
    if (code != 0) {
        err_set(e, code, "no memory for a host's messages");
    } else {
        code = host_new(&f->host, options, &port, e);
    }
    if (code != 0) {
        host_face_free(f);
        return code;
    }
    *out = f;
    return 0;
}

void host_face_set_engine(struct host_face *f, struct engine *e) {
    f->engine = e;
}

void host_face_free(struct host_face *f) {
    if (f == NULL) {
        return;
    }
    if (f->host != NULL) {
        host_free(f->host);
    }
    for (int i = 0; i < 2; i++) {
        free(f->bytes[i]);
        free(f->blocks[i]);
    }
    for (int i = 0; i < f->held_count; i++) {
        free(f->held[i].bytes);
    }
    free(f->answer_bytes);
    free(f->answer_block);
    free(f);
}

struct host_port_out host_face_port(struct host_face *f) {
    if (f->kind == FACE_DIRECT) {
        return (struct host_port_out){
            f,           direct_instrument, direct_series, direct_bar,
            direct_open, direct_close,      direct_event,
        };
    }
    return (struct host_port_out){
        f, bytes_instrument, bytes_series, bytes_bar, bytes_open, bytes_close, bytes_event,
    };
}

struct host *host_face_host(struct host_face *f) {
    return f->host;
}
