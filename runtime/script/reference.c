#include "script/reference.h"

#include "market/timeframe.h"
#include "script/api_classes.h"

#include <string.h>

static const char *const param_kinds[] = {
    [PARAM_INTEGER] = "integer",     [PARAM_NUMBER] = "number",   [PARAM_SOURCE] = "source",
    [PARAM_TIMEFRAME] = "timeframe", [PARAM_BOOLEAN] = "boolean",
};
static const char *const sources[] = {"open", "high", "low", "close"};

/* --- arguments and types ------------------------------------------------------------------------
 */

/* The next "name: type" of a list, commas inside parentheses left alone; NULL after the last. */
static const char *argument_next(
    const char *list, const char **name, size_t *name_length, const char **type, size_t *type_length
) {
    if (!*list) {
        return NULL;
    }
    const char *colon = strstr(list, ": ");
    *name = list;
    *name_length = (size_t)(colon - list);
    *type = colon + 2;
    const char *end = *type;
    for (int depth = 0; *end && (depth > 0 || *end != ','); end++) {
        depth += (*end == '(') - (*end == ')');
    }
    *type_length = (size_t)(end - *type);
    return *end ? end + 2 : end;
}

/* "symbol, o" of a list of arguments. */
static void append_names(struct buffer *out, const char *arguments) {
    const char *name, *type;
    size_t name_length, type_length;
    bool is_first = true;
    for (const char *at = arguments;
         (at = argument_next(at, &name, &name_length, &type, &type_length)) != NULL;) {
        buffer_append_text(out, is_first ? "" : ", ");
        buffer_append(out, name, name_length);
        is_first = false;
    }
}

static void append_param_lines(struct buffer *out, const char *arguments) {
    const char *name, *type;
    size_t name_length, type_length;
    for (const char *at = arguments;
         (at = argument_next(at, &name, &name_length, &type, &type_length)) != NULL;) {
        buffer_appendf(
            out, "--- @param %.*s%s %.*s\n", (int)name_length, name,
            type[type_length - 1] == '?' ? "?" : "",
            (int)(type[type_length - 1] == '?' ? type_length - 1 : type_length), type
        );
    }
}

static void append_return_lines(struct buffer *out, const char *returns) {
    while (*returns) {
        const char *comma = strstr(returns, ", ");
        size_t length = comma ? (size_t)(comma - returns) : strlen(returns);
        buffer_appendf(out, "--- @return %.*s\n", (int)length, returns);
        returns += comma ? length + 2 : length;
    }
}

/* --- types --------------------------------------------------------------------------------------
 */

static void append_aliases(struct buffer *out) {
    buffer_append_text(out, "--- @alias timeframe ");
    for (int i = 0; i < TIMEFRAME_COUNT; i++) {
        buffer_appendf(out, "%s\"%s\"", i ? "|" : "", timeframe_name(timeframe_ms_at(i)));
    }
    buffer_append_text(out, "\n--- @alias indicator_name ");
    for (int i = 0; i < indicator_count(); i++) {
        buffer_appendf(out, "%s\"%s\"", i ? "|" : "", indicator_at(i)->name);
    }
    buffer_append_text(out, "\n--- @alias order_state ");
    for (int i = 0; i <= ORDER_UNKNOWN; i++) {
        buffer_appendf(out, "%s\"%s\"", i ? "|" : "", order_state_name((enum order_state)i));
    }
    buffer_append_text(
        out, "\n--- @alias code string # the name of an error, like \"below_minimum\"\n"
             "--- @alias params table<string, any>\n\n"
    );
}

static void append_class_types(struct buffer *out, const struct api_class *class) {
    if (class->doc[0]) {
        buffer_appendf(out, "--- %s\n", class->doc);
    }
    buffer_appendf(out, "--- @class %s\n", class->name);
    for (int i = 0; i < class->field_count; i++) {
        const struct api_field *f = &class->fields[i];
        buffer_appendf(
            out, "--- @field %s %s%s%s\n", f->name, f->type, f->doc[0] ? " # " : "", f->doc
        );
    }
    buffer_append_text(out, "\n");
}

