/* A script run up to the end of on_start, and what it returned looked at: on a host of its own that
 * knows instruments and has no data. */
#include "script/check_names.h"
#include "script/guest.h"
#include "script/params.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERIES_MAX 256

struct trial {
    const struct script_bundle *bundle;
    struct check_findings *findings;
    struct host *host;
    int series_count;
    struct done done;
    struct problems problems;
    struct param_context context;
};

/* --- the engine's side: every series that is asked for is there, and empty
 * ------------------------ */

static int trial_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
) {
    struct trial *t = ctx;
    (void)number;
    if (t->series_count == SERIES_MAX) {
        return err_set(e, E_LIMIT, "more than %d series", SERIES_MAX);
    }
    *series = (uint16_t)t->series_count++;
    return host_series(t->host, *series, symbol, timeframe_ms, e);
}

/* --- where a sentence belongs --------------------------------------------------------------------
 */

/* "hyperrsi/exits.lua" as the loader names it → the index of that file; 0 for what is none. */
static int file_find(const struct script_bundle *bundle, const char *chunk) {
    char name[160];
    for (int i = 0; i < bundle->count; i++) {
        snprintf(name, sizeof name, "%.60s/%s", bundle->name, bundle->files[i].path);
        if (strcmp(chunk, name) == 0 || strcmp(chunk, bundle->files[i].path) == 0) {
            return i;
        }
    }
    return 0;
}

/* Of the text that a look at the source has said already, with a line. */
static bool is_told(const struct check_findings *findings, const char *text) {
    const char *quote = strchr(text, '\'');
    const char *end = quote != NULL ? strchr(quote + 1, '\'') : NULL;
    for (int i = 0; end != NULL && i < findings->count; i++) {
        const char *other = findings->list[i].text;
        if (strncmp(other, quote, (size_t)(end - quote) + 1) == 0 &&
            strstr(other, "a name of the API") != NULL && strstr(text, "a name of the API")) {
            return true;
        }
    }
    return false;
}

static bool has_error_at(const struct check_findings *findings, int file, int line) {
    for (int i = 0; i < findings->count; i++) {
        const struct check_finding *f = &findings->list[i];
        if (f->file == file && f->line == line && f->level == CHECK_ERROR) {
            return true;
        }
    }
    return false;
}

/* Finds the line on which a name is written as a key: where a parameter is declared, most likely.
 */
static int key_line(const struct script_bundle *bundle, struct words name, int *file) {
    for (int i = 0; i < bundle->count; i++) {
        struct lexer lexer;
        struct token token;
        struct token next;
        lexer_begin(&lexer, bundle->files[i].text, bundle->files[i].length);
        for (lexer_next(&lexer, &token); token.kind != TOKEN_END; token = next) {
            lexer_next(&lexer, &next);
            if (token.kind == TOKEN_NAME && token_is(&next, "=") && token.length == name.length &&
                memcmp(token.text, name.text, name.length) == 0) {
                *file = i;
                return token.line;
            }
        }
    }
    return 0;
}

/* One sentence of a list of problems: it begins with the name it is about, "length must be …" or
 * "params.length.type: …". */
static void problem_add(struct trial *t, const char *text, size_t length) {
    const char *start = strncmp(text, "params.", 7) == 0 ? text + 7 : text;
    int file = 0;
    int line = key_line(t->bundle, (struct words){start, strcspn(start, " .:;")}, &file);
    check_add(t->findings, CHECK_ERROR, file, line, "%.*s", (int)length, text);
}

static void problems_split(struct trial *t, const char *text) {
    const char *end;
    while ((end = strstr(text, "; ")) != NULL) {
        problem_add(t, text, (size_t)(end - text));
        text = end + 2;
    }
    problem_add(t, text, strlen(text));
}

/* "M.version must be …": the line of version; 0 where the sentence names no field of the script. */
static int sentence_line(const struct trial *t, const char *text, int *file) {
    if (strncmp(text, "M.", 2) != 0) {
        return 0;
    }
    return key_line(t->bundle, (struct words){text + 2, strcspn(text + 2, " .:")}, file);
}

