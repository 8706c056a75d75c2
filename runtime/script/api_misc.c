/* timer, cancel_timer, signal, log, warn, notify, finish. */
#include "script/api_classes.h"
#include "script/api_fields.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES_MAX 1024 /* of a line of log or a notice; what is longer is cut */
#define NAME_BYTES_MAX 64   /* of the texts of a signal */
#define TIME_MAX_MS 9e15

#define TIMER_FIELD(name, type, doc) TIMER_FIELD_##name,
enum { TIMER_FIELDS(TIMER_FIELD) };
#define SIGNAL_FIELD(name, type, doc) SIGNAL_FIELD_##name,
enum { SIGNAL_FIELDS(SIGNAL_FIELD) };

static int refuse_quota(lua_State *L) {
    return api_refuse(L, E_QUOTA, "more asks in one handler than the limit allows");
}

static int pushed_true(lua_State *L) {
    lua_pushboolean(L, true);
    return 1;
}

/* A copy in the memory of the event, at most max bytes of it. */
static const char *event_text(lua_State *L, struct guest *g, const char *text, size_t max) {
    size_t length = strlen(text);
    const char *copy = arena_copy(&g->host->arena, text, length < max ? length : max);
    if (!copy) {
        sandbox_raise(L, E_QUOTA, "the texts of this handler are too long together");
    }
    return copy;
}

/* --- timers -------------------------------------------------------------------------------------
 */

static const char *timer_name(lua_State *L) {
    const char *name = api_text(L, 2, "the timer's name");
    if (name[0] == '\0' || strlen(name) >= TIMER_NAME_MAX) {
        api_misuse(L, "a timer's name has 1 to %d bytes", TIMER_NAME_MAX - 1);
    }
    return name;
}

int api_timer(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *name = timer_name(L);
    struct api_option o[API_OPTIONS_MAX];
    api_options(L, 3, &class_timer, o);
    int given =
        o[TIMER_FIELD_after].is_given + o[TIMER_FIELD_at].is_given + o[TIMER_FIELD_every].is_given;
    if (given != 1) {
        return api_misuse(L, "give one of after, at and every, in ms");
    }
    double ms =
        o[TIMER_FIELD_after].number + o[TIMER_FIELD_at].number + o[TIMER_FIELD_every].number;
    double least = o[TIMER_FIELD_every].is_given ? 1 : 0;
    if (!(ms >= least && ms < TIME_MAX_MS)) {
        return api_misuse(L, "%g ms is out of range", ms);
    }
    bool is_periodic = o[TIMER_FIELD_every].is_given;
    int64_t now_ms = o[TIMER_FIELD_at].is_given ? 0 : g->event->now_ms;
    int max = g->host->options.limits.timers_max;
    if (g->host->ask_count == g->host->options.limits.asks_max) {
        return refuse_quota(L);
    }
    if (!view_set_timer(&g->view, &g->host->undo, name, is_periodic, max)) {
        return api_refuse(
            L, E_QUOTA, "%d timers are set, more are not allowed", g->view.timer_count
        );
    }
    struct ask *ask = ask_new(L, g, ASK_TIMER);
    memcpy(ask->u.timer.name, name, strlen(name) + 1);
    ask->u.timer.at_ms = now_ms + (int64_t)ms;
    ask->u.timer.every_ms = is_periodic ? (int64_t)ms : 0;
    return pushed_true(L);
}

int api_cancel_timer(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *name = timer_name(L);
    struct ask *ask = ask_new(L, g, ASK_TIMER_CANCEL);
    if (!ask) {
        return refuse_quota(L);
    }
    memcpy(ask->u.timer.name, name, strlen(name) + 1);
    view_drop_timer(&g->view, &g->host->undo, name);
    return pushed_true(L);
}

/* --- signals ------------------------------------------------------------------------------------
 */