static void append_strategy_types(struct buffer *out) {
    buffer_append_text(
        out, "--- A script's table, and self in its handlers.\n"
             "--- @class strategy\n"
             "--- @field api integer # 1\n"
             "--- @field name string\n"
             "--- @field version integer\n"
             "--- @field commands? table<string, table>\n"
             "--- @field check? fun(params: params): string[]?\n"
             "--- @field migrate? fun(state: table, from_version: integer): table\n"
    );
    for (int i = 0; i < api_value_count; i++) {
        const struct api_value *v = &api_values[i];
        buffer_appendf(out, "--- @field %s %s # %s\n", v->name, v->type, v->doc);
    }
    for (int i = 0; i < EVENT_HANDLER_COUNT; i++) {
        const struct api_handler *h = &api_handlers[i];
        buffer_appendf(
            out, "--- @field %s? fun(self: strategy%s%s) # %s\n", h->name,
            h->arguments[0] ? ", " : "", h->arguments, h->doc
        );
    }
    buffer_append_text(out, "local strategy = {}\n\n");
}

void reference_types(struct buffer *out) {
    buffer_append_text(
        out, "--- @meta\n"
             "--- Types of the script API for editors, written from the tables of the program: "
             "never edit,\n"
             "--- never require. A script begins with `--- @class NAME: strategy`.\n\n"
    );
    append_aliases(out);
    for (int i = 0; i < api_class_count; i++) {
        append_class_types(out, api_classes[i]);
    }
    append_strategy_types(out);
    for (int i = 0; i < api_row_count; i++) {
        const struct api_row *row = &api_rows[i];
        buffer_appendf(out, "--- %s\n", row->doc);
        append_param_lines(out, row->arguments);
        append_return_lines(out, row->returns);
        buffer_appendf(out, "function strategy:%s(", row->name);
        append_names(out, row->arguments);
        buffer_append_text(out, ") end\n\n");
    }
    buffer_append_text(out, "--- Indicators with private state, fed by hand.\nta = {}\n");
    for (int i = 0; i < indicator_count(); i++) {
        if (!indicator_at(i)->inputs) {
            buffer_appendf(
                out,
                "\n--- @param params? table\n--- @return ta_object\nfunction ta.%s(params) end\n",
                indicator_at(i)->name
            );
        }
    }
}

/* --- the page of the API
 * -------------------------------------------------------------------------- */

/* A cell of a table: a bar in it would end it. */
static void append_cell(struct buffer *out, const char *text) {
    for (const char *c = text; *c; c++) {
        if (*c == '|') {
            buffer_append_text(out, "\\|");
        } else {
            buffer_append(out, c, 1);
        }
    }
}

static void append_phases(struct buffer *out, unsigned phases) {
    static const struct {
        unsigned phase;
        const char *name;
    } names[] = {
        {PHASE_START, "on_start"},
        {PHASE_PARAMS, "on_params"},
        {PHASE_EVENT, "handlers after on_start"},
        {PHASE_STOP, "on_stop"},
    };
    bool is_first = true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (phases & names[i].phase) {
            buffer_appendf(out, "%s%s", is_first ? "" : ", ", names[i].name);
            is_first = false;
        }
    }
}

static void append_function(struct buffer *out, const struct api_row *row) {
    buffer_appendf(out, "### self:%s(", row->name);
    append_names(out, row->arguments);
    buffer_appendf(out, ")\n\n%s\n\n", row->doc);
    if (row->arguments[0]) {
        buffer_appendf(out, "- takes `%s`\n", row->arguments);
    }
    if (row->returns[0]) {
        buffer_appendf(out, "- gives `%s`\n", row->returns);
    }
    buffer_append_text(out, "- in ");
    append_phases(out, row->phases);
    buffer_appendf(out, "; since api %d\n\n", row->since);
}

static void append_class_page(struct buffer *out, const struct api_class *class) {
    buffer_appendf(out, "### %s\n\n", class->name);
    if (class->doc[0]) {
        buffer_appendf(out, "%s\n\n", class->doc);
    }
    buffer_append_text(out, "| field | type | |\n| --- | --- | --- |\n");
    for (int i = 0; i < class->field_count; i++) {
        const struct api_field *f = &class->fields[i];
        buffer_appendf(out, "| `%s` | `", f->name);
        append_cell(out, f->type);
        buffer_append_text(out, "` | ");
        append_cell(out, f->doc);
        buffer_append_text(out, " |\n");
    }
    buffer_append_text(out, "\n");
}

static void append_handlers(struct buffer *out) {
    buffer_append_text(
        out,
        "## Handlers\n\nAll are optional.\n\n| handler | argument | when |\n| --- | --- | --- |\n"
    );
    for (int i = 0; i < EVENT_HANDLER_COUNT; i++) {
        const struct api_handler *h = &api_handlers[i];
        buffer_appendf(out, "| `%s` | ", h->name);
        append_cell(out, h->arguments);
        buffer_append_text(out, " | ");
        append_cell(out, h->doc);
        buffer_append_text(out, " |\n");
    }
    buffer_append_text(out, "\n");
}

