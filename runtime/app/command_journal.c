#include "app/commands.h"

#include "app/config.h"
#include "base/json_write.h"
#include "engine/record.h"
#include "store/data_lock.h"
#include "store/journal_tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_BYTES ((size_t)8 << 20)
#define OUTPUT_MAX ((size_t)16 << 20)

struct journal_command {
    const struct arguments *arguments;
    char data_dir[DISK_PATH_MAX], folder[DISK_PATH_MAX];
    uint64_t from, to, at;
    bool is_json, is_all;
    struct buffer line, out;
    struct arena arena;
    void *arena_block;
};

/* --- print ---------------------------------------------------------------------------------------
 */

/* Texts in a record are scripts' and people's: nothing of them may drive the terminal. */
static void line_escape(const struct buffer *text, struct buffer *out) {
    const char *at = text->data, *end = text->data + text->length;
    while (at <= end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        stop = stop != NULL ? stop : end;
        json_append_escaped(out, at, (size_t)(stop - at));
        buffer_append_text(out, "\n");
        at = stop + 1;
    }
}

static void line_json(struct journal_command *c, uint64_t sequence, const struct record *record) {
    struct json_writer json;
    json_begin(&json, &c->out);
    json_object(&json);
    json_key(&json, "sequence");
    json_integer(&json, (int64_t)sequence);
    json_key(&json, "kind");
    json_string(&json, record != NULL ? record_kind_name(record->kind) : NULL);
    json_key(&json, "time_ms");
    json_integer(&json, record != NULL ? record->now_ms : 0);
    json_key(&json, "text");
    json_string_of(&json, c->line.data, c->line.length);
    json_close(&json);
    if (json_end(&json) == 0) {
        buffer_append_text(&c->out, "\n");
    }
}

static int record_print(void *ctx, const struct journal_record *r, struct err *e) {
    struct journal_command *c = ctx;
    struct record record;
    struct err unread;
    if (c->to != 0 && r->sequence > c->to) {
        return err_set(e, E_INTERRUPTED, "enough");
    }
    buffer_clear(&c->line);
    buffer_clear(&c->out);
    arena_reset(&c->arena);
    bool is_read = record_decode(r->bytes, r->length, &c->arena, &record, &unread) == 0;
    if (is_read) {
        record_format(&record, c->is_all, &c->line);
    } else {
        buffer_appendf(&c->line, "? %s", unread.msg);
    }
    if (c->is_json) {
        line_json(c, r->sequence, is_read ? &record : NULL);
    } else {
        buffer_appendf(&c->out, "%" PRIu64 " ", r->sequence);
        line_escape(&c->line, &c->out);
    }
    bool is_written = fwrite(c->out.data, 1, c->out.length, stdout) == c->out.length;
    return is_written ? 0 : err_set(e, E_IO, "the records could not be written");
}

static int journal_print(struct journal_command *c, struct err *e) {
    struct journal_report report;
    int code = journal_read(&disk_system, c->folder, c->from, c, record_print, &report, e);
    if (code == E_INTERRUPTED) {
        return 0;
    }
    if (code == 0 && report.torn.code != 0) {
        fprintf(stderr, "tradingboost: %s at the next start\n", report.torn.msg);
    }
    return code;
}

/* --- verify and cut ------------------------------------------------------------------------------
 */

static void verdict_json(struct journal_command *c, const struct journal_verdict *v) {
    struct buffer lines = c->out;
    struct json_writer json;
    buffer_init(&c->out, OUTPUT_MAX);
    json_begin(&json, &c->out);
    json_object(&json);
    json_key(&json, "is_sound");
    json_bool(&json, v->faults == 0);
    json_key(&json, "is_torn");
    json_bool(&json, v->is_torn);
    json_key(&json, "oldest");
    json_integer(&json, (int64_t)v->oldest);
    json_key(&json, "last");
    json_integer(&json, (int64_t)v->last);
    json_key(&json, "records");
    json_integer(&json, (int64_t)v->records);
    json_key(&json, "segments");
    json_integer(&json, v->segments);
    json_key(&json, "snapshots");
    json_integer(&json, v->snapshots);
    json_key(&json, "faults");
    json_integer(&json, v->faults);
    json_key(&json, "text");
    json_string_of(&json, lines.data, lines.length);
    json_close(&json);
    if (json_end(&json) == 0) {
        buffer_append_text(&c->out, "\n");
    }
    buffer_free(&lines);
}

static void verdict_text(struct journal_command *c, const struct journal_verdict *v) {
    buffer_appendf(
        &c->out, "%" PRIu64 " records in %d segments, %d snapshots: %s\n", v->records, v->segments,
        v->snapshots, v->faults == 0 ? "sound" : "damaged"
    );
    if (v->is_torn) {
        buffer_append_text(&c->out, "the torn end is cut at the next start\n");
    }
    if (v->cut_at != 0) {
        buffer_appendf(
            &c->out,
            "copy %s away; `tradingboost journal cut --at %" PRIu64 "` then drops that record and "
            "all behind it\n",
            c->folder, v->cut_at
        );
    }
}

