/* Thousands of edits while strategies trade, beside the same run without: each swap leaves orders,
 * positions, timers, account and state as they were, byte for byte, no event is lost or handled
 * twice (the fills are those of the run without), and memory stays flat. Some versions are broken
 * and some fault at once, so that refusals and rollbacks are among them.
 * Usage: edits CANDLES EDITS */
#include "app/instruments.h"
#include "app/script_files.h"
#include "engine/inspect.h"
#include "engine/record.h"
#include "research/candle_file.h"
#include "research/session.h"
#include "worker/deadline_watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PARTS 3
#define FLAT_FROM 1000 /* edits, whose memory more may exceed by 2 % */

static const struct part {
    const char *script;
    struct setting settings[3];
    int count;
} parts[PARTS] = {
    {"rsi", {{"timeframe", "1m", false}, {"length", "7", false}}, 2},
    {"hyperrsi", {{"timeframe", "5m", false}}, 1},
    {"grid", {{"timeframe", "1m", true}}, 1},
};

struct trial {
    struct session *session;
    struct engine *engine;
    uint16_t symbol;
    uint32_t activations[PARTS];
    FILE *fills;
    char *text;
    size_t length;
    int fill_count, faults;
    int edits[3]; /* by step */
};

static struct deadline deadline;

static void must(int code, const char *what, const struct err *e) {
    if (code != 0) {
        fprintf(stderr, "edits: %s: %s\n", what, e->msg);
        exit(1);
    }
}

/* --- what is told --------------------------------------------------------------------------------
 */

static void on_fill(void *ctx, const struct fill_record *r) {
    struct trial *t = ctx;
    char price[DECIMAL_TEXT_MAX], quantity[DECIMAL_TEXT_MAX], balance[DECIMAL_TEXT_MAX];
    decimal_format(r->fill.price.d, price);
    decimal_format(r->fill.quantity.d, quantity);
    decimal_format(r->balance.d, balance);
    fprintf(
        t->fills, "%u %lld %s %d %s %s %s %s\n", r->activation, (long long)r->fill.time_ms,
        r->order->id, (int)r->order->request.side, price, quantity, balance,
        r->order->request.reason
    );
    t->fill_count++;
}

static void on_fault(void *ctx, const struct fault_record *r) {
    struct trial *t = ctx;
    fprintf(stderr, "fault: %s\n", r->fault->text);
    t->faults++;
}

static void on_edit(void *ctx, const struct edit_record *r) {
    ((struct trial *)ctx)->edits[r->step]++;
}

static size_t no_history(void *ctx, uint16_t symbol, const struct candle **out) {
    (void)ctx, (void)symbol;
    *out = NULL;
    return 0;
}

/* --- the two runs --------------------------------------------------------------------------------
 */

static void trial_open(
    struct trial *t,
    const struct instrument *instrument,
    const struct candle_data *data,
    const struct script_source *sources
) {
    struct err e = {0};
    struct session_options options = {
        .face = FACE_BYTES,
        .host = {.capture = CAPTURE_ALWAYS, .deadline = &deadline},
    };
    struct sink_port sink = {.ctx = t, .fill = on_fill, .fault = on_fault, .edit = on_edit};
    struct history_port history = {t, no_history};
    memset(t, 0, sizeof *t);
    t->fills = open_memstream(&t->text, &t->length);
    host_limits_default(&options.host.limits);
    options.host.limits.handler_cpu_ns *= 20; /* the machine may be busy */
    options.host.limits.start_cpu_ns *= 20;
    engine_options_default(&options.engine);
    options.engine.symbols_max = 1;
    options.engine.activations_max = PARTS;
    options.engine.limits.feed_age_max_ms = 0;
    must(session_new(&t->session, &options, &sink, &history, &e), "the session", &e);
    t->engine = session_engine(t->session);
    engine_set_time(t->engine, data->rows[0].bar.time_ms);
    must(
        session_add_symbol(t->session, instrument, data->bar_ms, &t->symbol, &e), "the symbol", &e
    );
    for (int i = 0; i < PARTS; i++) {
        char id[16];
        snprintf(id, sizeof id, "e%d", i);
        struct activation_options activation = {
            .id = id,
            .bundle = &sources[i].bundle,
            .settings = parts[i].settings,
            .setting_count = parts[i].count,
            .currency = instrument->quote,
            .seed = 1,
        };
        must(decimal_parse("10000", 5, &activation.balance.d), "the balance", &e);
        must(
            session_activate(t->session, &activation, &t->activations[i], &e), "an activation", &e
        );
    }
    session_settle(t->session);
}