static void append_classes(struct buffer *out, const char *title, bool is_options) {
    buffer_appendf(out, "## %s\n\n", title);
    for (int i = 0; i < api_class_count; i++) {
        if (api_classes[i]->is_options == is_options) {
            append_class_page(out, api_classes[i]);
        }
    }
}

void reference_script_api(struct buffer *out) {
    buffer_append_text(
        out,
        "# The script API (api = 1)\n\n"
        "This page is written from the tables of the program. A script returns a table `M` with "
        "`api`,\n"
        "`name`, `version`, `params` and handlers; in a handler `self` has what follows. A name is "
        "looked\n"
        "up in `self`'s own fields, then in `M`, then in the API, and a script may define no name "
        "of it.\n\n"
        "A misuse (a wrong type, an unknown field, a missing reason, a call in the wrong handler) "
        "raises.\n"
        "What the world refuses gives `nil, code, message`: `below_minimum unknown_symbol paused "
        "warmup\n"
        "not_open no_position has_position quota`. What is refused later arrives in `on_order`.\n\n"
        "## Fields of self\n\n| field | type | |\n| --- | --- | --- |\n"
    );
    for (int i = 0; i < api_value_count; i++) {
        const struct api_value *v = &api_values[i];
        buffer_appendf(out, "| `self.%s` | `%s` | %s |\n", v->name, v->type, v->doc);
    }
    buffer_append_text(out, "\n");
    append_handlers(out);
    buffer_append_text(out, "## Functions of self\n\n");
    for (int i = 0; i < api_row_count; i++) {
        append_function(out, &api_rows[i]);
    }
    append_classes(out, "Objects", false);
    append_classes(out, "Options", true);
}

/* --- the page of the indicators
 * ------------------------------------------------------------------- */

static void append_value(struct buffer *out, const struct indicator_param *p, double value) {
    if (p->kind == PARAM_SOURCE && value >= 0 && value < 4) {
        buffer_append_text(out, sources[(int)value]);
    } else if (p->kind == PARAM_TIMEFRAME) {
        buffer_append_text(out, value > 0 ? timeframe_name((int64_t)value) : "auto");
    } else if (p->kind == PARAM_BOOLEAN) {
        buffer_append_text(out, value != 0 ? "true" : "false");
    } else {
        buffer_appendf(out, "%.15g", value);
    }
}

static void append_indicator_params(struct buffer *out, const struct indicator_spec *spec) {
    if (spec->param_count == 0) {
        return;
    }
    buffer_append_text(
        out, "| parameter | type | default | from | to | |\n| --- | --- | --- | --- | --- | --- |\n"
    );
    for (int i = 0; i < spec->param_count; i++) {
        const struct indicator_param *p = &spec->params[i];
        bool has_range = p->kind == PARAM_INTEGER || p->kind == PARAM_NUMBER;
        buffer_appendf(out, "| `%s` | %s | ", p->name, param_kinds[p->kind]);
        append_value(out, p, p->value);
        if (has_range) {
            buffer_appendf(out, " | %.15g | %.15g | ", p->min, p->max);
        } else {
            buffer_append_text(out, " | | | ");
        }
        append_cell(out, p->help ? p->help : "");
        buffer_append_text(out, " |\n");
    }
    buffer_append_text(out, "\n");
}

void reference_indicators(struct buffer *out) {
    buffer_append_text(
        out,
        "# Indicators\n\n"
        "This page is written from the table of the program. `self:indicator(name, symbol, "
        "timeframe,\n"
        "params)` gives a handle; `ta.NAME(params)` one with private state, where the indicator "
        "reads\n"
        "no other timeframe. The warm-up is the number of bars until the first value, for the\n"
        "defaults.\n\n"
    );
    for (int i = 0; i < indicator_count(); i++) {
        const struct indicator_spec *spec = indicator_at(i);
        struct indicator_params defaults;
        indicator_defaults(spec, &defaults);
        buffer_appendf(out, "## %s\n\n%s\n\n", spec->name, spec->summary);
        if (spec->formula && spec->formula[0]) {
            buffer_appendf(out, "%s\n\n", spec->formula);
        }
        append_indicator_params(out, spec);
        buffer_append_text(out, "- outputs:");
        for (int o = 0; o < spec->output_count; o++) {
            buffer_appendf(out, "%s `%s`", o ? "," : "", spec->outputs[o]);
        }
        buffer_appendf(out, "\n- warm-up: %d bars\n", spec->warmup ? spec->warmup(&defaults) : 0);
        buffer_appendf(
            out, "- in `ta`: %s\n\n", spec->inputs ? "no, it reads other timeframes" : "yes"
        );
    }
}
