/* api: what a script may call, as data. One row per function (api.c) and one list per kind of
 * object (api_fields.h); from them come the binding, the phase checks, the names in "did you mean",
 * the editor types and the reference page.
 *
 * Every C function of the API works in three steps: it reads its arguments (may raise), acts (must
 * not raise), pushes results. Its upvalues are the guest, its row and the table of symbols. All on
 * the thread of the host, inside sandbox_call. */
#pragma once

#include "base/buffer.h"
#include "script/guest.h"

#include <lauxlib.h>

/* Text of a type in the tables: a LuaCATS type, '?' at its end where it may be absent. */
struct api_field {
    const char *name;
    const char *type;
    const char *doc;
};

struct api_class {
    const char *name;
    const char *doc;
    const struct api_field *fields;
    int field_count;
    bool is_options; /* a table that the script gives */
};

struct api_row {
    const char *name;
    lua_CFunction fn;
    unsigned phases;
    int since;
    const char *arguments; /* "symbol: string, o: place_options" */
    const char *returns;   /* "string?, string?, string?"; empty: nothing */
    const char *doc;
};

struct api_value { /* fields of self that are no functions */
    const char *name;
    const char *type;
    const char *doc;
};

struct api_handler {
    const char *name; /* "on_candle" */
    unsigned phase;
    const char *arguments;
    const char *doc;
};

extern const struct api_row api_rows[];
extern const int api_row_count;
extern const struct api_value api_values[];
extern const int api_value_count;
extern const struct api_handler api_handlers[EVENT_HANDLER_COUNT]; /* by event kind */
extern const struct api_class *const api_classes[];
extern const int api_class_count;

/* Every name of self that a script may not define. NULL past the last: a name_at. */
const char *api_name_at(const void *unused, int index);

/* Pushes the table of all functions of self, and keeps the event arguments as references. */
void api_push(lua_State *L, struct guest *g);
/* The global `ta`. */
void api_ta_push(lua_State *L, struct guest *g);

/* --- for the functions ---------------------------------------------------------------------------
 */

/* The guest, after checking that the call is of the form self:name(…) and allowed in this phase. */
struct guest *api_enter(lua_State *L);
const struct api_row *api_row_of(lua_State *L);

/* nil, code, message: returns 3. */
int api_refuse(lua_State *L, int code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Raises a misuse with the name of the function in front. */
int api_misuse(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Arguments; each raises when it is not what is wanted. */
const char *api_text(lua_State *L, int index, const char *what);
double api_number(lua_State *L, int index, const char *what); /* finite */
/* The index of a symbol, NO_INDEX when it is not known. */
uint16_t api_symbol(lua_State *L, struct guest *g, int index);
void api_symbol_push(lua_State *L, const struct guest *g, int symbols_index, uint16_t symbol);
int api_refuse_symbol(lua_State *L, const struct guest *g, int index);
int64_t api_timeframe(lua_State *L, int index);

/* A table of options, checked against its class: unknown fields raise. */
struct api_option {
    bool is_given;
    double number;
    const char *text; /* lives as long as the table */
    bool flag;
};
#define API_OPTIONS_MAX 16
void api_options(
    lua_State *L,
    int index,
    const struct api_class *class,
    struct api_option options[API_OPTIONS_MAX]
);
/* The member of a closed set of names, or raises with the names. */
int api_choice(
    lua_State *L, const char *field, const char *text, const char *const *names, int count
);

/* --- objects: userdata that read from the guest when asked
 * ---------------------------------------- */

/* The metatables of a sandbox, in the order in which api_push puts them into the table of symbols
 * at negative keys: −1, −2 … */
enum object_kind {
    OBJECT_POSITION = 1,
    OBJECT_BALANCE,
    OBJECT_ACCOUNT,
    OBJECT_ORDER,
    OBJECT_INSTRUMENT,
    OBJECT_CAN,
    OBJECT_HANDLE,
    OBJECT_CANDLE_EVENT,
    OBJECT_TICKER_EVENT,
    OBJECT_FILL_EVENT,
    OBJECT_FORMAT, /* not a kind: the sandbox's string.format */
    OBJECT_KIND_COUNT,
};

struct object {
    uint16_t symbol;
    uint8_t side;      /* enum position_side */
    uint64_t sequence; /* of an order; 0: the order of the event */
};

#define OBJECT_GUEST lua_upvalueindex(1)
#define OBJECT_NAMES lua_upvalueindex(2)
#define OBJECT_SYMBOLS lua_upvalueindex(3)
#define OBJECT_CLASS lua_upvalueindex(4)
#define OBJECT_SELF lua_upvalueindex(5) /* of objects with facts */

/* Puts a metatable for objects of a class into the table of symbols, under its kind. */
void object_kind_push(
    lua_State *L,
    struct guest *g,
    enum object_kind kind,
    const struct api_class *class,
    lua_CFunction index,
    int symbols
);
/* In an __index function: the field's number, the key being argument 2; raises when there is none
 * such. Strings of a sandbox are equal when their addresses are, and the names are pinned. */
int object_no_field(lua_State *L);
static inline int object_field(lua_State *L) {
    const char *const *names = lua_touserdata(L, OBJECT_NAMES);
    const char *key = lua_tostring(L, 2);
    for (int i = 0; names[i]; i++) {
        if (names[i] == key) {
            return i;
        }
    }
    return object_no_field(L);
}
/* The object whose field is read: the key was not among its facts (object_with_facts), or it has
 * none. */
static inline const struct object *object_self(lua_State *L) {
    return lua_touserdata(L, lua_type(L, 1) == LUA_TUSERDATA ? 1 : OBJECT_SELF);
}
static inline struct guest *object_guest(lua_State *L) {
    return lua_touserdata(L, OBJECT_GUEST);
}

void push_price(lua_State *L, struct price price); /* 0 is nil */
void push_quantity(lua_State *L, struct quantity quantity);
void push_money(lua_State *L, struct money money);

/* The metatables of each file's objects, into the table of symbols. */
void objects_read_push(lua_State *L, struct guest *g, int symbols);
void objects_orders_push(lua_State *L, struct guest *g, int symbols);
void objects_instrument_push(lua_State *L, struct guest *g, int symbols);
void objects_market_push(lua_State *L, struct guest *g, int symbols);
void objects_event_push(lua_State *L, struct guest *g, int symbols);
/* The event arguments themselves, stored as references. */
void event_arguments_prepare(lua_State *L, int symbols);
/* Pushes a new object of a kind that belongs to the table of symbols. */
struct object *object_of_kind(lua_State *L, int symbols, enum object_kind kind);
/* The same with a table of facts in front of its __index function: fields that are read much and
 * change seldom cost no call. The owner keeps them right: object_facts_push gives the table of the
 * object at an index. */
struct object *object_with_facts(lua_State *L, int symbols, enum object_kind kind);
void object_facts_push(lua_State *L, int index);
/* The bar that on_candle gets is of that symbol. */
void candle_set_symbol(struct guest *g, uint16_t symbol);
/* The positions of a symbol have changed: their objects' facts follow. Allocates nothing. */
void positions_refresh(struct guest *g, uint16_t symbol);
