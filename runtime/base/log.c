#include "base/log.h"

#include "base/json_write.h"
#include "base/text.h"

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define CUT_ROOM 16 /* for ,"cut":true and the end of the line */
#define MODULE_CUT 64
#define TIME_TEXT_MAX 64
#define NANOSECONDS 1000000000

static struct log_settings settings;
static _Atomic int threshold = LOG_LEVEL_OFF; /* settings.level, changed while threads log */

static const char *const level_names[] = {"debug", "info", "warn", "error", "off"};

void log_start(const struct log_settings *given) {
    settings = *given;
    log_set_level(given->level);
}

void log_set_level(enum log_level level) {
    atomic_store(&threshold, (int)level);
}

enum log_level log_level(void) {
    return (enum log_level)atomic_load(&threshold);
}

int log_level_parse(const char *name, enum log_level *out) {
    for (int level = LOG_LEVEL_DEBUG; level <= LOG_LEVEL_OFF; level++) {
        if (strcmp(name, level_names[level]) == 0) {
            *out = (enum log_level)level;
            return 0;
        }
    }
    return E_NOT_FOUND;
}

/* The length up to most that is kept of a text, not ending within a character. */
static size_t text_kept(const char *text, size_t most) {
    size_t length = strnlen(text, most + 1);
    if (length <= most) {
        return length;
    }
    length = most;
    for (size_t back = 1; back < 4; back++) {
        size_t lead = length - back;
        if (((unsigned char)text[lead] & 0xC0) != 0x80) {
            size_t character = text_utf8_length(text + lead, back);
            return character == 0 ? lead : length;
        }
    }
    return length;
}

static void time_append(struct buffer *line, int64_t now_ns, char between, const char *zone) {
    int64_t seconds = now_ns / NANOSECONDS - (now_ns % NANOSECONDS < 0);
    int milliseconds = (int)((now_ns - seconds * NANOSECONDS) / 1000000);
    time_t time = (time_t)seconds;
    struct tm utc;
    gmtime_r(&time, &utc);
    buffer_appendf(
        line, "%04d-%02d-%02d%c%02d:%02d:%02d.%03d%s", utc.tm_year + 1900, utc.tm_mon + 1,
        utc.tm_mday, between, utc.tm_hour, utc.tm_min, utc.tm_sec, milliseconds, zone
    );
}

static void json_text(struct json_writer *writer, const char *text) {
    if (text == NULL) {
        json_null(writer);
    } else {
        json_string_of(writer, text, text_kept(text, LOG_TEXT_CUT));
    }
}

static void json_value(struct json_writer *writer, const struct log_field *field) {
    switch (field->kind) {
    case LOG_KIND_TEXT:
        json_text(writer, field->value.text);
        break;
    case LOG_KIND_INTEGER:
        json_integer(writer, field->value.integer);
        break;
    case LOG_KIND_DOUBLE:
        json_double(writer, field->value.number);
        break;
    case LOG_KIND_DECIMAL:
        json_decimal_text(writer, field->value.decimal);
        break;
    case LOG_KIND_BOOL:
        json_bool(writer, field->value.flag);
        break;
    case LOG_KIND_ERR:
        json_text(writer, field->value.err->msg);
        break;
    case LOG_KIND_NONE:
        break;
    }
}

static void json_field(struct json_writer *writer, const struct log_field *field) {
    if (field->kind == LOG_KIND_ERR) {
        json_key(writer, "code");
        json_string(writer, err_name(field->value.err->code));
    }
    json_key(writer, field->key);
    json_value(writer, field);
}

