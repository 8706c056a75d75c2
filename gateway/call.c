#include "gateway/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LIMIT_STANDARD 100
#define LIMIT_MAX 500

/* --- refusing
 * ------------------------------------------------------------------------------------- */

void call_fault(struct call *c, const char *field, const char *format, ...) {
    char text[640];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (c->fault_count == CALL_FAULTS_MAX || n < 0) {
        return;
    }
    size_t length = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    const char *kept_field = arena_copy(c->arena, field, strlen(field));
    const char *kept = arena_copy(c->arena, text, length);
    c->faults[c->fault_count++] = (struct call_fault){
        kept_field != NULL ? kept_field : "",
        kept != NULL ? kept : "is wrong",
    };
}

int call_faults(const struct call *c, struct err *e) {
    if (c->fault_count == 0) {
        return 0;
    }
    return err_set(e, E_ARGUMENT, "%s: %s", c->faults[0].field, c->faults[0].message);
}

int call_refuse(struct call *c, int status, const char *error, struct err *e, const char *text) {
    c->status = status;
    c->error = error;
    return err_set(e, E_ARGUMENT, "%s", text);
}

void error_write(
    struct buffer *out,
    const char *error,
    const char *message,
    const struct call_fault *faults,
    int fault_count
) {
    struct json_writer json;
    json_begin(&json, out);
    json_object(&json);
    json_key(&json, "error");
    json_object(&json);
    json_key(&json, "code");
    json_string(&json, error);
    json_key(&json, "message");
    json_string(&json, message);
    json_key(&json, "details");
    json_array(&json);
    for (int i = 0; i < fault_count; i++) {
        json_object(&json);
        json_key(&json, "field");
        json_string(&json, faults[i].field);
        json_key(&json, "message");
        json_string(&json, faults[i].message);
        json_close(&json);
    }
    json_close(&json);
    json_close(&json);
    json_close(&json);
    if (json_end(&json) != 0) {
        buffer_clear(out);
        buffer_append_text(
            out, "{\"error\":{\"code\":\"out_of_memory\",\"message\":\"\",\"details\":[]}}"
        );
    }
}

/* --- whose things
 * --------------------------------------------------------------------------------- */

bool call_is_admin(const struct call *c) {
    return c->who != NULL && c->who->role == ROLE_ADMIN;
}

bool call_may(const struct call *c, const char *user) {
    return call_is_admin(c) || (c->who != NULL && strcmp(c->who->user, user) == 0);
}

int call_activation(struct call *c, const char *id, uint32_t *activation, struct err *e) {
    struct activation_view view;
    int index = directory_find(c->g->directory, id);
    if (index >= 0) {
        inspect_activation(c->engine, (uint32_t)index, &view);
    }
    if (index < 0 || !call_may(c, view.user)) {
        return err_set(e, E_NOT_FOUND, "there is no activation %.40s", id);
    }
    *activation = (uint32_t)index;
    return 0;
}

bool activation_is_refused(const struct activation_view *view) {
    return !view->is_manual && view->status == ACTIVATION_SUSPENDED && !view->has_started;
}

const char *account_user(const struct gateway *g, uint32_t account) {
    struct activation_view view;
    for (int i = 0; i < engine_activation_count(g->engine); i++) {
        if (activation_account(g->engine, (uint32_t)i) == account) {
            inspect_activation(g->engine, (uint32_t)i, &view);
            return view.user;
        }
    }
    return "";
}

int call_account(struct call *c, const char *id, uint32_t *account, struct err *e) {
    const char *digits = strncmp(id, "paper", 5) == 0 ? id + 5 : "";
    char *end = NULL;
    unsigned long number = strtoul(digits, &end, 10);
    bool is_number = digits[0] >= '0' && digits[0] <= '9' && *end == '\0' && strlen(digits) < 10;
    if (!is_number || number >= (unsigned long)inspect_account_count(c->engine) ||
        account_is_closed(c->engine, (uint32_t)number) ||
        !call_may(c, account_user(c->g, (uint32_t)number))) {
        return err_set(e, E_NOT_FOUND, "there is no account %.40s", id);
    }
    *account = (uint32_t)number;
    return 0;
}

/* --- the body
 * ------------------------------------------------------------------------------------- */

static bool is_listed(const char *const *names, const char *name) {
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) {
            return true;
        }
    }
    return false;
}

