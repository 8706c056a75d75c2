#include "script/sandbox_parts.h"

#include <luajit.h>

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- memory -------------------------------------------------------------------------------------
 */

/* Lua's collector lets a heap double before it collects, and does not know of the cap: above the
 * soft mark everything is collected at the next instruction, and the mark moves into what is then
 * free. */
static void memory_set_soft(struct sandbox_memory *m) {
    size_t room = m->limit > m->used ? m->limit - m->used : 0;
    m->soft = room < m->limit / 16 ? SIZE_MAX : m->limit - room / 2;
}

static void collect_hook(lua_State *L, lua_Debug *record) {
    (void)record;
    lua_sethook(L, NULL, 0, 0);
    lua_gc(L, LUA_GCCOLLECT, 0);
    memory_set_soft(&sandbox_at(L)->memory);
}

static void memory_pressure(struct sandbox_memory *m) {
    struct sandbox *s = (struct sandbox *)m;
    m->soft = SIZE_MAX;
    if (!sandbox_is_expired(s)) {
        lua_sethook(s->L, collect_hook, LUA_MASKCOUNT, 1);
    }
}

/* Notes the innermost line of Lua that runs, if any does. */
static void where_note(struct sandbox *s) {
    lua_Debug record;
    for (int level = 0; level < 40 && lua_getstack(s->L, level, &record); level++) {
        if (lua_getinfo(s->L, "Sl", &record) && record.currentline > 0) {
            snprintf(s->where_file, sizeof s->where_file, "%s", record.short_src);
            s->where_line = record.currentline;
            return;
        }
    }
}

/* Lua calls no message handler for want of memory, nor when its stack is full, so the line is noted
 * when memory is refused first, and when a block as large as a runaway stack is asked for. */
static void memory_notice(struct sandbox_memory *m) {
    if (m->refused <= 1) {
        where_note((struct sandbox *)m);
    }
}

/* --- life ---------------------------------------------------------------------------------------
 */

static int locate(lua_State *L) {
    struct sandbox *s = sandbox_at(L);
    if (s->memory.refused == 0) {
        where_note(s);
    }
    return 1;
}

static int state_open(lua_State *L) {
    struct sandbox *s = sandbox_at(L);
    library_open(L);
    lua_pushcfunction(L, locate);
    s->ref_locate = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushliteral(L, "");
    s->ref_raised = luaL_ref(L, LUA_REGISTRYINDEX);
    state_encode_open(L);
    lua_pushliteral(L, "__index");
    s->index_key = lua_tostring(L, -1);
    lua_pop(L, 1);
    luaJIT_setmode(L, 0, LUAJIT_MODE_ENGINE | LUAJIT_MODE_OFF);
    lua_gc(L, LUA_GCCOLLECT, 0); /* what of Lua's own libraries is not in ours */
    return 0;
}

static int panic(lua_State *L) {
    const char *text = lua_tostring(L, -1);
    fprintf(stderr, "sandbox: an error outside every protected call: %s\n", text ? text : "?");
    abort();
}

int sandbox_new(struct sandbox **out, const struct sandbox_options *options, struct err *e) {
    struct sandbox *s = calloc(1, sizeof *s);
    if (!s) {
        return err_set(e, E_MEMORY, "no memory for a sandbox");
    }
    s->options = *options;
    random_seed(&s->random, options->seed);
    memory_begin(&s->memory, options->memory_max);
    s->L = lua_newstate(memory_allocate, &s->memory);
    struct fault fault;
    if (!s->L) {
        sandbox_free(s);
        return err_set(e, E_MEMORY, "no memory for a Lua state");
    }
    lua_atpanic(s->L, panic);
    s->memory.notice = memory_notice;
    if (sandbox_protect(s, state_open, NULL, &fault) != 0) {
        sandbox_free(s);
        return err_set(e, fault.code, "opening the sandbox: %s", fault.text);
    }
    s->memory.pressure = memory_pressure;
    memory_set_soft(&s->memory);
    s->memory.peak = s->memory.used;
    *out = s;
    return 0;
}

