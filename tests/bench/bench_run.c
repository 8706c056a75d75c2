/* bench_run: `tradingboost run` from outside. Prints one object of JSON.
 *   order     an order over HTTP until its 201, which comes when its record is on the disk, beside
 * a raw fdatasync of 512 bytes on the same file system, in turns activate  processor time of the
 * core for a POST activate until its 201, scripts in workers; the thread that answers and the one
 * that writes the journal start     from exec to /ready: 1,000 activations, a journal of 100,000
 * records, no snapshot Usage: bench_run PROGRAM SOURCE_FOLDER FOLDER [order | activate | start];
 * the folder is made, on the disk in question, and left for the caller to remove. */
#include "bench/http_client.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define PATH_BYTES 512
#define ORDERS 500
#define RAW_BYTES 512
#define ACTIVATIONS 1000
#define CONNECTIONS 32
#define ACTIVATE_ROUNDS 9
#define ROUND_BATCHES 3
#define COUNTERS 50
#define START_BARS 1200 /* that many give a little more than 100,000 records */
#define STARTS 3
#define PATIENCE_NS INT64_C(60000000000)

static const char *program, *source;
static char folder[PATH_BYTES], data[PATH_BYTES * 2], config[PATH_BYTES * 2];
static char token[256];
static struct http_client client;
static pid_t child;

static FILE *file_begin(const char *name) {
    char path[PATH_BYTES * 2];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    if (f == NULL) {
        bench_fail(path, NULL);
    }
    return f;
}

static void pause_ms(int ms) {
    const struct timespec pause = {.tv_nsec = (long)ms * 1000000};
    nanosleep(&pause, NULL);
}

/* --- the process
 * ---------------------------------------------------------------------------------- */

static void child_begin(const char *word) {
    child = fork();
    if (child == 0) {
        char log[PATH_BYTES * 2];
        snprintf(log, sizeof log, "%s/log", folder);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int out = open(log, O_CREAT | O_WRONLY | O_APPEND, 0600);
        if (out < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir(source) != 0) {
            _exit(127);
        }
        execl(program, program, "run", "--config", config, "--data-dir", data, word, (char *)NULL);
        _exit(127);
    }
}

static void child_end(int signal) {
    kill(child, signal);
    waitpid(child, NULL, 0);
}

static bool child_is_gone(void) {
    return waitpid(child, NULL, WNOHANG) == child;
}

static void token_read(void) {
    char path[PATH_BYTES * 3];
    snprintf(path, sizeof path, "%s/admin.token", data);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%255s", token) != 1) {
        bench_fail("no admin.token", NULL);
    }
    fclose(f);
    client.token = token;
}

/* Until /ready says so. */
static void ready_wait(void) {
    int64_t end_ns = bench_now_ns() + PATIENCE_NS;
    client.token = "none";
    while (!http_connect(&client)) {
        if (child_is_gone() || bench_now_ns() > end_ns) {
            bench_fail("the run does not listen: see its log", NULL);
        }
        pause_ms(1);
    }
    while (http_ask(&client, "GET", "/ready", "") != 200) {
        if (bench_now_ns() > end_ns) {
            bench_fail("the run does not become ready", NULL);
        }
        pause_ms(1);
    }
}

/* speed: times real time. */
static FILE *config_begin(const char *candles, double speed, int workers) {
    FILE *f = file_begin("config.lua");
    client.port = http_free_port();
    fprintf(
        f,
        "return {\n  gateway = { port = %d, reads_per_minute = 0, changes_per_minute = 0 },\n  "
        "workers = %d,\n"
        "  journal = { snapshot_every = 1000000000 },\n"
        "  engine = { activations_max = %d },\n  risk = { rate_per_second = 0 },\n"
        "  log = { level = 'error' },\n"
        "  feed = { file = '%s', symbol = 'BTC-USDT-SWAP', speed = %g },\n  activations = {\n",
        client.port, workers, ACTIVATIONS + 100, candles, speed
    );
    return f;
}