static void trial_close(struct trial *t) {
    session_free(t->session);
    fclose(t->fills);
    free(t->text);
}

/* --- before and after ----------------------------------------------------------------------------
 */

struct picture { /* all of an activation and its account, but which version runs */
    uint32_t activation;
    char bytes[RECORD_BYTES_MAX];
    size_t length;
};

static void picture_take(void *ctx, const char *bytes, size_t length) {
    static char block[1 << 20];
    struct picture *p = ctx;
    struct arena arena;
    struct record record;
    struct err e = {0};
    if (bytes[1] != RECORD_ACTIVATION) {
        return;
    }
    arena_init(&arena, block, sizeof block);
    must(record_decode(bytes, length, &arena, &record, &e), "a record", &e);
    if (record.activation != p->activation) {
        return;
    }
    record.number = 0;
    record.u.opened.script_hash = record.u.opened.previous_hash = 0;
    record.u.opened.previous_state = NULL;
    record.u.opened.previous_state_length = 0;
    record.u.opened.last_event_ms = 0;
    p->length = record_encode(&record, p->bytes, sizeof p->bytes);
}

static void picture_of(struct trial *t, uint32_t activation, struct picture *p) {
    int position = 0;
    p->activation = activation;
    p->length = 0;
    while (engine_snapshot(t->engine, &position, PARTS, picture_take, p)) {
    }
    if (p->length == 0) {
        fprintf(stderr, "edits: an activation has no picture\n");
        exit(1);
    }
}

static long memory_pages(void) {
    long all = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL || fscanf(f, "%ld %ld", &all, &resident) != 2) {
        exit(1);
    }
    fclose(f);
    return resident;
}

/* --- editing -------------------------------------------------------------------------------------
 */

enum kind { KIND_SOUND, KIND_BROKEN, KIND_FAULTS };

/* The script with a line of its own in front; a broken one is no Lua. One that faults does so in
 * its on_ready, the first thing it may do. */
static void version_make(
    const struct script_source *source,
    int number,
    enum kind kind,
    struct script_bundle *out,
    struct script_file *files
) {
    static char text[1 << 18];
    static const char *const tails[] = {"", " = = ", ""};
    const struct script_file *entry = &source->bundle.files[0];
    memcpy(files, source->bundle.files, (size_t)source->bundle.count * sizeof *files);
    size_t length = (size_t)snprintf(text, sizeof text, "-- edit %d\n%s", number, entry->text);
    const char *end = strstr(text, "\nreturn M");
    if (kind == KIND_FAULTS && end != NULL) {
        length = (size_t)(end - text);
        length += (size_t)snprintf(
            text + length, sizeof text - length,
            "\nfunction M:on_ready() error('edit') end\nreturn M\n"
        );
    }
    length += (size_t)snprintf(text + length, sizeof text - length, "%s", tails[kind]);
    files[0] = (struct script_file){entry->path, text, length};
    *out = source->bundle;
    out->files = files;
    out->hash = 1000000 + (uint64_t)number;
}

static int edit_one(struct trial *t, const struct script_source *sources, int number) {
    static struct picture before, after;
    static struct script_file files[64];
    struct script_bundle bundle;
    struct err e = {0};
    uint64_t event;
    int part = number % PARTS;
    uint32_t activation = t->activations[part];
    enum kind kind = number % 10 == 3 ? KIND_BROKEN : number % 10 == 7 ? KIND_FAULTS : KIND_SOUND;
    version_make(&sources[part], number, kind, &bundle, files);
    picture_of(t, activation, &before);
    int taken = t->edits[EDIT_TAKEN], refused = t->edits[EDIT_REFUSED],
        back = t->edits[EDIT_ROLLED_BACK];
    must(engine_edit(t->engine, activation, &bundle, "test", "", &event, &e), "an edit", &e);
    session_settle(t->session);
    picture_of(t, activation, &after);
    int bad =
        before.length != after.length || memcmp(before.bytes, after.bytes, before.length) != 0;
    if (bad) {
        fprintf(stderr, "edit %d of %s changes something\n", number, parts[part].script);
    }
    if (t->edits[EDIT_TAKEN] - taken != (kind != KIND_BROKEN) ||
        t->edits[EDIT_REFUSED] - refused != (kind == KIND_BROKEN) ||
        t->edits[EDIT_ROLLED_BACK] - back != (kind == KIND_FAULTS)) {
        fprintf(stderr, "edit %d of %s: not what was expected\n", number, parts[part].script);
        bad = 1;
    }
    return bad;
}

