/* process: the engine with its journal, as a process that can end at any moment. */
#include "simulation/world.h"

#include "base/hash.h"
#include "engine/engine_state.h"

static struct world *world_now; /* whose fault points are hit; one thread runs one world */

/* --- crashes -------------------------------------------------------------------------------------
 */

static void point_hit(enum fault_point point) {
    struct world *w = world_now;
    if (w == NULL || !w->is_in_process || w->engine->is_recovering ||
        w->armed_point != (int)point || --w->armed_count > 0) {
        return;
    }
    w->armed_point = -1;
    w->figures.point_crashes++;
    trace(w, "crash at %s", fault_point_name(point));
    longjmp(w->crash, 1);
}

static void disk_hit(struct world *w) {
    if (w->is_in_process && w->disk_crash > 0 && --w->disk_crash == 0) {
        trace(w, "crash in the disk");
        longjmp(w->crash, 1);
    }
}

void process_points_begin(struct world *w) {
    world_now = w;
    w->armed_point = -1;
    fault_point_hook = point_hit;
}

static int64_t crashing_write(void *ctx, int file, const void *b, size_t size, uint64_t offset) {
    struct world *w = ctx;
    disk_hit(w);
    int64_t n = memory_write(w->disk, file, b, size, offset);
    w->figures.disk_faults += n < 0;
    disk_hit(w);
    return n;
}

static int crashing_sync(void *ctx, int file) {
    struct world *w = ctx;
    disk_hit(w);
    int status = memory_sync(w->disk, file);
    w->figures.disk_faults += status < 0;
    disk_hit(w);
    return status;
}

static int crashing_rename(void *ctx, const char *from, const char *to) {
    struct world *w = ctx;
    disk_hit(w);
    int status = memory_rename(w->disk, from, to);
    disk_hit(w);
    return status;
}

static int crashing_sync_directory(void *ctx, const char *path) {
    struct world *w = ctx;
    disk_hit(w);
    return memory_sync_directory(w->disk, path);
}

static int plain_open(void *ctx, const char *path, enum disk_mode mode) {
    return memory_open(((struct world *)ctx)->disk, path, mode);
}
static void plain_close(void *ctx, int file) {
    memory_close(((struct world *)ctx)->disk, file);
}
static int64_t plain_read(void *ctx, int file, void *bytes, size_t size, uint64_t offset) {
    return memory_read(((struct world *)ctx)->disk, file, bytes, size, offset);
}
static int plain_allocate(void *ctx, int file, uint64_t size) {
    return memory_allocate(((struct world *)ctx)->disk, file, size);
}
static int plain_truncate(void *ctx, int file, uint64_t size) {
    return memory_truncate(((struct world *)ctx)->disk, file, size);
}
static int plain_facts(void *ctx, int file, uint64_t *size, int64_t *modified_ns) {
    return memory_facts(((struct world *)ctx)->disk, file, size, modified_ns);
}
static int plain_remove(void *ctx, const char *path) {
    return memory_remove(((struct world *)ctx)->disk, path);
}
static int plain_make_directory(void *ctx, const char *path) {
    return memory_make_directory(((struct world *)ctx)->disk, path);
}
static int
plain_list(void *ctx, const char *path, void *name_ctx, void (*name)(void *, const char *)) {
    return memory_list(((struct world *)ctx)->disk, path, name_ctx, name);
}
static int64_t virtual_ns(void *ctx) {
    return ((struct world *)ctx)->now_us * 1000;
}

static void disk_make(struct world *w) {
    w->disk = memory_disk_new(w->seed);
    w->disk_port = (struct disk){
        .ctx = w,
        .open = plain_open,
        .close = plain_close,
        .read = plain_read,
        .write = crashing_write,
        .sync = crashing_sync,
        .allocate = plain_allocate,
        .truncate = plain_truncate,
        .facts = plain_facts,
        .rename = crashing_rename,
        .remove = plain_remove,
        .make_directory = plain_make_directory,
        .sync_directory = crashing_sync_directory,
        .list = plain_list,
        .now_ns = virtual_ns,
    };
}

/* --- the journal ---------------------------------------------------------------------------------
 */

static uint64_t journal_take(void *ctx, const char *bytes, size_t length) {
    struct world *w = ctx;
    struct err err = {0};
    uint64_t sequence;
    if (w->journal == NULL || journal_append(w->journal, bytes, length, &sequence, &err) != 0) {
        trace(w, "a record of %zu bytes is lost", length);
        w->has_lost_record = true;
        return 0;
    }
    check_record(w, bytes, length, sequence);
    return sequence;
}

static void journal_is_durable(void *ctx, uint64_t sequence) {
    struct world *w = ctx;
    w->told = sequence;
    engine_durable(w->engine, sequence);
}

