#include "app/commands.h"

#include "app/config.h"
#include "app/doctor.h"
#include "base/json_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)64 << 10)

struct doctor_command {
    struct buffer out;
    struct json_writer json;
    bool is_json;
    int counts[DOCTOR_FAIL + 1];
};

static void row_show(struct doctor_command *c, const struct doctor_row *row) {
    if (!c->is_json) {
        buffer_appendf(
            &c->out, "%-4s  %-18s  %s  (needed: %s)\n", doctor_state_name(row->state), row->name,
            row->found, row->needed
        );
        if (row->advice[0] != '\0') {
            buffer_appendf(&c->out, "      %18s  -> %s\n", "", row->advice);
        }
        return;
    }
    json_object(&c->json);
    json_key(&c->json, "name");
    json_string(&c->json, row->name);
    json_key(&c->json, "state");
    json_string(&c->json, doctor_state_name(row->state));
    json_key(&c->json, "found");
    json_string(&c->json, row->found);
    json_key(&c->json, "needed");
    json_string(&c->json, row->needed);
    json_key(&c->json, "advice");
    json_string(&c->json, row->advice[0] != '\0' ? row->advice : NULL);
    json_close(&c->json);
}

static int summary_show(struct doctor_command *c) {
    const int *n = c->counts;
    if (!c->is_json) {
        return buffer_appendf(
            &c->out, "%d checks: %d ok, %d warn, %d fail\n",
            n[DOCTOR_OK] + n[DOCTOR_WARN] + n[DOCTOR_FAIL], n[DOCTOR_OK], n[DOCTOR_WARN],
            n[DOCTOR_FAIL]
        );
    }
    json_close(&c->json);
    for (int state = DOCTOR_OK; state <= DOCTOR_FAIL; state++) {
        json_key(&c->json, doctor_state_name((enum doctor_state)state));
        json_integer(&c->json, n[state]);
    }
    json_close(&c->json);
    int code = json_end(&c->json);
    buffer_append_text(&c->out, "\n");
    return code != 0 ? code : c->out.code;
}

/* --data-dir, else the configuration's, else the environment's, else where the program was started. */
static const char *data_dir_of(const struct arguments *arguments, const struct config *config) {
    const char *given = arguments_text(arguments, "data-dir");
    const char *others =
        config->data_path != NULL ? config->data_path : getenv("TRADINGBOOST_DATA_DIR");
    const char *data_dir = given != NULL ? given : others;
    return data_dir != NULL && data_dir[0] != '\0' ? data_dir : ".";
}

/* What `run` would be told; a fault in it is told as `run` tells it. */
static int machine_look(const struct arguments *arguments, struct machine *machine) {
    const char *path = arguments_text(arguments, "config");
    struct settings_faults faults;
    struct config config = {0};
    struct err err = {0};
    settings_faults_init(&faults, path);
    int code = path != NULL ? config_load(path, environ, &config, &faults, &err) : 0;
    if (code == 0) {
        struct machine_gateway gateway = {config.gateway_address, config.gateway_port};
        machine_read(
            machine, data_dir_of(arguments, &config), environ, path != NULL ? &gateway : NULL
        );
    } else {
        fwrite(faults.text.data, 1, faults.text.length, stderr);
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    config_free(&config);
    settings_faults_free(&faults);
    return code;
}

int command_doctor(const struct arguments *arguments) {
    struct doctor_command c = {.is_json = arguments_has(arguments, "json")};
    struct machine machine;
    if (machine_look(arguments, &machine) != 0) {
        return EXIT_USAGE;
    }
    buffer_init(&c.out, OUTPUT_MAX);
    if (c.is_json) {
        json_begin(&c.json, &c.out);
        json_object(&c.json);
        json_key(&c.json, "checks");
        json_array(&c.json);
    }
    for (const struct doctor_check *check = doctor_checks; check->name != NULL; check++) {
        struct doctor_row row;
        doctor_judge(check, &machine, &row);
        row_show(&c, &row);
        c.counts[row.state]++;
    }
    int code = summary_show(&c);
    bool is_written = code == 0 && fwrite(c.out.data, 1, c.out.length, stdout) == c.out.length &&
                      fflush(stdout) == 0;
    buffer_free(&c.out);
    if (!is_written) {
        fputs("tradingboost doctor: the result cannot be written\n", stderr);
    }
    return is_written && c.counts[DOCTOR_FAIL] == 0 ? EXIT_DONE : EXIT_FAILED;
}
