#include "app/run_gateway.h"

#include "app/run_edit.h"
#include "app/run_metrics.h"
#include "app/run_tables.h"
#include "app/script_cache.h"
#include "app/script_check.h"
#include "gateway/gateway.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRIPTS_MAX 256
/* Less than what a saved script takes to settle: an activation of the version before is edited then. */
#define SCRIPT_TRUST_NS INT64_C(50000000)

struct run_gateway {
    struct run *run;
    struct gateway *gateway;
    struct script_cache *scripts;
    char *names[SCRIPTS_MAX]; /* of the scripts that can be activated, sorted */
    int name_count;
    struct script_checks *checks;
    int left; /* of the two that must have stopped */
    void (*over)(void *ctx);
    void *over_ctx;
};

/* --- scripts -------------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(struct run_gateway *g) {
    for (int i = 0; i < g->name_count; i++) {
        free(g->names[i]);
    }
    g->name_count = 0;
}

/* strategies/NAME.lua and strategies/NAME/ are NAME. */
static void names_read(struct run_gateway *g) {
    char folder[PATH_MAX];
    names_free(g);
    DIR *d = shipped_path("strategies", folder, sizeof folder, NULL) == 0 ? opendir(folder) : NULL;
    struct dirent *entry;
    while (d != NULL && (entry = readdir(d)) != NULL && g->name_count < SCRIPTS_MAX) {
        char *name = entry->d_name[0] == '.' ? NULL : strdup(entry->d_name);
        if (name != NULL) {
            char *dot = strstr(name, ".lua");
            if (dot != NULL) {
                *dot = '\0';
            }
            g->names[g->name_count++] = name;
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    qsort(g->names, (size_t)g->name_count, sizeof g->names[0], by_name);
}

static const char *script_list(void *ctx, int index) {
    struct run_gateway *g = ctx;
    if (index == 0) {
        names_read(g);
    }
    return index < g->name_count ? g->names[index] : NULL;
}

/* Only what is in the list: a name from outside is no path. */
static bool is_listed(struct run_gateway *g, const char *name) {
    names_read(g);
    for (int i = 0; i < g->name_count; i++) {
        if (strcmp(g->names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Only names that are listed are read, so what was read before is listed. */
static int script_find(
    void *ctx, const char *name, const struct script_bundle **bundle, struct err *e
) {
    struct run_gateway *g = ctx;
    const struct script_source *source = script_cache_find(g->scripts, name);
    int code = 0;
    if (source == NULL && !is_listed(g, name)) {
        return err_set(e, E_NOT_FOUND, "there is no script %s", name);
    }
    if (source == NULL) {
        code = script_cache_read(g->scripts, name, &source, e);
    }
    if (code == 0) {
        *bundle = &source->bundle;
    }
    return code;
}

static void script_release(void *ctx, const struct script_bundle *bundle) {
    (void)ctx, (void)bundle; /* it is the cache's */
}

static int gateway_script_check(
    void *ctx, const char *name, const char *source, size_t length,
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
    void (*done)(void *to, int code, const char *why), void *to, struct err *e
) {
    struct run_gateway *g = ctx;
    if (source == NULL && !is_listed(g, name)) {
        return err_set(e, E_NOT_FOUND, "there is no script %s", name);
    }
    struct script_check_listener listener = {to, finding, done};
    return script_check(g->checks, name, source, length, &listener, e);
}

static int gateway_script_check_files(
    void *ctx, const char *name, const struct script_file *files, int count,
    void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
    void (*done)(void *to, int code, const char *why), void *to, struct err *e
) {
    struct run_gateway *g = ctx;
    struct script_check_listener listener = {to, finding, done};
    return script_check_files(g->checks, name, files, count, &listener, e);
}

static int script_put(
    void *ctx, const char *name, const struct script_file *files, int count, const char *who,
    const char *reason, uint64_t *hash, struct err *e
) {
    struct run_gateway *g = ctx;
    return run_edit_put(g->run->edit, name, files, count, who, reason, hash, e);
}

/* --- the engine ----------------------------------------------------------------------------------- */

static int activate(
    void *ctx, const struct activation_options *options, uint32_t *activation, struct err *e
) {
    struct run_gateway *g = ctx;
    return session_activate(g->run->session, options, activation, e);
}

static void settle(void *ctx) {
    struct run_gateway *g = ctx;
    run_nudge(g->run);
}

static void stopped(void *ctx) {
    struct run_gateway *g = ctx;
    if (--g->left == 0 && g->over != NULL) {
        g->over(g->over_ctx);
    }
}

static void metrics(void *ctx, struct buffer *out) {
    const struct run_gateway *g = ctx;
    run_metrics(g->run, out);
}

static int checks_make(struct run_gateway *g, struct err *e) {
    const struct config *c = g->run->config;
    struct script_checks_options options = {
        .loop = loop_uv(g->run->loop),
        .at_once_max = c->checks_max,
        .time_max_ms = c->check_time_ms,
        .memory_max = c->check_memory,
        .source_max = c->limits.source_max,
    };
    return script_checks_new(&g->checks, &options, e);
}

int run_gateway_open(struct run_gateway **out, struct run *run, struct err *e) {
    struct run_gateway *g = calloc(1, sizeof *g);
    if (g == NULL) {
        return err_set(e, E_MEMORY, "no memory for the gateway");
    }
    g->run = run;
    g->left = 2;
    struct gateway_options options = {
        .loop = loop_uv(run->loop),
        .engine = run->engine,
        .data_dir = run->options->data_dir,
        .address = run->config->gateway_address,
        .port = run->config->gateway_port,
        .version = TRADINGBOOST_VERSION,
        .venue = "paper",
        .balance = run->config->balance,
        .keys =
            {
                .keys_max = run->config->engine.requests_max,
                .keys_of_user_max = run->config->engine.requests_of_user_max,
                .kept_ns = run->config->engine.request_ms * 1000000,
            },
        .rates = run->config->rates,
        .counts_local = run->config->counts_local,
        .ctx = g,
        .activate = activate,
        .settle = settle,
        .script_find = script_find,
        .script_release = script_release,
        .script_list = script_list,
        .script_check = gateway_script_check,
        .script_check_files = gateway_script_check_files,
        .script_put = script_put,
        .stopped = stopped,
        .tables = run_tables(run),
        .metrics = metrics,
    };
    int code = checks_make(g, e);
    code = code != 0 ? code : script_cache_new(&g->scripts, run->config->limits.source_max, SCRIPT_TRUST_NS, e);
    code = code != 0 ? code : gateway_new(&g->gateway, &options, e);
    if (code != 0) {
        script_checks_free(g->checks);
        script_cache_free(g->scripts);
        free(g);
        return code;
    }
    *out = g;
    return 0;
}

int run_gateway_port(const struct run_gateway *g) {
    return gateway_port(g->gateway);
}

struct gateway *run_gateway_of(struct run_gateway *g) {
    return g != NULL ? g->gateway : NULL;
}

void run_gateway_stop(struct run_gateway *g, void (*over)(void *ctx), void *ctx) {
    g->over = over;
    g->over_ctx = ctx;
    script_checks_stop(g->checks, stopped, g);
    gateway_stop(g->gateway);
}

void run_gateway_free(struct run_gateway *g) {
    if (g == NULL) {
        return;
    }
    gateway_free(g->gateway);
    script_checks_free(g->checks);
    script_cache_free(g->scripts);
    names_free(g);
    free(g);
}