static void journal_has_changed(void *ctx, enum journal_state state, const struct err *reason) {
    struct world *w = ctx;
    trace(w, "journal %s: %s", state == JOURNAL_OK ? "is well" : "fails", reason->msg);
    if (state == JOURNAL_FAILED) {
        engine_journal_failed(w->engine);
    } else {
        engine_journal_restored(w->engine);
    }
}

static void journal_runs(struct world *w, struct task *t) {
    (void)t;
    w->is_step_due = false;
    journal_step(w->journal);
    journal_poll(w->journal);
    bool is_drained = journal_durable(w->journal) == journal_last(w->journal);
    if (engine_journal_is_down(w->engine) && is_drained &&
        journal_state_now(w->journal) == JOURNAL_OK) {
        engine_journal_restored(w->engine); /* there was no room for a record */
        w->figures.holes++;
    }
    if (is_drained && w->engine->has_hole) {
        trace(w, "all that is so does not fit into the journal");
        longjmp(w->crash, 1);
    }
    process_turn(w);
}

static void journal_schedule(struct world *w) {
    bool has_failed = journal_state_now(w->journal) == JOURNAL_FAILED;
    journal_commit(w->journal);
    if (w->is_step_due ||
        (!has_failed && journal_durable(w->journal) == journal_last(w->journal))) {
        return;
    }
    w->is_step_due = true;
    bool is_slow = chance(&w->random, 0.02);
    int64_t latency_us = is_slow ? between(&w->random, 20 * MS_US, 400 * MS_US)
                                 : between(&w->random, 100, 3 * MS_US);
    task_add_here(w, has_failed ? 100 * MS_US : latency_us, journal_runs);
}

/* --- every turn ----------------------------------------------------------------------------------
 */

void process_turn(struct world *w) {
    engine_pump(w->engine);
    w->is_in_process = false;
    states_note(w);
    check_step(w);
    w->is_in_process = true;
    journal_schedule(w);
}

/* --- beginning -----------------------------------------------------------------------------------
 */

static void tick(struct world *w, struct task *t) {
    engine_queue_timers(w->engine);
    engine_ask_again(w->engine);
    if (t->u.value % 5 == 0) {
        link_watch(w);
        snapshot_turn(w);
    }
    process_turn(w);
    task_add_here(w, 200 * MS_US, tick)->u.value = t->u.value + 1;
}

static int record_take(void *ctx, const struct journal_record *record, struct err *e) {
    struct world *w = ctx;
    return engine_recover(w->engine, record->bytes, record->length, e);
}

static void engine_make(struct world *w) {
    struct engine_options options;
    engine_options_default(&options);
    options.symbols_max = SYMBOLS;
    options.series_max = 16;
    options.activations_max = OWNERS;
    options.orders_max = 24;
    options.events_max = w->seed % 5 == 0 ? 32 : 256;
    options.asks_max = 64;
    options.outbox_max = w->seed % 3 == 0 ? 3 : 32;
    options.is_prompt_venue = false;
    options.venue_name = "model";
    options.limits.order_value_max.d = dec("20000");
    options.limits.position_value_max.d = dec("60000");
    options.limits.exposure_max.d = dec("120000");
    options.limits.open_orders_max = 20;
    options.limits.daily_loss_max = w->limits.daily_loss_max;
    options.limits.drawdown_max = w->limits.drawdown_max;
    options.limits.user_daily_loss_max = w->limits.user_daily_loss_max;
    options.limits.user_drawdown_max = w->limits.user_drawdown_max;
    options.limits.halt_flattens = w->limits.halt_flattens;
    options.limits.rate = (struct rate_limit){5, 20};
    options.limits.rate_suspend_ms = w->seed % 7 == 0 ? 5000 : 0;
    struct engine_ports ports = {
        .host = host_make(w),
        .venue = link_port(w),
        .sink = {.ctx = w, .halt = halts_hear},
        .history = market_history(w),
        .journal = {w, journal_take},
    };
    struct err err = {0};
    if (engine_new(&w->engine, &options, &ports, &err) != 0) {
        sim_fail(w, "no engine: %s", err.msg);
    }
}

static void world_open(struct world *w) {
    struct err err = {0};
    uint16_t index;
    engine_begin(w->engine, "simulation", now_ms(w));
    for (int i = engine_symbol_count(w->engine); i < SYMBOLS; i++) {
        if (engine_add_symbol(w->engine, &w->instruments[i], 60000, &index, &err) != 0) {
            sim_fail(w, "no symbol: %s", err.msg);
        }
    }
    for (uint16_t i = 0; i < SYMBOLS; i++) {
        engine_price(w->engine, i, w->prices[i]);
    }
    for (int i = engine_activation_count(w->engine); i < OWNERS; i++) {
        char id[16];
        bool is_person = i >= ACCOUNTS;
        uint32_t account = (uint32_t)(is_person ? i - ACCOUNTS : i), activation;
        snprintf(id, sizeof id, "w%d", i);
        struct activation_options options = {
            .id = id,
            .user = i == 1 ? "bob" : "ann",
            .bundle = is_person ? NULL : host_bundle(w, i),
            .account = is_person ? &account : NULL,
            .currency = "USDT",
            .balance = {dec("100000")},
            .is_hedge = w->venue.is_hedge[account],
            .seed = w->seed,
            .on_suspend = (enum suspend_policy)(i % 3),
            .keeps_slot = true, /* they are found by their number */
        };
        if (!is_person && w->is_real) {
            options.settings = host_settings(i, &options.setting_count);
        }
        if (engine_activate(w->engine, &options, &activation, &err) != 0) {
            sim_fail(w, "no activation: %s", err.msg);
        }
        process_turn(w);
    }
}

