#include "app/run_store.h"

#include "app/folders.h"
#include "store/data_lock.h"
#include "store/disk_faults.h"
#include "store/snapshot.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define TABLES_STEP_NS 2000000
#define TABLES_STEPS 2500 /* 5 s */

int run_store_open(struct run_store *s, const char *data_dir, struct err *e) {
    s->data_dir = data_dir;
    s->lock = -1;
    folders_make_above(data_dir);
    int code = data_lock_take(data_dir, &s->lock, e);
    return code != 0 ? code : disk_path(s->folder, data_dir, "journal", e);
}

static uint64_t store_append(void *ctx, const char *bytes, size_t length) {
    struct run_store *s = ctx;
    struct err err = {0};
    uint64_t sequence = 0;
    if (s->journal == NULL) {
        return 0;
    }
    /* While the disk fails, too: what happens is kept in memory and written when it is well. */
    return journal_append(s->journal, bytes, length, &sequence, &err) == 0 ? sequence : 0;
}

struct journal_port run_store_port(struct run_store *s) {
    return (struct journal_port){s, store_append};
}

/* --- recovery
 * ------------------------------------------------------------------------------------- */

static int take_slice(void *ctx, const char *bytes, size_t length, struct err *e) {
    struct run_store *s = ctx;
    s->has_history = true;
    return engine_recover(s->engine, bytes, length, e);
}

static int take_record(void *ctx, const struct journal_record *record, struct err *e) {
    struct run_store *s = ctx;
    s->has_history = true;
    int code = engine_recover(s->engine, record->bytes, record->length, e);
    if (code != 0) {
        err_wrap(e, "record %llu: ", (unsigned long long)record->sequence);
    }
    return code;
}

static void on_durable(void *ctx, uint64_t sequence) {
    struct run_store *s = ctx;
    s->durable = sequence;
    engine_durable(s->engine, sequence);
    if (s->tables != NULL) {
        store_durable(s->tables, sequence);
    }
    s->kept(s->ctx, sequence);
}

static void on_state(void *ctx, enum journal_state state, const struct err *reason) {
    struct run_store *s = ctx;
    s->is_failed = state == JOURNAL_FAILED;
    if (s->is_failed) {
        s->failure = *reason;
        engine_journal_failed(s->engine); /* nothing new leaves until it can be written again */
    } else {
        engine_journal_restored(s->engine);
    }
    if (s->state != NULL) {
        s->state(s->ctx, s->is_failed, reason);
    }
}

static void on_wake(void *ctx) {
    struct run_store *s = ctx;
    if (s->wake != NULL) {
        s->wake(s->ctx);
    }
}

static int records_read(struct run_store *s, struct err *e) {
    struct snapshot_report snapshot = {0};
    int code = snapshot_read(DISK_OF_RUN, s->folder, s, take_slice, &snapshot, e);
    if (code != 0) {
        return code;
    }
    s->snapshot_sequence = snapshot.sequence;
    uint64_t from = snapshot.sequence > 0 ? snapshot.sequence + 1 : 0;
    return journal_read(DISK_OF_RUN, s->folder, from, s, take_record, &s->report, e);
}

/* Before the journal is opened for what comes. What cannot be read is not known. */
static void last_write_read(struct run_store *s) {
    const struct disk *disk = DISK_OF_RUN;
    char path[DISK_PATH_MAX];
    struct err ignored;
    uint64_t size;
    if (!s->report.has_segment ||
        segment_path(path, s->folder, &s->report.segment, &ignored) != 0) {
        return;
    }
    int file = disk->open(disk->ctx, path, DISK_READ);
    if (file >= 0) {
        if (disk->facts(disk->ctx, file, &size, &s->last_write_ns) != 0) {
            s->last_write_ns = 0;
        }
        disk->close(disk->ctx, file);
    }
}

static int journal_begin(struct run_store *s, struct err *e) {
    struct journal_options options;
    journal_options_default(&options);
    options.folder = s->folder;
    options.disk = DISK_OF_RUN;
    options.segment_bytes = s->segment_bytes;
    options.ctx = s;
    options.wake = on_wake;
    options.durable = on_durable;
    options.state = on_state;
    return journal_open(&s->journal, &options, &s->report, e);
}