static int name_compare(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static bool is_signal_field(const char *name) {
    for (int i = 0; i < class_signal.field_count; i++) {
        if (strcmp(class_signal.fields[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* The names of the table's numbers, sorted, so that nothing hangs on the order of its keys. */
static int signal_names(lua_State *L, const char *names[SIGNAL_NUMBERS_MAX]) {
    int count = 0;
    lua_pushnil(L);
    while (lua_next(L, 2)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING) {
            api_misuse(L, "a signal's fields are given by name");
        }
        if (is_signal_field(lua_tostring(L, -1))) {
            continue;
        }
        if (count == SIGNAL_NUMBERS_MAX) {
            api_misuse(L, "a signal has at most %d numbers", SIGNAL_NUMBERS_MAX);
        }
        names[count++] = lua_tostring(L, -1);
    }
    qsort(names, (size_t)count, sizeof *names, name_compare);
    return count;
}

static void signal_take_field(lua_State *L, int field, struct ask_signal *s) {
    const char *name = class_signal.fields[field].name;
    switch (field) {
    case SIGNAL_FIELD_side:
        s->side = api_text(L, -1, name);
        break;
    case SIGNAL_FIELD_kind:
        s->kind = api_text(L, -1, name);
        break;
    case SIGNAL_FIELD_reason:
        s->reason = api_text(L, -1, name);
        break;
    case SIGNAL_FIELD_accepted:
        if (lua_type(L, -1) != LUA_TBOOLEAN) {
            api_misuse(L, "accepted must be a boolean, not %s", luaL_typename(L, -1));
        }
        s->is_accepted = lua_toboolean(L, -1);
        break;
    case SIGNAL_FIELD_price:
        s->price = api_number(L, -1, name);
        break;
    default: /* the symbol is read by itself */
        break;
    }
}

/* The table at 2. */
static void signal_read(lua_State *L, struct ask_signal *s) {
    const char *names[SIGNAL_NUMBERS_MAX];
    s->number_count = signal_names(L, names);
    for (int i = 0; i < class_signal.field_count; i++) {
        lua_pushstring(L, class_signal.fields[i].name);
        lua_rawget(L, 2);
        if (!lua_isnil(L, -1)) {
            signal_take_field(L, i, s);
        }
        lua_pop(L, 1);
    }
    for (int i = 0; i < s->number_count; i++) {
        lua_pushstring(L, names[i]);
        lua_rawget(L, 2);
        s->numbers[i].name = names[i];
        s->numbers[i].value = api_number(L, -1, names[i]);
        lua_pop(L, 1);
    }
}

static void signal_keep(lua_State *L, struct guest *g, struct ask_signal *s) {
    s->side = event_text(L, g, s->side, NAME_BYTES_MAX);
    s->kind = event_text(L, g, s->kind, NAME_BYTES_MAX);
    s->reason = event_text(L, g, s->reason, NAME_BYTES_MAX);
    for (int i = 0; i < s->number_count; i++) {
        s->numbers[i].name = event_text(L, g, s->numbers[i].name, NAME_BYTES_MAX);
    }
}

int api_signal(lua_State *L) {
    struct guest *g = api_enter(L);
    struct ask_signal s = {.side = "", .kind = "", .reason = "", .price = NAN};
    if (lua_type(L, 2) != LUA_TTABLE) {
        return api_misuse(L, "a signal is a table");
    }
    signal_read(L, &s);
    lua_settop(L, 2);
    lua_pushliteral(L, "symbol");
    lua_rawget(L, 2);
    uint16_t symbol = api_symbol(L, g, 3);
    if (symbol == NO_INDEX) {
        return api_refuse_symbol(L, g, 3);
    }
    signal_keep(L, g, &s);
    struct ask *ask = ask_new(L, g, ASK_SIGNAL);
    if (!ask) {
        return refuse_quota(L);
    }
    ask->symbol = symbol;
    ask->u.signal = s;
    return pushed_true(L);
}

/* --- texts --------------------------------------------------------------------------------------
 */

/* Whether one more line may be logged in this minute of event time. */
static bool log_allowed(struct guest *g) {
    int64_t minute = g->event->now_ms / 60000;
    if (minute != g->log_minute) {
        g->log_minute = minute;
        g->log_lines = 0;
    }
    if (g->log_lines >= g->host->options.limits.log_lines_per_minute) {
        g->host->log_dropped++;
        return false;
    }
    g->log_lines++;
    return true;
}

static int log_line(lua_State *L, enum ask_level level) {
    struct guest *g = api_enter(L);
    const char *text = api_text(L, 2, "text");
    if (!log_allowed(g)) {
        return 0;
    }
    int arguments = lua_gettop(L) - 2;
    if (arguments > 0) {
        lua_rawgeti(L, OBJECT_SYMBOLS, -(int)OBJECT_FORMAT);
        lua_insert(L, 2);
        lua_call(L, arguments + 1, 1);
        text = lua_tostring(L, -1);
    }
    text = event_text(L, g, text, TEXT_BYTES_MAX);
    struct ask *ask = ask_new(L, g, ASK_LOG);
    if (!ask) {
        return refuse_quota(L);
    }
    ask->u.log.level = level;
    ask->u.log.text = text;
    return 0;
}

int api_log(lua_State *L) {
    return log_line(L, ASK_INFO);
}

int api_warn(lua_State *L) {
    return log_line(L, ASK_WARN);
}

int api_notify(lua_State *L) {
    static const char *const levels[] = {"info", "warn", "error"};
    struct guest *g = api_enter(L);
    const char *text = event_text(L, g, api_text(L, 2, "text"), TEXT_BYTES_MAX);
    struct api_option o[API_OPTIONS_MAX];
    api_options(L, 3, &class_notify, o);
    int level = o[0].is_given ? api_choice(L, "level", o[0].text, levels, 3) : ASK_INFO;
    struct ask *ask = ask_new(L, g, ASK_NOTIFY);
    if (!ask) {
        return refuse_quota(L);
    }
    ask->u.log.level = (enum ask_level)level;
    ask->u.log.text = text;
    return pushed_true(L);
}

int api_finish(lua_State *L) {
    struct guest *g = api_enter(L);
    const char *reason = event_text(L, g, api_text(L, 2, "reason"), ORDER_REASON_MAX - 1);
    struct ask *ask = ask_new(L, g, ASK_FINISH);
    if (!ask) {
        return refuse_quota(L);
    }
    ask->u.finish = reason;
    return pushed_true(L);
}