void sandbox_free(struct sandbox *s) {
    if (!s) {
        return;
    }
    if (s->L) {
        s->memory.pressure = NULL;
        s->memory.notice = NULL;
        lua_close(s->L);
    }
    code_release(s->code);
    memory_end(&s->memory);
    free(s);
}

lua_State *sandbox_state(struct sandbox *s) {
    return s->L;
}

struct sandbox *sandbox_of(lua_State *L) {
    return sandbox_at(L);
}

size_t sandbox_memory(const struct sandbox *s) {
    return s->memory.used;
}

size_t sandbox_memory_peak(const struct sandbox *s) {
    return s->memory.peak;
}

/* --- raising ------------------------------------------------------------------------------------
 */

int sandbox_raise(lua_State *L, int code, const char *format, ...) {
    char text[FAULT_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct sandbox *s = sandbox_at(L);
    luaL_where(L, 1);
    lua_pushstring(L, text);
    lua_concat(L, 2);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, s->ref_raised);
    s->raised_code = code;
    return lua_error(L);
}

int sandbox_raise_deadline(lua_State *L) {
    lua_pushliteral(L, "the handler took too long");
    return lua_error(L);
}

void sandbox_callback(lua_State *L, int arguments, int results) {
    struct sandbox *s = sandbox_at(L);
    if (s->depth >= CALLBACK_DEPTH_MAX) {
        sandbox_raise(L, E_SCRIPT, "functions that call back are nested over %d deep", s->depth);
    }
    s->depth++;
    lua_call(L, arguments, results);
    s->depth--;
}

/* --- faults -------------------------------------------------------------------------------------
 */

/* "hyperrsi/exits.lua:12: text": the length of file and line, 0 when the text does not begin so. */
static size_t position_length(const char *text, int *line, size_t *file_length) {
    const char *colon = strchr(text, ':');
    if (!colon || colon == text || colon[1] < '0' || colon[1] > '9') {
        return 0;
    }
    char *end;
    long number = strtol(colon + 1, &end, 10);
    if (end[0] != ':' || number > INT_MAX) {
        return 0;
    }
    *line = (int)number;
    *file_length = (size_t)(colon - text);
    return (size_t)(end - text);
}

void fault_from_text(struct fault *fault, int code, const char *text, size_t length) {
    size_t kept = length < sizeof fault->text - 1 ? length : sizeof fault->text - 1;
    while (kept < length && kept > 0 && ((unsigned char)text[kept] & 0xC0) == 0x80) {
        kept--; /* no half of a character */
    }
    fault->code = code;
    fault->file[0] = '\0';
    fault->line = 0;
    for (size_t i = 0; i < kept; i++) {
        unsigned char c = (unsigned char)text[i];
        fault->text[i] = (c < ' ' && c != '\n' && c != '\t') || c == 127 ? '?' : (char)c;
    }
    fault->text[kept] = '\0';
    size_t file_length;
    if (position_length(fault->text, &fault->line, &file_length) > 0) {
        snprintf(fault->file, sizeof fault->file, "%.*s", (int)file_length, fault->text);
    }
}

static void fault_from_here(
    const struct sandbox *s, struct fault *fault, int code, const char *text, size_t length
) {
    fault_from_text(fault, code, text, length);
    if (fault->line == 0 && s->where_line > 0) {
        char copy[FAULT_TEXT_MAX];
        snprintf(copy, sizeof copy, "%s", fault->text);
        char located[FAULT_TEXT_MAX + sizeof s->where_file + 16];
        int n = snprintf(located, sizeof located, "%s:%d: %s", s->where_file, s->where_line, copy);
        fault_from_text(fault, code, located, (size_t)n);
    }
}

/* The error value is on top. Lua runs no more: no metamethod of it is asked. */
static void fault_from_value(const struct sandbox *s, struct fault *fault) {
    lua_State *L = s->L;
    if (lua_type(L, -1) == LUA_TSTRING || lua_type(L, -1) == LUA_TNUMBER) {
        size_t length;
        lua_rawgeti(L, LUA_REGISTRYINDEX, s->ref_raised);
        int code = lua_rawequal(L, -1, -2) ? s->raised_code : E_SCRIPT;
        lua_pop(L, 1);
        const char *text = lua_tolstring(L, -1, &length);
        fault_from_here(s, fault, code ? code : E_SCRIPT, text, length);
        return;
    }
    char text[64];
    int n = snprintf(text, sizeof text, "an error that is a %s", luaL_typename(L, -1));
    fault_from_here(s, fault, E_SCRIPT, text, (size_t)n);
}