void body_names(struct call *c, const char *const *names) {
    const struct json_value *m = c->body != NULL ? c->body->first : NULL;
    for (; m != NULL; m = m->next) {
        if (!is_listed(names, m->name)) {
            call_fault(c, m->name, "there is no such field");
        }
    }
}

static const struct json_value *member(struct call *c, const char *name, bool is_needed) {
    const struct json_value *m = c->body != NULL ? json_member(c->body, name) : NULL;
    if (m == NULL && is_needed) {
        call_fault(c, name, "is needed");
    }
    return m;
}

const char *body_text(struct call *c, const char *name, bool is_needed) {
    const struct json_value *m = member(c, name, is_needed);
    if (m == NULL) {
        return NULL;
    }
    if (m->kind != JSON_STRING) {
        call_fault(c, name, "must be a string, not a %s", json_kind_name(m->kind));
        return NULL;
    }
    if (m->length == 0 || m->length > TEXT_FIELD_MAX) {
        call_fault(c, name, "must have 1 to %d bytes", TEXT_FIELD_MAX);
        return NULL;
    }
    return m->text;
}

int body_choice(
    struct call *c, const char *name, const char *const *choices, int standard, bool is_needed
) {
    const struct json_value *m = member(c, name, is_needed);
    char allowed[256] = "";
    size_t length = 0;
    if (m == NULL) {
        return is_needed ? -1 : standard;
    }
    for (int i = 0; choices[i] != NULL; i++) {
        if (m->kind == JSON_STRING && strcmp(m->text, choices[i]) == 0) {
            return i;
        }
        int n = snprintf(
            allowed + length, sizeof allowed - length, "%s%s", i > 0 ? ", " : "", choices[i]
        );
        length += n > 0 ? (size_t)n : 0;
    }
    call_fault(c, name, "must be one of %s", allowed);
    return -1;
}

bool body_decimal(struct call *c, const char *name, bool is_needed, struct decimal *out) {
    const struct json_value *m = member(c, name, is_needed);
    if (m == NULL) {
        return false;
    }
    if (m->kind != JSON_NUMBER && m->kind != JSON_STRING) {
        call_fault(c, name, "must be a number, not a %s", json_kind_name(m->kind));
        return false;
    }
    int code = decimal_parse(m->text, m->length, out);
    if (code != 0) {
        call_fault(
            c, name,
            code == E_RANGE ? "is out of range or has more than 18 decimals" : "must be a number"
        );
    }
    return code == 0;
}

bool body_bool(struct call *c, const char *name, bool standard) {
    const struct json_value *m = member(c, name, false);
    if (m == NULL) {
        return standard;
    }
    if (m->kind != JSON_TRUE && m->kind != JSON_FALSE) {
        call_fault(c, name, "must be true or false, not a %s", json_kind_name(m->kind));
        return standard;
    }
    return m->kind == JSON_TRUE;
}

const char *body_user(struct call *c) {
    const struct json_value *m = member(c, "user_id", false);
    if (m == NULL) {
        return c->who->user;
    }
    const char *user = body_text(c, "user_id", true);
    if (user != NULL && !token_name_is_good(user)) {
        call_fault(c, "user_id", "is no name of a user");
        return NULL;
    }
    return user;
}

/* A value of one setting as the text a person would type. */
static bool setting_text(
    struct call *c, const char *name, const struct json_value *v, bool is_inside, struct buffer *out
) {
    switch (v->kind) {
    case JSON_TRUE:
    case JSON_FALSE:
        buffer_append_text(out, v->kind == JSON_TRUE ? "true" : "false");
        return true;
    case JSON_NUMBER:
    case JSON_STRING:
        if (is_inside && strpbrk(v->text, ",:") != NULL) {
            call_fault(c, name, "a member of a list must not have a comma or a colon");
            return false;
        }
        buffer_append_text(out, v->text);
        return true;
    case JSON_ARRAY:
    case JSON_OBJECT:
        for (const struct json_value *m = v->first; !is_inside && m != NULL; m = m->next) {
            buffer_append_text(out, m == v->first ? "" : ",");
            if (m->name != NULL) {
                buffer_appendf(out, "%s:", m->name);
            }
            if (!setting_text(c, name, m, true, out)) {
                return false;
            }
        }
        if (!is_inside) {
            return true;
        }
        break;
    case JSON_NULL:
        break;
    }
    call_fault(c, name, "must not be a %s", json_kind_name(v->kind));
    return false;
}

