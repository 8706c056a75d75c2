/* config: what `run` is told to do, from a Lua data file and the environment, checked against one
 * table of settings (config_rows), from which docs/reference/settings.md comes as well.
 *
 * config_load lists every fault, each with its path and line. A relative feed.file is relative to
 * the configuration's own folder. No time; one thread; config_free ends the struct's texts. */
#pragma once

#include "app/settings.h"
#include "engine/engine.h"
#include "gateway/rates.h"
#include "match/match.h"
#include "script/host.h"

enum config_log_format { LOG_FORMAT_AUTO, LOG_FORMAT_READABLE, LOG_FORMAT_JSON };

struct config_activation {
    char id[ACTIVATION_ID_MAX];
    const char *id_text; /* as given; NULL: made from the script's name */
    const char *script;
    const char *user;
    struct money balance;
    int64_t seed;
    int on_suspend; /* enum suspend_policy */
    const struct data_value *params_data;
    struct setting *params; /* the feed's symbol first */
    int param_count;
    int line;
};

enum feed_while_down { FEED_WAITS, FEED_MOVES_ON };

struct config {
    const char *data_dir;  /* as given; NULL: nothing is kept */
    char *data_path;       /* relative to the configuration's folder, if it is */
    const char *feed_file; /* as given */
    char *feed_path;
    const char *symbol;
    struct decimal speed; /* times real time */
    int while_down;       /* enum feed_while_down */
    struct match_costs costs;
    struct money balance;
    struct risk_limits risk;
    struct host_limits limits;
    struct engine_options engine;
    int64_t snapshot_every; /* records */
    int64_t segment_bytes;
    int64_t snapshot_bytes_max;
    int lists_max; /* that are asked of the tables and wait */
    int64_t list_wait_ms;
    int segments_kept;
    const char *gateway_address;
    int gateway_port;       /* 0: no HTTP */
    struct rate_limits rates;
    bool counts_local;
    int checks_max;         /* of scripts, at once */
    int64_t check_time_ms;
    size_t check_memory;
    int workers;           /* processes that run scripts; 0: this one does */
    int log_level;  /* enum log_level */
    int log_format; /* enum config_log_format */
    struct config_activation *activations;
    int activation_count;
    struct data_file data; /* what the texts are borrowed from */
};

extern const struct setting_row config_rows[];

/* E_CONFIG with the faults listed in *faults (made by settings_faults_init); E_IO and E_NOT_FOUND
 * with *e for a file that cannot be read. *config can be freed in every case. */
MUST_CHECK int config_load(
    const char *path,
    char *const *environment,
    struct config *config,
    struct settings_faults *faults,
    struct err *e
);
/* The same from a text. */
MUST_CHECK int config_parse(
    const char *path,
    const char *text,
    size_t length,
    char *const *environment,
    struct config *config,
    struct settings_faults *faults,
    struct err *e
);
void config_free(struct config *config);

/* docs/reference/settings.md */
void settings_reference(struct buffer *out);
