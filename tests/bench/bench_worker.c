/* bench_worker: script workers under load, with real processes. Usage: bench_worker SOURCE_FOLDER
 * [echo | candle_1000 | candle_10000 | rebuild | hostile]. Prints one object of JSON: a candle to
 * 1,000 and 10,000 HYPERRSI activations until all have answered, an event to a handler and back, a
 * worker of 1,000 rebuilt after its death, and how long others wait for their answers beside 0, 1,
 * 10 and 100 hostile scripts among 1,000. */
#include "unit/worker/crowd.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 8
#define WARM 300 /* bars before anything is measured, so that indicators have values */
#define ROUNDS 40
#define ECHOES 2000
#define HOSTILE_ROUNDS 24
#define HOSTILE_FROM 4 /* the event from which on others must not notice */
#define SAMPLES_MAX 65536

static double samples[SAMPLES_MAX];
static int sample_count;

static void sample_add(double value) {
    if (sample_count < SAMPLES_MAX) {
        samples[sample_count++] = value;
    }
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(double q) {
    if (sample_count == 0) {
        return 0;
    }
    qsort(samples, (size_t)sample_count, sizeof *samples, by_size);
    int place = (int)((double)(sample_count - 1) * q);
    return samples[place];
}

/* --- scripts ------------------------------------------------------------------------------------
 */

static struct script_file files[FILES_MAX];

static void file_read(const char *folder, const char *name, struct script_file *file) {
    char path[512];
    struct stat stat;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    crowd_require(fd >= 0 && fstat(fd, &stat) == 0);
    char *text = malloc((size_t)stat.st_size + 1);
    crowd_require(text && read(fd, text, (size_t)stat.st_size) == stat.st_size);
    close(fd);
    text[stat.st_size] = '\0';
    *file = (struct script_file
    ){strdup(strrchr(name, '/') ? strrchr(name, '/') + 1 : name), text, (size_t)stat.st_size};
}

static struct script_bundle hyperrsi_read(const char *root) {
    static const char *const names[] = {"init.lua",   "entries.lua", "exits.lua",
                                        "levels.lua", "params.lua",  "signals.lua"};
    char folder[512];
    int count = (int)(sizeof names / sizeof names[0]);
    snprintf(folder, sizeof folder, "%s/strategies/hyperrsi", root);
    for (int i = 0; i < count; i++) {
        file_read(folder, names[i], &files[i]);
    }
    snprintf(folder, sizeof folder, "%s/lua", root);
    file_read(folder, "bracket.lua", &files[count]);
    files[count].path = "lib/bracket.lua";
    file_read(folder, "sizing.lua", &files[count + 1]);
    files[count + 1].path = "lib/sizing.lua";
    return (struct script_bundle){"hyperrsi", 77, files, count + 2};
}

static void member_start(struct crowd *c, int index, const struct script_bundle *bundle) {
    struct member *m = &c->members[index];
    m->bundle = *bundle;
    crowd_open(c, m);
    crowd_send(c, m, crowd_event(c, EVENT_START));
}

static void all_must_run(const struct crowd *c) {
    for (int i = 0; i < c->count; i++) {
        if (!c->members[i].is_started) {
            fprintf(stderr, "activation %d: %s\n", i, c->members[i].fault.text);
            abort();
        }
    }
}

/* --- candles ------------------------------------------------------------------------------------
 */

static double next_price(void) {
    static int step;
    step++;
    return 20000 + 300 * sin(step * 0.35) + 4 * step % 90;
}

static double memory_mib(const struct crowd *c) {
    double kib = 0;
    for (int i = -1; i < 256; i++) {
        char path[64], line[256];
        int pid = i < 0 ? (int)getpid() : pool_worker_pid(c->pool, i);
        if (pid <= 0) {
            continue;
        }
        snprintf(path, sizeof path, "/proc/%d/status", pid);
        FILE *f = fopen(path, "r");
        while (f && fgets(line, sizeof line, f)) {
            long value;
            if (sscanf(line, "VmRSS: %ld", &value) == 1) {
                kib += (double)value;
            }
        }
        if (f) {
            fclose(f);
        }
    }
    return kib / 1024;
}

static void pause_ms(int ms) {
    const struct timespec pause = {.tv_nsec = (long)ms * 1000000};
    nanosleep(&pause, NULL);
}

static void candles_measure(const char *name, const struct script_bundle *bundle, int count) {
    struct crowd c;
    struct pool_options options = crowd_options(count);
    struct pool_figures figures;
    crowd_begin(&c, &options);
    int64_t begin_ns = crowd_clock_ns();
    for (int i = 0; i < count; i++) {
        member_start(&c, i, bundle);
    }
    crowd_settle(&c);
    double start_ms = (double)(crowd_clock_ns() - begin_ns) / 1e6;
    all_must_run(&c);
    for (int i = 0; i < WARM; i++) {
        crowd_bar(&c, next_price());
    }
    sample_count = 0;
    for (int i = 0; i < ROUNDS; i++) {
        pause_ms(count / 50 + 5); /* what follows a burst is not of the next */
        pool_poll(c.pool, 0);
        begin_ns = crowd_clock_ns();
        crowd_candle(&c, next_price());
        crowd_settle(&c);
        sample_add((double)(crowd_clock_ns() - begin_ns) / 1e6);
    }
    pool_figures(c.pool, &figures);
    printf(
        "\"%s_p50_ms\":%.2f,\"%s_p99_ms\":%.2f,\"%s_start_ms\":%.0f,\"%s_memory_mib\":%.0f,"
        "\"%s_workers\":%d,\n",
        name, quantile(0.5), name, quantile(0.99), name, start_ms, name, memory_mib(&c), name,
        figures.workers
    );
    crowd_end(&c);
}

static void rebuild_measure(const struct script_bundle *bundle) {
    struct crowd c;
    struct pool_options options = crowd_options(2000);
    crowd_begin(&c, &options);
    for (int i = 0; i < 2000; i++) {
        member_start(&c, i, bundle);
    }
    crowd_settle(&c);
    for (int i = 0; i < 3000; i++) {
        crowd_bar(&c, next_price());
    }
    crowd_candle(&c, next_price());
    crowd_settle(&c);
    int64_t begin_ns = crowd_clock_ns();
    kill(pool_worker_pid(c.pool, 0), SIGKILL);
    while (c.out_count == 0) {
        pool_poll(c.pool, 100);
    }
    crowd_settle(&c);
    double took_ms = (double)(crowd_clock_ns() - begin_ns) / 1e6;
    int rebuilt = 0;
    for (int i = 0; i < c.count; i++) {
        rebuilt += c.members[i].losses;
    }
    printf("\"rebuild_activations\":%d,\"rebuild_ms\":%.0f,\n", rebuilt, took_ms);
    crowd_end(&c);
}

/* --- one event ----------------------------------------------------------------------------------
 */

static const char echo[] = "local M = { api = 1, name = 'echo', version = 1, params = {\n"
                           "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
                           "  timeframe = { type = 'timeframe', default = '1m' } } }\n"
                           "function M:on_candle(c) self.state.last = c.close end\n"
                           "return M\n";

static void echo_measure(void) {
    static const struct script_file file = {"init.lua", echo, sizeof echo - 1};
    const struct script_bundle bundle = {"echo", 1, &file, 1};
    struct crowd c;
    struct pool_options options = crowd_options(4);
    crowd_begin(&c, &options);
    for (int i = 0; i < 4; i++) {
        member_start(&c, i, &bundle);
    }
    crowd_settle(&c);
    all_must_run(&c);
    sample_count = 0;
    for (int i = 0; i < ECHOES; i++) {
        struct member *m = &c.members[i % 4];
        crowd_bar(&c, 20000 + i % 100);
        crowd_settle(&c);
        const struct timespec pause = {.tv_nsec = 300000};
        nanosleep(&pause, NULL);
        pool_poll(c.pool, 0);
        int64_t begin_ns = crowd_clock_ns();
        crowd_send_candle(&c, m);
        crowd_settle(&c);
        sample_add((double)(crowd_clock_ns() - begin_ns) / 1e3);
    }
    printf("\"echo_p50_us\":%.1f,\"echo_p99_us\":%.1f,\n", quantile(0.5), quantile(0.99));
    crowd_end(&c);
}

/* --- hostile neighbours -------------------------------------------------------------------------
 */

static const char *const hostile[] = {
    "while true do end",
    "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
    "local function f() return f() end f()",
    "while true do pcall(error, 'x') end",
    "self.state.f = function() end",
    "error('no')",
    "for i = 1, 600000 do local x = i * i end", /* long, but within the limit */
    "local s = 'x' for i = 1, 60 do s = s .. s end",
};
#define HOSTILE_COUNT ((int)(sizeof hostile / sizeof hostile[0]))

static void hostile_measure(const struct script_bundle *good, int bad) {
    static struct script_file bad_files[HOSTILE_COUNT];
    static char texts[HOSTILE_COUNT][1024];
    struct crowd c;
    struct pool_options options = crowd_options(1000);
    crowd_begin(&c, &options);
    for (int i = 0; i < HOSTILE_COUNT; i++) {
        int n = snprintf(
            texts[i], sizeof texts[i],
            "local M = { api = 1, name = 'hostile', version = 1, params = {\n"
            "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
            "  timeframe = { type = 'timeframe', default = '1m' } } }\n"
            "function M:on_candle(c) %s end\nreturn M\n",
            hostile[i]
        );
        bad_files[i] = (struct script_file){"init.lua", texts[i], (size_t)n};
    }
    int every = bad > 0 ? 1000 / bad : 0;
    int made = 0;
    for (int i = 0; i < 1000; i++) {
        if (every > 0 && i % every == every - 1) {
            int kind = made++ % HOSTILE_COUNT;
            struct script_bundle b = {"hostile", (uint64_t)(100 + kind), &bad_files[kind], 1};
            member_start(&c, i, &b);
        } else {
            member_start(&c, i, good);
        }
    }
    crowd_settle(&c);
    all_must_run(&c);
    for (int i = 0; i < WARM; i++) {
        crowd_bar(&c, next_price());
    }
    double p99s[HOSTILE_ROUNDS];
    int rounds = 0;
    for (int round = 1; round <= HOSTILE_ROUNDS; round++) {
        sample_count = 0;
        pause_ms(20);
        pool_poll(c.pool, 0);
        crowd_candle(&c, next_price());
        crowd_settle(&c);
        for (int i = 0; i < c.count; i++) {
            struct member *m = &c.members[i];
            if (m->bundle.hash == good->hash) {
                crowd_require(m->faults == 0);
                if (round >= HOSTILE_FROM) {
                    sample_add((double)m->took_ns / 1e6);
                }
            } else if (m->faults > 0) {
                m->is_suspended = m->faults >= 3;
                if (!m->is_suspended && m->fault.code != 0) {
                    m->fault.code = 0;
                    crowd_send(&c, m, crowd_event(&c, EVENT_START));
                }
            }
        }
        crowd_settle(&c);
        if (round >= HOSTILE_FROM) {
            p99s[rounds++] = quantile(0.99);
        }
    }
    sample_count = 0; /* the median of the rounds: one that the machine disturbed is no judge */
    for (int i = 0; i < rounds; i++) {
        sample_add(p99s[i]);
    }
    printf("\"hostile_%d_p99_ms\":%.2f,\n", bad, quantile(0.5));
    crowd_end(&c);
}

int main(int argc, char **argv) {
    if (crowd_is_worker(argc, argv)) {
        return worker_main();
    }
    const char *root = argc > 1 ? argv[1] : ".";
    const char *only = argc > 2 ? argv[2] : NULL;
    struct script_bundle bundle = hyperrsi_read(root);
    printf("{\n");
    if (!only || strcmp(only, "echo") == 0) {
        echo_measure();
    }
    if (!only || strcmp(only, "candle_1000") == 0) {
        candles_measure("candle_1000", &bundle, 1000);
    }
    if (!only || strcmp(only, "candle_10000") == 0) {
        candles_measure("candle_10000", &bundle, 10000);
    }
    if (!only || strcmp(only, "rebuild") == 0) {
        rebuild_measure(&bundle);
    }
    for (int bad = 0; (!only || strcmp(only, "hostile") == 0) && bad <= 100;
         bad = bad == 0 ? 1 : bad * 10) {
        hostile_measure(&bundle, bad);
    }
    printf("\"cores\":%ld\n", sysconf(_SC_NPROCESSORS_ONLN));
    printf("}\n");
    return 0;
}
