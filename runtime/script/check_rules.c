/* The rules: what a sight of the text means, given the names that there are. */
#include "script/api.h"
#include "script/check_parts.h"
#include "script/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static void copy_words(struct words words, char *text, size_t size) {
    snprintf(text, size, "%.*s", (int)(words.length < size ? words.length : size - 1), words.text);
}

static bool is_api_name(struct words name) {
    const char *known;
    for (int i = 0; (known = api_name_at(NULL, i)) != NULL; i++) {
        if (words_are(name, known)) {
            return true;
        }
    }
    return false;
}

static bool is_api_function(struct words name) {
    for (int i = 0; i < api_row_count; i++) {
        if (words_are(name, api_rows[i].name)) {
            return true;
        }
    }
    return false;
}

static bool is_field(const struct check *c, struct words name) {
    const struct check_name *known = check_names_find(&c->names, name);
    return known != NULL && known->is_field;
}

static void global_rule(struct check *c, const struct sight *s) {
    char text[CHECK_TEXT_MAX];
    char name[64];
    char near[96];
    copy_words(s->name, name, sizeof name);
    if (check_is_there(c, (struct words){"", 0}, s->name, text, sizeof text)) {
        return;
    }
    const struct check_name *known = check_names_find(&c->names, s->name);
    bool is_local = known != NULL && known->is_local && known->local_file == c->file;
    if (is_local) {
        check_add(
            c->findings, CHECK_ERROR, c->file, s->line,
            "'%s' was never declared here: the local of line %d is not visible", name,
            known->local_line
        );
    } else if (s->kind == SIGHT_GLOBAL_WRITE) {
        check_add(
            c->findings, CHECK_ERROR, c->file, s->line,
            "global '%s' was never declared: write local %s%s", name, name,
            s->name.length > 2 ? suggest_text(name, check_listed, &c->visible, near, sizeof near)
                               : ""
        );
    } else if (check_has_substitute(text)) {
        check_add(c->findings, CHECK_ERROR, c->file, s->line, "%s", text);
    } else {
        check_add(
            c->findings, CHECK_ERROR, c->file, s->line, "'%s' was never declared%s", name,
            suggest_text(name, check_listed, &c->visible, near, sizeof near)
        );
    }
}

/* Functions of libm whose last bit is not the same on every processor. */
static bool is_inexact(struct words name) {
    static const char *const names[] = {
        "acos", "asin",  "atan", "atan2", "cos",  "cosh", "exp",
        "log",  "log10", "pow",  "sin",   "sinh", "tan",  "tanh",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (words_are(name, names[i])) {
            return true;
        }
    }
    return false;
}

static void library_rule(struct check *c, const struct sight *s) {
    char text[CHECK_TEXT_MAX];
    if (!check_is_there(c, s->base_name, s->name, text, sizeof text)) {
        check_add(c->findings, CHECK_ERROR, c->file, s->line, "%s", text);
    } else if (s->kind == SIGHT_FIELD_READ && words_are(s->base_name, "math") && is_inexact(s->name)) {
        check_add(
            c->findings, CHECK_WARNING, c->file, s->line,
            "math.%.*s: its last bit may differ between machines; + - * / and math.sqrt do not",
            (int)s->name.length, s->name.text
        );
    }
}

/* self.name, self:name(…), M.name. */
static void self_rule(struct check *c, const struct sight *s) {
    char name[64];
    char near[96];
    copy_words(s->name, name, sizeof name);
    bool is_called = s->kind == SIGHT_METHOD_CALL || s->is_call;
    if (is_field(c, s->name)) {
        return;
    }
    if (is_api_name(s->name)) {
        if (s->kind == SIGHT_FIELD_READ && s->is_call && !s->has_self && is_api_function(s->name)) {
            check_add(
                c->findings, CHECK_ERROR, c->file, s->line, "call it with a colon: self:%s(...)",
                name
            );
        }
        return;
    }
    suggest_text(name, check_listed, &c->own, near, sizeof near);
    if (c->is_dynamic && (near[0] == '\0' || !is_called)) {
        return;
    }
    check_add(
        c->findings, is_called && !c->is_dynamic ? CHECK_ERROR : CHECK_WARNING, c->file, s->line,
        "%.*s%s%s is no name of the API and the script never sets it%s", (int)s->base_name.length,
        s->base_name.text, s->kind == SIGHT_METHOD_CALL ? ":" : ".", name, near
    );
}

