/* settings_value: one value of a row, from a data file or from a text. */
#include "app/settings.h"

#include "script/suggest.h"

#include <stdio.h>
#include <string.h>

static void *field(const struct setting_row *row, void *out) {
    return (char *)out + row->offset;
}

int data_decimal(const struct data_value *value, struct decimal *out) {
    if (value->kind == DATA_NUMBER) {
        return decimal_of_double(value->number, out);
    }
    return value->kind == DATA_TEXT ? decimal_parse(value->text, strlen(value->text), out)
                                    : E_ARGUMENT;
}

static struct decimal decimal_bound(const char *text) {
    struct decimal bound = {0};
    return decimal_parse(text, strlen(text), &bound) == 0 ? bound : (struct decimal){0};
}

void setting_allowed(const struct setting_row *row, struct buffer *out) {
    size_t before = out->length;
    if (row->values[0] != NULL) {
        for (int i = 0; i < SETTING_VALUES_MAX && row->values[i] != NULL; i++) {
            buffer_appendf(out, "%s%s", i == 0 ? "" : ", ", row->values[i]);
        }
    } else if (row->kind == SETTING_BOOLEAN) {
        buffer_append_text(out, "true, false");
    }
    const char *comma = out->length > before ? ", " : "";
    if (row->min != NULL && row->max != NULL) {
        buffer_appendf(out, "%s%s to %s", comma, row->min, row->max);
    } else if (row->min != NULL) {
        buffer_appendf(out, "%s or more", row->min);
    }
}

static int value_refused(const struct setting_row *row, const char *what, struct err *e) {
    char memory[256];
    struct buffer allowed;
    buffer_init_fixed(&allowed, memory, sizeof memory);
    setting_allowed(row, &allowed);
    return err_set(
        e, E_CONFIG, "%s%s%s", what, allowed.length > 0 ? "; allowed: " : "", allowed.data
    );
}

static int
decimal_take(const struct setting_row *row, struct decimal value, void *out, struct err *e) {
    char text[DECIMAL_TEXT_MAX];
    char what[96];
    decimal_format(value, text);
    int64_t whole_max = row->kind == SETTING_INTEGER ? INT32_MAX : INT64_MAX;
    bool is_too_long = row->kind != SETTING_DECIMAL &&
                       decimal_compare(decimal_abs(value), decimal_of_int(whole_max)) > 0;
    if (is_too_long || (row->min != NULL && decimal_compare(value, decimal_bound(row->min)) < 0) ||
        (row->max != NULL && decimal_compare(value, decimal_bound(row->max)) > 0)) {
        snprintf(what, sizeof what, "%s is out of range", text);
        return value_refused(row, what, e);
    }
    if (row->kind == SETTING_DECIMAL) {
        memcpy(field(row, out), &value, sizeof value);
        return 0;
    }
    if (value.v % DECIMAL_ONE != 0) {
        snprintf(what, sizeof what, "%s is not a whole number", text);
        return value_refused(row, what, e);
    }
    int64_t whole = (int64_t)(value.v / DECIMAL_ONE);
    if (row->kind == SETTING_INTEGER) {
        int narrow = (int)whole;
        memcpy(field(row, out), &narrow, sizeof narrow);
    } else if (row->kind == SETTING_LONG) {
        memcpy(field(row, out), &whole, sizeof whole);
    } else {
        size_t size = (size_t)whole;
        memcpy(field(row, out), &size, sizeof size);
    }
    return 0;
}

static const char *choice_at(const void *list, int index) {
    const struct setting_row *row = list;
    return index < SETTING_VALUES_MAX ? row->values[index] : NULL;
}

/* The place of the text among the row's words. */
static bool word_take(const struct setting_row *row, const char *text, void *out) {
    for (int i = 0; i < SETTING_VALUES_MAX && row->values[i] != NULL; i++) {
        if (strcmp(row->values[i], text) == 0) {
            memcpy(field(row, out), &i, sizeof i);
            return true;
        }
    }
    return false;
}

static int choice_take(const struct setting_row *row, const char *text, void *out, struct err *e) {
    if (word_take(row, text, out)) {
        return 0;
    }
    char near[96];
    char what[256];
    snprintf(
        what, sizeof what, "'%.64s' is not one of its values%s", text,
        suggest_text(text, choice_at, row, near, sizeof near)
    );
    return value_refused(row, what, e);
}

int setting_parse(const struct setting_row *row, const char *text, void *out, struct err *e) {
    struct decimal value;
    bool is_true = strcmp(text, "true") == 0;
    switch (row->kind) {
    case SETTING_TEXT:
        memcpy(field(row, out), &text, sizeof(const char *));
        return 0;
    case SETTING_CHOICE:
        return choice_take(row, text, out, e);
    case SETTING_BOOLEAN:
        if (!is_true && strcmp(text, "false") != 0) {
            return value_refused(row, "it must be true or false", e);
        }
        memcpy(field(row, out), &is_true, sizeof is_true);
        return 0;
    case SETTING_INTEGER:
        if (word_take(row, text, out)) {
            return 0;
        }
        __attribute__((fallthrough));
    case SETTING_LONG:
    case SETTING_SIZE:
    case SETTING_DECIMAL:
        if (decimal_parse(text, strlen(text), &value) != 0) {
            char what[128];
            snprintf(what, sizeof what, "'%.64s' is not a number", text);
            return value_refused(row, what, e);
        }
        return decimal_take(row, value, out, e);
    case SETTING_DATA:
        break;
    }
    return err_set(e, E_CONFIG, "it cannot be given as a text");
}

const char *data_kind_name(enum data_kind kind) {
    static const char *const names[] = {"a boolean", "a number", "a text", "a table"};
    return names[kind];
}

static const char *kind_wanted(enum setting_kind kind) {
    switch (kind) {
    case SETTING_TEXT:
    case SETTING_CHOICE:
        return "a text";
    case SETTING_BOOLEAN:
        return "true or false";
    case SETTING_INTEGER:
    case SETTING_LONG:
    case SETTING_SIZE:
        return "a whole number";
    case SETTING_DECIMAL:
        return "a number";
    case SETTING_DATA:
        break;
    }
    return "a table";
}

int setting_take(
    const struct setting_row *row, const struct data_value *value, void *out, struct err *e
) {
    bool is_text = row->kind == SETTING_TEXT || row->kind == SETTING_CHOICE;
    bool is_number = row->kind == SETTING_INTEGER || row->kind == SETTING_LONG ||
                     row->kind == SETTING_SIZE || row->kind == SETTING_DECIMAL;
    struct decimal number;
    if (row->kind == SETTING_DATA && value->kind == DATA_TABLE) {
        memcpy(field(row, out), &value, sizeof(const struct data_value *));
        return 0;
    }
    if (row->kind == SETTING_BOOLEAN && value->kind == DATA_BOOLEAN) {
        memcpy(field(row, out), &value->boolean, sizeof(bool));
        return 0;
    }
    if ((is_text || is_number) && value->kind == DATA_TEXT) {
        return setting_parse(row, value->text, out, e);
    }
    if (is_number && value->kind == DATA_NUMBER) {
        return data_decimal(value, &number) == 0 ? decimal_take(row, number, out, e)
                                                 : value_refused(row, "it is out of range", e);
    }
    return err_set(
        e, E_CONFIG, "it must be %s, not %s", kind_wanted(row->kind), data_kind_name(value->kind)
    );
}