struct market {
    struct instrument instrument;
    struct candle_data data;
    struct script_source sources[PARTS];
};

/* Both runs over all candles, one of them with so many edits; how many things were wrong. */
static int compare(const struct market *m, int wanted, long *pages) {
    struct trial edited, plain;
    struct err e = {0};
    int edits = 0, bad = 0;
    trial_open(&edited, &m->instrument, &m->data, m->sources);
    trial_open(&plain, &m->instrument, &m->data, m->sources);
    for (size_t i = 0; i < m->data.count && bad == 0; i++) {
        const struct candle *candle = &m->data.rows[i];
        bad += session_play(edited.session, edited.symbol, candle, &e) == PLAYER_FAILED;
        bad += session_play(plain.session, plain.symbol, candle, &e) == PLAYER_FAILED;
        int due = (int)((i + 1) * (size_t)wanted / m->data.count);
        for (; edits < due && bad == 0; edits++) {
            bad += edit_one(&edited, m->sources, edits);
        }
    }
    fflush(edited.fills);
    fflush(plain.fills);
    if (edited.length != plain.length || memcmp(edited.text, plain.text, plain.length) != 0) {
        fprintf(stderr, "the fills are not those of the run without edits\n");
        bad++;
    }
    *pages = memory_pages();
    bad += edited.faults > 0 || plain.fill_count < 50;
    printf(
        "%d edits: %d taken, %d refused, %d rolled back; %d fills as without\n", edits,
        edited.edits[EDIT_TAKEN], edited.edits[EDIT_REFUSED], edited.edits[EDIT_ROLLED_BACK],
        edited.fill_count
    );
    trial_close(&edited);
    trial_close(&plain);
    return bad;
}

/* The memory of a process that makes the first edits only. */
static long other_pages(char **argv) {
    char command[1024], line[256];
    long pages = 0;
    snprintf(command, sizeof command, "'%s' '%s' %d", argv[0], argv[1], FLAT_FROM);
    FILE *other = popen(command, "r");
    while (other != NULL && fgets(line, sizeof line, other) != NULL) {
        sscanf(line, "memory %ld", &pages);
    }
    if (other == NULL || pclose(other) != 0 || pages == 0) {
        fprintf(stderr, "edits: the run to compare with failed\n");
        exit(1);
    }
    return pages;
}

int main(int argc, char **argv) {
    static struct market m;
    struct err e = {0};
    struct deadline_watcher *watcher;
    struct candle_file_options options = {0};
    int wanted = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 500;
    must(deadline_watcher_start(&watcher, &deadline, &e), "the watcher", &e);
    must(instrument_find("BTC-USDT-SWAP", &m.instrument, &e), "the instrument", &e);
    must(candle_file_load(argv[1], &options, &m.data, &e), argv[1], &e);
    for (int i = 0; i < PARTS; i++) {
        must(script_source_read(parts[i].script, 1 << 18, &m.sources[i], &e), "a script", &e);
    }
    long pages;
    int bad = compare(&m, wanted, &pages);
    printf("memory %ld pages\n", pages);
    if (wanted > FLAT_FROM) {
        double growth = 100.0 * ((double)pages / (double)other_pages(argv) - 1);
        printf("beside a run of %d edits: %+.2f %%\n", FLAT_FROM, growth);
        bad += growth > 2.0;
    }
    for (int i = 0; i < PARTS; i++) {
        script_source_free(&m.sources[i]);
    }
    candle_data_free(&m.data);
    deadline_watcher_stop(watcher);
    return bad > 0;
}