static const char *field_name_at(const void *list, int index) {
    const struct api_class *class = list;
    return index < class->field_count ? class->fields[index].name : NULL;
}

static bool has_field(const struct api_class *class, struct words name) {
    const char *known;
    for (int i = 0; (known = field_name_at(class, i)) != NULL; i++) {
        if (words_are(name, known)) {
            return true;
        }
    }
    return false;
}

/* The class of an argument of "symbol: string, o: place_options": the last of them for 0, else by
 * its place. NULL: of no class. */
static const struct api_class *class_of(const char *arguments, int place) {
    const char *type = place == 0 ? strrchr(arguments, ':') : arguments - 1;
    for (int i = 0; i < place && type != NULL; i++) {
        type = strchr(type + 1, ':');
    }
    if (type == NULL) {
        return NULL;
    }
    type += strspn(type, ": ");
    struct words name = {type, strcspn(type, "?,")};
    for (int i = 0; i < api_class_count; i++) {
        if (words_are(name, api_classes[i]->name)) {
            return api_classes[i];
        }
    }
    return NULL;
}

/* self:name({ … }): the options of a function of the API. A signal has room for any number. */
static void option_rule(struct check *c, const struct sight *s) {
    const struct api_class *class = NULL;
    for (int i = 0; i < api_row_count && !is_field(c, s->call); i++) {
        if (words_are(s->call, api_rows[i].name)) {
            class = class_of(api_rows[i].arguments, 0);
        }
    }
    if (class == NULL || !class->is_options || strcmp(class->name, "signal") == 0) {
        return;
    }
    int length = (int)s->call.length;
    if (s->kind == SIGHT_OPTION && !has_field(class, s->name)) {
        char name[64];
        char near[96];
        copy_words(s->name, name, sizeof name);
        check_add(
            c->findings, CHECK_ERROR, c->file, s->line, "self:%.*s has no field '%s'%s", length,
            s->call.text, name, suggest_text(name, field_name_at, class, near, sizeof near)
        );
    }
    for (int i = 0; i < class->field_count; i++) {
        bool is_required = strcmp(class->fields[i].name, "reason") == 0 &&
                           strchr(class->fields[i].type, '?') == NULL;
        if (s->kind == SIGHT_OPTIONS && is_required && !s->has_reason) {
            check_add(
                c->findings, CHECK_ERROR, c->file, s->line, "self:%.*s needs a reason", length,
                s->call.text
            );
        }
    }
}

/* function M:on_candle(c): the fields of c. */
static void event_rule(struct check *c, const struct sight *s) {
    const struct api_class *class = NULL;
    for (int kind = 0; kind < EVENT_HANDLER_COUNT; kind++) {
        if (words_are(s->function, api_handlers[kind].name)) {
            class = class_of(api_handlers[kind].arguments, s->parameter);
        }
    }
    if (class != NULL && !has_field(class, s->name)) {
        char name[64];
        char near[96];
        copy_words(s->name, name, sizeof name);
        check_add(
            c->findings, CHECK_ERROR, c->file, s->line, "%s %s has no field '%s'%s",
            class->name[0] == 'o' ? "an" : "a", class->name, name,
            suggest_text(name, field_name_at, class, near, sizeof near)
        );
    }
}

/* A method that only strings could have had. */
static void method_rule(struct check *c, const struct sight *s) {
    char text[CHECK_TEXT_MAX];
    struct words string = {"string", 6};
    if (!is_field(c, s->name) && !check_is_there(c, string, s->name, text, sizeof text) &&
        check_has_substitute(text)) {
        check_add(c->findings, CHECK_ERROR, c->file, s->line, "%s", text);
    }
}

/* self.state may be given a new table; M.params is where parameters are declared. */
static void taken_rule(struct check *c, const struct sight *s) {
    bool is_of_script = check_is_script(c, s);
    if (!(is_of_script || s->is_script_self) || !is_api_name(s->name) ||
        words_are(s->name, is_of_script ? "params" : "state")) {
        return;
    }
    check_add(
        c->findings, CHECK_ERROR, c->file, s->line,
        "'%.*s' is a name of the API: the script needs another one", (int)s->name.length,
        s->name.text
    );
}