static int
call_fault(struct sandbox *s, int status, bool is_expired, int64_t cpu_ns, struct fault *fault) {
    char text[128];
    if (is_expired) {
        int n = snprintf(
            text, sizeof text, "the handler took longer than its %g ms of CPU", (double)cpu_ns / 1e6
        );
        fault_from_here(s, fault, E_DEADLINE, text, (size_t)n);
    } else if (s->memory.refused > 0 || status == LUA_ERRMEM) {
        int n = snprintf(
            text, sizeof text, "the script needs more memory than its %zu KiB",
            s->memory.limit / 1024
        );
        fault_from_here(s, fault, E_SCRIPT_MEMORY, text, (size_t)n);
    } else {
        fault_from_value(s, fault);
    }
    s->is_dead = is_expired || fault->code == E_SCRIPT_MEMORY;
    return fault->code;
}

/* --- entering Lua -------------------------------------------------------------------------------
 */

static int call_refuse(struct sandbox *s, int base, struct fault *fault) {
    static const char text[] = "the sandbox ended with an earlier fault";
    fault_from_text(fault, E_STATE, text, sizeof text - 1);
    lua_settop(s->L, base);
    return E_STATE;
}

int sandbox_protect(struct sandbox *s, lua_CFunction fn, void *ctx, struct fault *fault) {
    int top = lua_gettop(s->L);
    int depth = s->depth;
    if (s->is_dead) {
        return call_refuse(s, top, fault);
    }
    s->where_line = 0;
    int status = lua_cpcall(s->L, fn, ctx);
    if (status == 0 && s->memory.refused == 0) {
        return 0;
    }
    s->depth = depth;
    int code = call_fault(s, status, false, 0, fault);
    lua_settop(s->L, top);
    return code;
}

int sandbox_protect_kept(struct sandbox *s, int reference, int index, void *ctx) {
    lua_State *L = s->L;
    lua_pushvalue(L, index);
    lua_rawgeti(L, LUA_REGISTRYINDEX, reference);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, ctx);
    int status = lua_pcall(L, 2, 0, 0);
    if (status != 0) {
        lua_pop(L, 1);
        s->is_dead = true;
    }
    return status;
}

void sandbox_keep_handler(struct sandbox *s) {
    lua_rawgeti(s->L, LUA_REGISTRYINDEX, s->ref_locate);
    s->locate_slot = lua_gettop(s->L);
}

/* Puts the message handler below the function at an index, where none is kept on the stack. */
static int handler_place(struct sandbox *s, int function) {
    if (s->locate_slot != 0) {
        return s->locate_slot;
    }
    lua_rawgeti(s->L, LUA_REGISTRYINDEX, s->ref_locate);
    lua_insert(s->L, function);
    return function;
}

int sandbox_call(
    struct sandbox *s, int arguments, int results, int64_t cpu_ns, struct fault *fault
) {
    lua_State *L = s->L;
    struct deadline *d = s->options.deadline;
    int function = lua_gettop(L) - arguments;
    if (s->is_dead) {
        return call_refuse(s, function - 1, fault);
    }
    int handler = handler_place(s, function);
    s->where_line = 0;
    if (d) {
        deadline_arm(d, L, cpu_ns * TRADINGBOOST_LIMIT_FACTOR);
    }
    int status = lua_pcall(L, arguments, results, handler);
    bool is_expired = d && deadline_disarm(d);
    if (lua_gethookmask(L) != 0) {
        lua_sethook(L, NULL, 0, 0);
    }
    if (status == 0 && !is_expired && s->memory.refused == 0) {
        if (handler == function) {
            lua_remove(L, handler);
        }
        return 0;
    }
    s->depth = 0;
    s->pcall_depth = 0;
    int code = call_fault(s, status, is_expired, cpu_ns, fault);
    lua_settop(L, function - 1);
    return code;
}