static void config_end(FILE *f) {
    fprintf(f, "  },\n}\n");
    fclose(f);
}

static const char *demo_candles(void) {
    static char path[PATH_BYTES * 2];
    snprintf(path, sizeof path, "%s/config/demo/btcusdt-1m.csv.gz", source);
    return path;
}

/* --- order
 * ---------------------------------------------------------------------------------------- */

static int raw_begin(void) {
    char path[PATH_BYTES * 2];
    snprintf(path, sizeof path, "%s/raw", folder);
    int file = open(path, O_CREAT | O_RDWR | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0 || fallocate(file, 0, 0, (off_t)ORDERS * RAW_BYTES) != 0 || fdatasync(file) != 0) {
        bench_fail("no file in the folder", NULL);
    }
    return file;
}

static int64_t raw_time_ns(int file, int index) {
    char bytes[RAW_BYTES];
    memset(bytes, 'x', sizeof bytes);
    int64_t begin_ns = bench_now_ns();
    if (pwrite(file, bytes, sizeof bytes, (off_t)index * RAW_BYTES) != RAW_BYTES ||
        fdatasync(file) != 0) {
        bench_fail("raw write", NULL);
    }
    return bench_now_ns() - begin_ns;
}

/* Places one far from the market, and cancels it, which is not timed. */
static int64_t order_time_ns(int index) {
    char body[512], path[128], id[64] = "";
    snprintf(
        body, sizeof body,
        "{\"user_id\":\"admin\",\"exchange\":\"paper\",\"symbol\":\"BTC-USDT-SWAP\",\"side\":"
        "\"buy\","
        "\"order_type\":\"limit\",\"quantity\":\"0.001\",\"price\":\"%d.%d\"}",
        45000 + index / 10, index % 10
    );
    int64_t begin_ns = bench_now_ns();
    http_expect(&client, 201, "POST", "/api/orders/create", body);
    int64_t took_ns = bench_now_ns() - begin_ns;
    const char *found = strstr(client.body, "\"order_id\":\"");
    if (found == NULL || sscanf(found, "\"order_id\":\"%63[A-Za-z0-9]", id) != 1) {
        bench_fail("an order without an id", NULL);
    }
    snprintf(path, sizeof path, "/api/orders/cancel/%s", id);
    http_expect(&client, 200, "POST", path, "{}");
    return took_ns;
}

static void price_wait(void) {
    int64_t end_ns = bench_now_ns() + PATIENCE_NS;
    while (http_ask(&client, "GET", "/api/market/ticker/paper/BTC-USDT-SWAP", "") != 200 ||
           strstr(client.body, "\"last\":null") != NULL) {
        if (bench_now_ns() > end_ns) {
            bench_fail("no price comes", NULL);
        }
        pause_ms(10);
    }
}

static void order_bench(void) {
    static int64_t raw[ORDERS], order[ORDERS];
    FILE *f = config_begin(demo_candles(), 60, 0);
    fprintf(f, "    { script = 'hyperrsi', params = { timeframe = '5m' } },\n");
    config_end(f);
    child_begin(NULL);
    ready_wait();
    token_read();
    http_expect(&client, 201, "POST", "/api/accounts", "{}");
    price_wait();
    int file = raw_begin();
    for (int i = 0; i < ORDERS; i++) {
        order[i] = order_time_ns(i);
        raw[i] = raw_time_ns(file, i);
    }
    close(file);
    child_end(SIGKILL);
    double raw_us = bench_quantile_us(raw, ORDERS, 0.5);
    double order_us = bench_quantile_us(order, ORDERS, 0.5);
    printf(
        "{\"raw_p50_us\":%.1f,\"raw_p99_us\":%.1f,\"order_p50_us\":%.1f,\"order_p99_us\":%.1f,"
        "\"order_ratio\":%.3f}\n",
        raw_us, bench_quantile_us(raw, ORDERS, 0.99), order_us,
        bench_quantile_us(order, ORDERS, 0.99), order_us / raw_us
    );
}