struct setting *body_settings(struct call *c, const char *name, int *count) {
    const struct json_value *object = member(c, name, false);
    *count = 0;
    if (object != NULL && object->kind != JSON_OBJECT) {
        call_fault(c, name, "must be an object, not a %s", json_kind_name(object->kind));
        return NULL;
    }
    int members = object != NULL ? object->count : 0;
    struct setting *list = arena_alloc_array(c->arena, (size_t)members + 2, sizeof *list);
    struct buffer text;
    if (list == NULL) {
        call_fault(c, name, "is too large");
        return NULL;
    }
    buffer_init(&text, HTTP_BODY_MAX);
    for (const struct json_value *m = members > 0 ? object->first : NULL; m != NULL; m = m->next) {
        char field[TEXT_FIELD_MAX];
        snprintf(field, sizeof field, "%s.%s", name, m->name);
        buffer_clear(&text);
        if (!setting_text(c, field, m, false, &text)) {
            continue;
        }
        const char *copy = arena_copy(c->arena, text.data, text.length);
        if (copy == NULL) {
            call_fault(c, name, "is too large");
            break;
        }
        list[(*count)++] = (struct setting){.name = m->name, .text = copy};
    }
    buffer_free(&text);
    return c->fault_count == 0 ? list : NULL;
}

/* --- the query
 * ------------------------------------------------------------------------------------ */

static int hex_of(char c) {
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
}

bool percent_decode(const char *text, size_t length, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        int c = (unsigned char)text[i];
        if (c == '%') {
            int high = i + 2 < length ? hex_of(text[i + 1]) : -1;
            int low = high >= 0 ? hex_of(text[i + 2]) : -1;
            if (low < 0) {
                return false;
            }
            c = high * 16 + low;
            i += 2;
        }
        if (c < 32 || c > 126 || n + 1 >= size) {
            return false;
        }
        out[n++] = (char)c;
    }
    out[n] = '\0';
    return true;
}

struct query_pair {
    const char *name, *value;
    size_t name_length, value_length;
};

/* The next pair of a query; false behind the last. */
static bool pair_next(const char **at, size_t *left, struct query_pair *pair) {
    if (*left == 0) {
        return false;
    }
    const char *end = memchr(*at, '&', *left);
    size_t length = end != NULL ? (size_t)(end - *at) : *left;
    const char *equals = memchr(*at, '=', length);
    pair->name = *at;
    pair->name_length = equals != NULL ? (size_t)(equals - *at) : length;
    pair->value = equals != NULL ? equals + 1 : *at + length;
    pair->value_length = equals != NULL ? length - pair->name_length - 1 : 0;
    size_t used = end != NULL ? length + 1 : length;
    *at += used;
    *left -= used;
    return true;
}

const char *query_text(struct call *c, const char *name) {
    const char *at = c->request->query.data;
    size_t left = c->request->query.length;
    struct query_pair pair;
    while (pair_next(&at, &left, &pair)) {
        if (pair.name_length != strlen(name) || memcmp(pair.name, name, pair.name_length) != 0) {
            continue;
        }
        char *value = arena_alloc(c->arena, pair.value_length + 1);
        if (value == NULL ||
            !percent_decode(pair.value, pair.value_length, value, pair.value_length + 1)) {
            call_fault(c, name, "is not readable");
            return NULL;
        }
        return value;
    }
    return NULL;
}

void query_names(struct call *c, const char *const *names) {
    const char *at = c->request->query.data;
    size_t left = c->request->query.length;
    struct query_pair pair;
    while (pair_next(&at, &left, &pair)) {
        char name[TEXT_FIELD_MAX];
        bool is_readable = percent_decode(pair.name, pair.name_length, name, sizeof name);
        if (!is_readable || !is_listed(names, name)) {
            call_fault(c, is_readable ? name : "query", "there is no such parameter");
        }
    }
}

int query_limit(struct call *c) {
    const char *text = query_text(c, "limit");
    char *end = NULL;
    if (text == NULL) {
        return LIMIT_STANDARD;
    }
    unsigned long limit = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || limit < 1 || limit > LIMIT_MAX) {
        call_fault(c, "limit", "must be from 1 to %d", LIMIT_MAX);
        return LIMIT_STANDARD;
    }
    return (int)limit;
}

/* --- answering
 * ------------------------------------------------------------------------------------ */

void call_acknowledge(struct call *c) {
    c->is_acknowledgement = true;
    c->g->options.settle(c->g->options.ctx);
}