static void fault_add(struct trial *t, const struct fault *fault) {
    if (fault->code == E_PARAMS && fault->line == 0) {
        problems_split(t, fault->text);
        return;
    }
    int file = fault->file[0] != '\0' ? file_find(t->bundle, fault->file) : 0;
    int line = fault->line;
    const char *text = fault->text;
    char position[96];
    int n = snprintf(position, sizeof position, "%s:%d: ", fault->file, line);
    if (line > 0 && strncmp(text, position, (size_t)n) == 0) {
        text += n;
    } else if (line == 0) {
        line = sentence_line(t, text, &file);
    }
    bool is_known = line == 0 ? is_told(t->findings, text) : has_error_at(t->findings, file, line);
    if (!is_known) {
        check_add(t->findings, CHECK_ERROR, file, line, "%s", text);
    }
}

/* --- commands ------------------------------------------------------------------------------------
 */

static int commands_read(lua_State *L) {
    struct trial *t = lua_touserdata(L, 1);
    guest_ref_push(L, REF_SCRIPT);
    lua_pushliteral(L, "commands");
    lua_rawget(L, 2);
    if (lua_isnil(L, 3)) {
        return 0;
    }
    if (lua_type(L, 3) != LUA_TTABLE) {
        problems_add(&t->problems, "commands must be a table of names to parameters");
        return 0;
    }
    if (!(t->host->guests[0]->handlers >> EVENT_COMMAND & 1)) {
        check_add(t->findings, CHECK_WARNING, 0, 0, "the script has commands but no on_command");
    }
    lua_pushnil(L);
    while (lua_next(L, 3)) {
        struct schema schema;
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TTABLE) {
            problems_add(&t->problems, "commands: a name and a table of parameters each");
        } else {
            schema_read(L, lua_gettop(L), &t->context, &schema);
        }
        lua_pop(L, 1);
    }
    return 0;
}

static void commands_check(struct trial *t) {
    struct guest *g = t->host->guests[0];
    struct fault fault = {0};
    problems_begin(&t->problems, &fault, NULL);
    t->context = (struct param_context){
        .arena = &t->host->arena,
        .instruments = t->host->instruments,
        .instrument_count = t->host->instrument_count,
        .problems = &t->problems,
    };
    int code = sandbox_protect(g->sandbox, commands_read, t, &fault);
    if (code != 0 || problems_end(&t->problems) != 0) {
        fault_add(t, &fault);
    }
}

/* --- the run -------------------------------------------------------------------------------------
 */

static int
trial_open(struct trial *t, const struct instrument *instruments, int count, struct err *e) {
    int code = 0;
    for (int i = 0; code == 0 && i < count; i++) {
        code = host_instrument(t->host, (uint16_t)i, &instruments[i], e);
    }
    struct activation_open open = {
        .id = "check",
        .bundle = t->bundle,
        .seed = 1,
        .account = {.currency = count > 0 ? instruments[0].quote : "USDT"},
        .leverage = 1,
    };
    open.account.balance.d = decimal_of_int(10000);
    return code != 0 ? code : host_open(t->host, &open, e);
}

static void trial_run(struct trial *t) {
    struct event event = {.number = 1, .kind = EVENT_START, .symbol = UINT16_MAX};
    host_event(t->host, &event, &t->done);
    if (t->done.fault.code != 0) {
        fault_add(t, &t->done.fault);
        return;
    }
    uint32_t handlers = t->done.subscription.handlers;
    if ((handlers & ~(UINT32_C(1) << EVENT_START | UINT32_C(1) << EVENT_PARAMS)) == 0) {
        check_add(t->findings, CHECK_WARNING, 0, 0, "no handler would ever be called");
    }
    commands_check(t);
}

int check_start(
    const struct script_bundle *bundle,
    const struct instrument *instruments,
    int instrument_count,
    struct deadline *deadline,
    struct check_findings *findings,
    struct err *e
) {
    struct trial t = {.bundle = bundle, .findings = findings};
    struct host_options options = {
        .capture = CAPTURE_ALWAYS,
        .deadline = deadline,
        .activations_max = 1,
        .instruments_max = instrument_count > 0 ? instrument_count : 1,
        .series_max = SERIES_MAX,
    };
    struct host_port port = {.ctx = &t, .series = trial_series};
    if (findings->is_broken) {
        return 0;
    }
    host_limits_default(&options.limits);
    int code = host_new(&t.host, &options, &port, e);
    if (code != 0) {
        return code;
    }
    code = trial_open(&t, instruments, instrument_count, e);
    if (code == 0) {
        trial_run(&t);
    }
    host_free(t.host);
    check_findings_sort(findings);
    return code;
}