/* --- activate
 * ------------------------------------------------------------------------------------- */

/* Nanoseconds that a thread has had a processor. */
static int64_t thread_ns(int thread) {
    char path[64];
    long long ns = 0;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", child, thread);
    FILE *f = fopen(path, "r");
    if (f == NULL || fscanf(f, "%lld", &ns) != 1) {
        bench_fail(path, NULL);
    }
    fclose(f);
    return ns;
}

/* The thread of that name, as the program calls it. */
static int thread_find(const char *name) {
    char path[64 + 256], comm[32];
    snprintf(path, sizeof path, "/proc/%d/task", child);
    DIR *d = opendir(path);
    struct dirent *entry;
    int found = 0;
    while (d != NULL && (entry = readdir(d)) != NULL) {
        snprintf(path, sizeof path, "/proc/%d/task/%s/comm", child, entry->d_name);
        FILE *f = isdigit((unsigned char)entry->d_name[0]) ? fopen(path, "r") : NULL;
        if (f != NULL && fscanf(f, "%31s", comm) == 1 && strcmp(comm, name) == 0) {
            found = atoi(entry->d_name);
        }
        if (f != NULL) {
            fclose(f);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    if (found == 0) {
        bench_fail("no thread writes the journal", NULL);
    }
    return found;
}

static struct http_client crowd[CONNECTIONS];

static void crowd_connect(void) {
    for (int i = 0; i < CONNECTIONS; i++) {
        crowd[i].port = client.port;
        crowd[i].token = token;
        if (!http_connect(&crowd[i])) {
            bench_fail("no connection", NULL);
        }
    }
}

/* One request on each connection, then their answers. */
static void activate_batch(void) {
    for (int i = 0; i < CONNECTIONS; i++) {
        http_begin(
            &crowd[i], "POST", "/api/strategy/hyperrsi/activate",
            "{\"user_id\":\"admin\",\"exchange\":\"paper\",\"symbol\":\"BTC-USDT-SWAP\","
            "\"timeframe\":\"5m\",\"mode\":\"paper\"}"
        );
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        if (http_end(&crowd[i]) != 201) {
            bench_fail(crowd[i].answer, NULL);
        }
    }
}

static void activate_bench(void) {
    int64_t core[ACTIVATE_ROUNDS], writer[ACTIVATE_ROUNDS], all[ACTIVATE_ROUNDS];
    FILE *f = config_begin(demo_candles(), 1, 2);
    fprintf(f, "    { script = 'hyperrsi', params = { timeframe = '5m' } },\n");
    config_end(f);
    child_begin(NULL);
    ready_wait();
    token_read();
    crowd_connect();
    activate_batch(); /* now the version of the script is known */
    int journal = thread_find("journal");
    for (int i = 0; i < ACTIVATE_ROUNDS; i++) {
        core[i] = -thread_ns(child);
        writer[i] = -thread_ns(journal);
        for (int j = 0; j < ROUND_BATCHES; j++) {
            activate_batch();
        }
        core[i] = (core[i] + thread_ns(child)) / (ROUND_BATCHES * CONNECTIONS);
        writer[i] = (writer[i] + thread_ns(journal)) / (ROUND_BATCHES * CONNECTIONS);
        all[i] = core[i] + writer[i];
    }
    child_end(SIGKILL);
    printf(
        "{\"activate_us\":%.1f,\"activate_core_us\":%.1f,\"activate_journal_us\":%.1f}\n",
        bench_quantile_us(all, ACTIVATE_ROUNDS, 0.5), bench_quantile_us(core, ACTIVATE_ROUNDS, 0.5),
        bench_quantile_us(writer, ACTIVATE_ROUNDS, 0.5)
    );
}

/* --- start
 * ---------------------------------------------------------------------------------------- */

static void start_config(const char *candles) {
    FILE *f = config_begin(candles, 1, 0);
    for (int i = 0; i < ACTIVATIONS; i++) {
        bool is_counter = i % (ACTIVATIONS / COUNTERS) == 0;
        fprintf(
            f, "    { id = 'a%d', script = '%s%s', params = { timeframe = '%s' } },\n", i,
            is_counter ? folder : "", is_counter ? "/counter.lua" : "hyperrsi",
            is_counter ? "1m" : "5m"
        );
    }
    config_end(f);
}

/* The first bars of the demo. */
static void candles_cut(char *path, size_t size) {
    char command[PATH_BYTES * 5];
    snprintf(path, size, "%s/first.csv", folder);
    snprintf(
        command, sizeof command, "gzip -dc '%s' | head -%d >'%s'", demo_candles(), START_BARS + 1,
        path
    );
    if (system(command) != 0) {
        bench_fail("gzip", NULL);
    }
}

static void history_make(void) {
    char path[PATH_BYTES * 2];
    FILE *f = file_begin("counter.lua");
    fprintf(
        f, "local M = { api = 1, name = 'counter', version = 1, params = {\n"
           "  symbol = { type = 'symbol', default = 'BTC-USDT-SWAP' },\n"
           "  timeframe = { type = 'timeframe', default = '1m' } } }\n"
           "function M:on_candle() self.state.bars = (self.state.bars or 0) + 1 end\n"
           "return M\n"
    );
    fclose(f);
    candles_cut(path, sizeof path);
    start_config(path);
    int status = 0;
    child_begin("--until-end");
    if (waitpid(child, &status, 0) != child || status != 0) {
        bench_fail("the run that makes the journal: see its log", NULL);
    }
}

/* As the program's own tool counts them. */
static long records_count(void) {
    char command[PATH_BYTES * 4], line[PATH_BYTES * 2];
    long records = 0;
    snprintf(command, sizeof command, "'%s' journal verify --data-dir '%s'", program, data);
    FILE *f = popen(command, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        long count;
        records = sscanf(line, "%ld records in ", &count) == 1 ? count : records;
    }
    if (f == NULL || pclose(f) != 0 || records == 0) {
        bench_fail("the journal cannot be counted", NULL);
    }
    return records;
}

static void start_bench(void) {
    int64_t times[STARTS], used[STARTS];
    history_make();
    long records = records_count();
    start_config(demo_candles());
    for (int i = 0; i < STARTS; i++) {
        int64_t begin_ns = bench_now_ns();
        child_begin(NULL);
        ready_wait();
        times[i] = bench_now_ns() - begin_ns;
        used[i] = thread_ns(child);
        close(client.socket);
        child_end(SIGKILL);
    }
    printf(
        "{\"start_s\":%.3f,\"start_cpu_s\":%.3f,\"start_records\":%ld}\n",
        bench_quantile_us(times, STARTS, 0.5) / 1e6, bench_quantile_us(used, STARTS, 0.5) / 1e6,
        records
    );
}

int main(int argc, char **argv) {
    if (argc != 5 || mkdir(argv[3], 0700) != 0) {
        fprintf(
            stderr, "usage: bench_run PROGRAM SOURCE_FOLDER FOLDER [order | activate | start]\n"
        );
        return 2;
    }
    program = argv[1];
    source = argv[2];
    snprintf(folder, sizeof folder, "%s", argv[3]);
    snprintf(data, sizeof data, "%s/data", folder);
    snprintf(config, sizeof config, "%s/config.lua", folder);
    if (strcmp(argv[4], "order") == 0) {
        order_bench();
    } else if (strcmp(argv[4], "activate") == 0) {
        activate_bench();
    } else {
        start_bench();
    }
    return 0;
}