static void line_as_json(
    struct buffer *line,
    enum log_level level,
    const char *module,
    const char *message,
    const struct log_field *fields,
    size_t count
) {
    struct json_writer writer;
    json_begin(&writer, line);
    json_object(&writer);
    json_key(&writer, "ts");
    char text[TIME_TEXT_MAX];
    struct buffer time;
    buffer_init_fixed(&time, text, sizeof text);
    time_append(&time, settings.clock(settings.clock_context), 'T', "Z");
    json_string_of(&writer, time.data, time.length);
    json_key(&writer, "level");
    json_string(&writer, level_names[level]);
    json_key(&writer, "module");
    json_string_of(&writer, module, text_kept(module, MODULE_CUT));
    json_key(&writer, "msg");
    json_text(&writer, message);
    bool cut = false;
    for (size_t i = 0; i < count && !cut; i++) {
        if (fields[i].kind == LOG_KIND_NONE) {
            continue;
        }
        struct json_writer before = writer;
        size_t length = line->length;
        json_field(&writer, &fields[i]);
        cut = line->code != 0;
        if (cut) {
            writer = before;
            buffer_truncate(line, length);
        }
    }
    line->limit += CUT_ROOM;
    if (cut) {
        json_key(&writer, "cut");
        json_bool(&writer, true);
    }
    json_close(&writer);
}

/* A value on a terminal: bare where it is one word, quoted otherwise. */
static void readable_value(struct buffer *line, const struct log_field *field) {
    const char *text = field->kind == LOG_KIND_ERR ? field->value.err->msg : field->value.text;
    bool is_text = field->kind == LOG_KIND_TEXT || field->kind == LOG_KIND_ERR;
    if (is_text && text != NULL && text[0] != '\0' && strpbrk(text, " \"=\\") == NULL) {
        json_append_escaped(line, text, text_kept(text, LOG_TEXT_CUT));
        return;
    }
    struct json_writer writer;
    json_begin(&writer, line);
    if (field->kind == LOG_KIND_DECIMAL) {
        json_decimal(&writer, field->value.decimal);
    } else {
        json_value(&writer, field);
    }
}

static void line_readable(
    struct buffer *line,
    enum log_level level,
    const char *module,
    const char *message,
    const struct log_field *fields,
    size_t count
) {
    static const char *const padded_names[] = {"debug", "info ", "warn ", "error"};
    time_append(line, settings.clock(settings.clock_context), ' ', " ");
    buffer_append_text(line, padded_names[level]);
    buffer_append(line, " ", 1);
    json_append_escaped(line, module, text_kept(module, MODULE_CUT));
    buffer_append(line, ": ", 2);
    json_append_escaped(line, message, text_kept(message, LOG_TEXT_CUT));
    bool cut = false;
    for (size_t i = 0; i < count && !cut; i++) {
        if (fields[i].kind == LOG_KIND_NONE) {
            continue;
        }
        size_t length = line->length;
        if (fields[i].kind == LOG_KIND_ERR) {
            buffer_appendf(line, "  code=%s", err_name(fields[i].value.err->code));
        }
        buffer_appendf(line, "  %s=", fields[i].key);
        readable_value(line, &fields[i]);
        cut = line->code != 0;
        if (cut) {
            buffer_truncate(line, length);
        }
    }
    line->limit += CUT_ROOM;
    if (cut) {
        buffer_append_text(line, "  cut=true");
    }
}

void log_line(
    enum log_level level,
    const char *module,
    const char *message,
    const struct log_field *fields,
    size_t count
) {
    if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed) ||
        level >= LOG_LEVEL_OFF) {
        return;
    }
    char memory[LOG_LINE_MAX];
    struct buffer line;
    buffer_init_fixed(&line, memory, sizeof memory);
    line.limit -= CUT_ROOM;
    if (settings.readable) {
        line_readable(&line, level, module, message, fields, count);
    } else {
        line_as_json(&line, level, module, message, fields, count);
    }
    buffer_append(&line, "\n", 1);
    if (settings.sink != NULL) {
        settings.sink(settings.sink_context, line.data, line.length);
    } else if (settings.file != NULL) {
        fwrite(line.data, 1, line.length, settings.file);
        fflush(settings.file);
    }
}
