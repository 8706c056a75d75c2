#include "app/commands.h"

#include "app/run.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONFIG_SHIPPED "config/demo.lua"

struct run_command {
    const struct arguments *arguments;
    char path[PATH_MAX];
    struct config config;
    struct settings_faults faults;
    struct run_options options;
    struct run_view view;
    struct run run;
    bool is_configured; /* what fails before is wrong use */
};

static int config_read(struct run_command *c, struct err *e) {
    bool is_given = arguments_has(c->arguments, "config");
    int code = 0;
    if (is_given) {
        snprintf(c->path, sizeof c->path, "%s", arguments_text(c->arguments, "config"));
    } else {
        code = shipped_path(CONFIG_SHIPPED, c->path, sizeof c->path, e);
    }
    settings_faults_init(&c->faults, c->path);
    return code != 0 ? code : config_load(c->path, environ, &c->config, &c->faults, e);
}

/* --speed is the row feed.speed, given on the command line. */
static int speed_option(struct run_command *c, struct err *e) {
    const char *text = arguments_text(c->arguments, "speed");
    for (const struct setting_row *row = config_rows; text != NULL && row->path != NULL; row++) {
        if (strcmp(row->path, "feed.speed") == 0 && setting_parse(row, text, &c->config, e) != 0) {
            e->code = E_ARGUMENT;
            return err_wrap(e, "--speed");
        }
    }
    return 0;
}

static int options_read(struct run_command *c, struct err *e) {
    const struct arguments *a = c->arguments;
    c->options = (struct run_options){
        .is_until_end = arguments_has(a, "until-end"),
        .orders_path = arguments_text(a, "orders"),
        .orders_activation = arguments_text(a, "activation"),
    };
    c->options.data_dir = arguments_text(a, "data-dir");
    c->options.is_fresh = arguments_has(a, "fresh");
    bool is_batch = c->options.is_until_end; /* plays a file: nothing is kept unless it is asked for */
    if (c->options.data_dir == NULL && c->config.data_path != NULL && !is_batch) {
        c->options.data_dir = c->config.data_path;
    }
    if (c->options.orders_activation != NULL && c->options.orders_path == NULL) {
        return err_set(e, E_ARGUMENT, "--activation says what --orders FILE holds: give both");
    }
    if (arguments_has(a, "json")) {
        c->config.log_format = LOG_FORMAT_JSON;
    }
    return speed_option(c, e);
}

static const char *end_text(enum run_end end) {
    switch (end) {
    case RUN_END_DATA:
        return "the candles are at their end";
    case RUN_END_INTERRUPTED:
        return "interrupted";
    case RUN_END_IDLE:
        return "no activation runs any more";
    case RUN_END_FAILED:
        break;
    }
    return "the run failed";
}

static int suspended_check(const struct run_command *c, struct err *e) {
    for (int i = 0; i < c->config.activation_count; i++) {
        if (activation_status(c->run.engine, (uint32_t)i) == ACTIVATION_SUSPENDED) {
            return err_set(
                e, E_SCRIPT, "%s was suspended: %s", c->config.activations[i].id,
                c->run.tallies[i].fault.text
            );
        }
    }
    return 0;
}

static int run_body(struct run_command *c, struct err *e) {
    int code = config_read(c, e);
    code = code != 0 ? code : options_read(c, e);
    if (code != 0) {
        return code;
    }
    c->is_configured = true;
    run_view_init(&c->view, stdout, &c->config);
    code = run_prepare(&c->run, &c->config, &c->options, &c->view, &c->faults, e);
    if (code != 0) {
        return code;
    }
    code = run_play(&c->run, e);
    run_view_summary(&c->view, c->run.tallies, end_text(c->run.end));
    struct err closing = {0};
    if (run_close(&c->run, &closing) != 0 && code == 0) {
        *e = closing;
        code = closing.code;
    }
    return code != 0 ? code : suspended_check(c, e);
}

/* As many connections, files and pipes as the system allows. Workers and checks have limits of their
 * own. */
static void descriptors_allow(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int command_run(const struct arguments *arguments) {
    static struct run_command c; /* larger than a stack likes */
    struct err err = {0};
    c.arguments = arguments;
    descriptors_allow();
    umask(077); /* what it keeps is its owner's alone */
    signal(SIGPIPE, SIG_IGN); /* a reader that leaves ends the run with a message */
    signal(SIGXFSZ, SIG_IGN); /* a limit on files is an error of a write */
    int code = run_body(&c, &err);
    if (code != 0) {
        fflush(stdout);
        fwrite(c.faults.text.data, 1, c.faults.text.length, stderr);
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    run_free(&c.run);
    config_free(&c.config);
    settings_faults_free(&c.faults);
    bool is_usage = !c.is_configured || code == E_ARGUMENT || code == E_CONFIG;
    return code == 0 ? EXIT_DONE : is_usage ? EXIT_USAGE : EXIT_FAILED;
}