static int verify(struct journal_command *c, struct err *e) {
    struct journal_verdict verdict;
    int code = journal_verify(&disk_system, c->folder, &c->out, &verdict, e);
    if (code != 0) {
        return code;
    }
    if (c->is_json) {
        verdict_json(c, &verdict);
    } else {
        verdict_text(c, &verdict);
    }
    fwrite(c->out.data, 1, c->out.length, stdout);
    return verdict.faults == 0 ? 0 : err_set(e, E_DATA, "the journal is damaged");
}

static int cut(struct journal_command *c, struct err *e) {
    int lock;
    if (c->at == 0) {
        return err_set(e, E_ARGUMENT, "--at says which record is the first to go");
    }
    int code = data_lock_take(c->data_dir, &lock, e);
    if (code != 0) {
        return code;
    }
    code = journal_cut(&disk_system, c->folder, c->at, &c->out, e);
    fwrite(c->out.data, 1, c->out.length, stdout);
    data_lock_give(lock);
    return code;
}

/* --- the command ---------------------------------------------------------------------------------
 */

static int
sequence_read(const struct arguments *a, const char *name, uint64_t *out, struct err *e) {
    const char *text = arguments_text(a, name);
    char *end;
    *out = 0;
    if (text == NULL) {
        return 0;
    }
    *out = strtoull(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || *end != '\0') {
        return err_set(e, E_ARGUMENT, "--%s is the number of a record, not \"%s\"", name, text);
    }
    return 0;
}

/* --data-dir, else what the configuration says. */
static int data_dir_find(struct journal_command *c, struct err *e) {
    const char *given = arguments_text(c->arguments, "data-dir");
    struct config config = {0};
    struct settings_faults faults;
    const char *path = arguments_text(c->arguments, "config");
    if (given != NULL) {
        snprintf(c->data_dir, sizeof c->data_dir, "%s", given);
        return 0;
    }
    settings_faults_init(&faults, path);
    int code = config_load(path, environ, &config, &faults, e);
    if (code == E_CONFIG) {
        err_set(e, code, "%s", faults.text.data);
    } else if (code == 0 && config.data_path == NULL) {
        code = err_set(e, E_ARGUMENT, "%s keeps nothing: give --data-dir FOLDER", path);
    } else if (code == 0) {
        snprintf(c->data_dir, sizeof c->data_dir, "%s", config.data_path);
    }
    config_free(&config);
    settings_faults_free(&faults);
    return code;
}

static int journal_do(struct journal_command *c, struct err *e) {
    const char *what = c->arguments->positionals[0];
    int code = sequence_read(c->arguments, "from", &c->from, e);
    code = code != 0 ? code : sequence_read(c->arguments, "to", &c->to, e);
    code = code != 0 ? code : sequence_read(c->arguments, "at", &c->at, e);
    code = code != 0 ? code : data_dir_find(c, e);
    code = code != 0 ? code : disk_path(c->folder, c->data_dir, "journal", e);
    if (code != 0) {
        return code;
    }
    if (access(c->folder, R_OK) != 0) {
        return err_set(e, E_NOT_FOUND, "%s: there is no journal", c->folder);
    }
    if (strcmp(what, "print") == 0) {
        return journal_print(c, e);
    }
    if (strcmp(what, "verify") == 0) {
        return verify(c, e);
    }
    if (strcmp(what, "cut") == 0) {
        return cut(c, e);
    }
    return err_set(e, E_ARGUMENT, "a journal is asked to print, verify or cut, not \"%s\"", what);
}

int command_journal(const struct arguments *arguments) {
    struct journal_command c = {
        .arguments = arguments,
        .is_json = arguments_has(arguments, "json"),
        .is_all = arguments_has(arguments, "all"),
        .arena_block = malloc(ARENA_BYTES),
    };
    struct err err = {0};
    buffer_init(&c.line, OUTPUT_MAX);
    buffer_init(&c.out, OUTPUT_MAX);
    int code = c.arena_block == NULL ? err_set(&err, E_MEMORY, "no memory") : 0;
    if (code == 0) {
        arena_init(&c.arena, c.arena_block, ARENA_BYTES);
        code = journal_do(&c, &err);
    }
    if (fflush(stdout) != 0 && code == 0) {
        code = err_set(&err, E_IO, "the output could not be written");
    }
    if (code != 0) {
        fprintf(stderr, "tradingboost: %s\n", err.msg);
    }
    buffer_free(&c.line);
    buffer_free(&c.out);
    free(c.arena_block);
    return code == 0 ? EXIT_DONE : code == E_ARGUMENT ? EXIT_USAGE : EXIT_FAILED;
}