static const char *handler_at(const void *unused, int index) {
    (void)unused;
    return index < EVENT_HANDLER_COUNT ? api_handlers[index].name : NULL;
}

static int argument_count(const char *arguments) {
    int count = arguments[0] != '\0';
    for (const char *c = arguments; *c != '\0'; c++) {
        count += *c == ',';
    }
    return count;
}

/* A handler gets self and its arguments. */
static void
handler_rule(struct check *c, const struct sight *s, const struct api_handler *handler) {
    int expected = argument_count(handler->arguments);
    bool takes_self = s->is_method || (s->parameters > 0 &&
                                       (words_are(s->first, "self") || s->first.text[0] == '_'));
    if (!takes_self && s->parameters > 0) {
        check_add(
            c->findings, CHECK_WARNING, c->file, s->line,
            "%s is called with self first: write function %.*s:%s(...)", handler->name,
            (int)s->base_name.length, s->base_name.text, handler->name
        );
        return;
    }
    if (s->parameters - (s->is_method ? 0 : 1) > expected) {
        check_add(
            c->findings, CHECK_WARNING, c->file, s->line,
            "%s gets %s%s: a parameter more is always nil", handler->name,
            expected > 0 ? "" : "no argument", handler->arguments
        );
    }
}

/* A name that looks like a handler's, and that nothing else calls. */
static void near_handler_rule(struct check *c, const struct sight *s) {
    char name[64];
    char near[96];
    copy_words(s->name, name, sizeof name);
    const struct check_name *known = check_names_find(&c->names, s->name);
    bool looks_so =
        tolower((unsigned char)name[0]) == 'o' && tolower((unsigned char)name[1]) == 'n';
    if (!looks_so || known == NULL || known->is_read || suggest(name, handler_at, NULL) == NULL) {
        return;
    }
    check_add(
        c->findings, CHECK_WARNING, c->file, s->line, "'%s' is no handler and nothing calls it%s",
        name, suggest_text(name, handler_at, NULL, near, sizeof near)
    );
}

static void function_rule(struct check *c, const struct sight *s) {
    if (!check_is_script(c, s)) {
        return;
    }
    for (int kind = 0; kind < EVENT_HANDLER_COUNT; kind++) {
        if (words_are(s->name, api_handlers[kind].name)) {
            handler_rule(c, s, &api_handlers[kind]);
            return;
        }
    }
    if (s->is_method && (words_are(s->name, "check") || words_are(s->name, "migrate"))) {
        check_add(
            c->findings, CHECK_WARNING, c->file, s->line,
            "%.*s is called without self: write function %.*s.%.*s(...)", (int)s->name.length,
            s->name.text, (int)s->base_name.length, s->base_name.text, (int)s->name.length,
            s->name.text
        );
    }
    near_handler_rule(c, s);
}

void check_judge(void *ctx, const struct sight *s) {
    struct check *c = ctx;
    bool is_read = s->kind == SIGHT_FIELD_READ || s->kind == SIGHT_METHOD_CALL;
    if (s->kind == SIGHT_GLOBAL_READ || s->kind == SIGHT_GLOBAL_WRITE) {
        global_rule(c, s);
    } else if (is_read && (s->is_self || check_is_script(c, s))) {
        self_rule(c, s);
    } else if (is_read && s->parameter > 0 && c->file == 0) {
        event_rule(c, s);
    } else if ((s->kind == SIGHT_OPTION || s->kind == SIGHT_OPTIONS) && s->is_self) {
        option_rule(c, s);
    } else if (s->base == BASE_GLOBAL && (is_read || s->kind == SIGHT_FIELD_WRITE)) {
        library_rule(c, s);
    } else if (s->kind == SIGHT_METHOD_CALL) {
        method_rule(c, s);
    } else if (s->kind == SIGHT_FIELD_WRITE) {
        taken_rule(c, s);
    } else if (s->kind == SIGHT_FUNCTION) {
        function_rule(c, s);
    } else if (s->kind == SIGHT_POWER) {
        check_add(
            c->findings, CHECK_WARNING, c->file, s->line,
            "^: its last bit may differ between machines; a product (x * x) or math.sqrt does not"
        );
    }
}