static int64_t now_utc_ns(void *ctx) {
    (void)ctx;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The tables follow the journal from where they are; a database that is gone is written anew. */
static int tables_begin(struct run_store *s, struct err *e) {
    struct store_options options;
    store_options_default(&options);
    int code = disk_path(s->database, s->data_dir, "tradingboost.db", e);
    if (code != 0) {
        return code;
    }
    options.database_path = s->database;
    options.folder = s->folder;
    options.disk = DISK_OF_RUN;
    options.exchange = "paper";
    options.keep.segments = s->segments_kept;
    options.ctx = s;
    options.utc_ns = now_utc_ns;
    options.requests_max = s->lists_max;
    options.snapshot_bytes_max = (size_t)s->snapshot_bytes_max;
    options.wake = on_wake;
    code = store_open(&s->tables, &options, e);
    if (code == 0) {
        s->recovered = journal_durable(s->journal);
        store_durable(s->tables, s->recovered);
    }
    return code;
}

bool run_store_is_followed(struct run_store *s, struct store_figures *figures) {
    *figures = (struct store_figures){0};
    if (s->tables != NULL && !s->is_followed) {
        store_figures(s->tables, figures);
        s->is_followed = figures->is_up && figures->applied >= s->recovered;
    }
    return s->is_followed;
}

int run_store_recover(
    struct run_store *s, struct session *session, bool *has_history, struct err *e
) {
    s->engine = session_engine(session);
    engine_recover_begin(s->engine);
    int code = records_read(s, e);
    last_write_read(s);
    code = code != 0 ? code : journal_begin(s, e);
    code = code != 0 ? code : tables_begin(s, e);
    if (code != 0) {
        return code;
    }
    *has_history = s->has_history;
    if (s->has_history && s->catches_up) {
        engine_catch_up_begin(s->engine);
    }
    code = session_recover_end(session, e);
    engine_begin(s->engine, TRADINGBOOST_VERSION, now_utc_ns(NULL) / 1000000);
    return code != 0 ? code : run_store_wait(s, e);
}

/* --- while it runs
 * -------------------------------------------------------------------------------- */

bool run_store_turn(struct run_store *s) {
    if (s->journal == NULL) {
        return false;
    }
    uint64_t before = s->durable;
    bool was_failed = s->is_failed;
    journal_commit(s->journal);
    journal_poll(s->journal);
    run_store_snapshot_end(s);
    store_poll(s->tables);
    if (!s->is_failed && engine_journal_is_down(s->engine) &&
        s->durable == journal_last(s->journal)) {
        engine_journal_restored(s->engine); /* it had no room at once for what was lost */
    }
    return s->durable > before || s->is_failed != was_failed; /* a failure, too, lets go on */
}

int run_store_wait(struct run_store *s, struct err *e) {
    uint64_t last = engine_appended(s->engine);
    int code = last > 0 ? journal_wait(s->journal, last, e) : 0;
    journal_poll(s->journal);
    return code;
}

/* Until the tables have every record, or the time is up: what they lack comes with the next start. */
static void tables_end(struct run_store *s, uint64_t last) {
    const struct timespec step = {.tv_nsec = TABLES_STEP_NS};
    struct store_figures figures;
    store_durable(s->tables, last);
    for (int i = 0; i < TABLES_STEPS; i++) {
        store_figures(s->tables, &figures);
        bool is_away = !figures.is_up && figures.reason[0] != '\0'; /* not only not begun yet */
        if (is_away || (figures.is_up && figures.applied >= last)) {
            break;
        }
        nanosleep(&step, NULL);
    }
    store_close(s->tables);
    s->tables = NULL;
}

int run_store_close(struct run_store *s, struct err *e) {
    uint64_t last = s->journal != NULL ? journal_last(s->journal) : 0;
    int code = s->journal != NULL ? journal_close(s->journal, e) : 0;
    s->journal = NULL;
    if (s->tables != NULL) {
        tables_end(s, code == 0 ? last : s->durable);
    }
    if (s->lock >= 0) {
        data_lock_give(s->lock);
        s->lock = -1;
    }
    return code;
}

int run_store_set_aside(const char *data_dir, struct err *e) {
    char from[DISK_PATH_MAX];
    char to[DISK_PATH_MAX];
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    int n = snprintf(from, sizeof from, "%s/journal", data_dir);
    int m = snprintf(to, sizeof to, "%s/journal-%lld", data_dir, (long long)now.tv_sec);
    if (n >= (int)sizeof from || m >= (int)sizeof to || rename(from, to) != 0) {
        return errno == ENOENT ? 0 : err_set(e, E_IO, "%s: %s", from, strerror(errno));
    }
    return 0;
}