static void boot_fails(struct world *w, const struct err *err) {
    trace(w, "boot fails: %s", err->msg);
    if (err->code != E_IO) {
        sim_fail(w, "boot: %s", err->msg);
    }
    process_end(w);
    task_add(w, 2 * SECOND_US, process_boot);
}

static int boot_recover(struct world *w, struct journal_report *report, struct err *err) {
    engine_recover_begin(w->engine);
    uint64_t from = snapshot_recover(w);
    int code =
        journal_read(&w->disk_port, FOLDER, from > 0 ? from + 1 : 0, w, record_take, report, err);
    if (code != 0) {
        sim_fail(w, "the journal cannot be read: %s", err->msg);
    }
    check_survived(w, report->last);
    w->is_in_process = false;
    states_compare(w, report->last);
    w->is_in_process = true;
    return code;
}

static int boot_journal(struct world *w, const struct journal_report *report, struct err *err) {
    struct journal_options options;
    journal_options_default(&options);
    options.folder = FOLDER;
    options.disk = &w->disk_port;
    options.segment_bytes =
        w->is_real ? (size_t)4 << 20 : (size_t)(w->seed % 4 == 1 ? 512 : 64) << 10;
    options.buffer_bytes =
        w->is_real ? (size_t)2 << 20 : (size_t)(w->seed % 2 == 0 ? 64 : 256) << 10;
    options.record_bytes = w->is_real ? (size_t)400 << 10 : (size_t)15 << 10;
    options.is_threaded = false;
    options.ctx = w;
    options.durable = journal_is_durable;
    options.state = journal_has_changed;
    return journal_open(&w->journal, &options, report, err);
}

void process_boot(struct world *w, struct task *t) {
    struct journal_report report;
    struct err err = {0};
    (void)t;
    if (w->disk == NULL) {
        disk_make(w);
    }
    w->process = ++w->processes;
    w->is_in_process = true;
    w->is_step_due = false;
    w->figures.boots++;
    w->last_event_number = 0;
    trace(w, "boot %u", w->process);
    engine_make(w);
    (void)boot_recover(w, &report, &err);
    if (boot_journal(w, &report, &err) != 0) {
        boot_fails(w, &err);
        return;
    }
    w->told = report.last;
    for (uint32_t i = 0; i < (uint32_t)engine_activation_count(w->engine); i++) {
        w->kill_ms[i] = kill_holds(w->engine, i) ? w->kill_ms[i] : 0; /* its record may be lost */
    }
    halts_boot(w, report.last);
    w->engine->durable = w->engine->appended = report.last;
    for (uint32_t i = 0; i < (uint32_t)engine_account_count(w->engine); i++) {
        engine_doubt(w->engine, i);
    }
    engine_set_time(w->engine, now_ms(w));
    if (engine_recover_end(w->engine, NULL, NULL, &err) != 0) {
        sim_fail(w, "recovery does not end: %s", err.msg);
    }
    world_open(w);
    host_started(w);
    task_add_here(w, 200 * MS_US, tick);
    task_add_here(w, between(&w->random, 5 * MS_US, 2 * SECOND_US), link_connect);
    process_turn(w);
}

/* --- ending --------------------------------------------------------------------------------------
 */

void process_end(struct world *w) {
    w->is_in_process = false;
    snapshot_end(w);
    if (w->journal != NULL) {
        journal_abandon(w->journal);
    }
    w->journal = NULL;
    if (w->engine != NULL) {
        engine_free(w->engine);
    }
    w->engine = NULL;
    host_end(w);
    link_lost_process(w);
    w->process = 0;
}

void process_crash(struct world *w) {
    w->figures.crashes++;
    w->is_in_process = false;
    bool is_power = chance(&w->plan_random, 0.7);
    process_end(w);
    if (is_power) {
        memory_crash(w->disk);
    } else {
        memory_kill(w->disk);
    }
    trace(w, "the %s is gone", is_power ? "power" : "process");
    task_add(w, between(&w->plan_random, 100 * MS_US, 20 * SECOND_US), process_boot);
}
