/* params: the parameters of a script (M.params) and of its commands (M.commands.NAME): their
 * schema, values given as text, the read-only table a script sees, and the canonical text back.
 *
 * Every fault of a set of values is listed in one text, each with what is allowed and, for an
 * unknown name, the one that was probably meant. A schema is read into an arena each time it is
 * needed and is sorted by name. Functions that take a lua_State may run out of memory: they run
 * inside sandbox_protect. Pure otherwise; one thread. */
#pragma once

#include "base/arena.h"
#include "market/instrument.h"
#include "script/message.h"

#include <lua.h>

#define PARAMS_MAX 256
#define PARAM_NAME_MAX 48
#define PARAM_TEXT_MAX 4096 /* of one value as text */

enum param_type {
    TYPE_INTEGER,
    TYPE_NUMBER,
    TYPE_MONEY,
    TYPE_PERCENT, /* 0.5 is 0.5 % */
    TYPE_BOOLEAN,
    TYPE_TEXT,
    TYPE_ENUM,
    TYPE_SYMBOL,
    TYPE_TIMEFRAME,
    TYPE_LIST,
    TYPE_MAP, /* names to values */
    TYPE_COUNT,
};

struct param { /* one row of a schema */
    const char *name;
    enum param_type type;
    enum param_type of; /* of the members of a list or map */
    bool has_min, has_max;
    bool is_flat_only; /* may change only without a position */
    double min, max;
    const char *const *values; /* of an enum */
    int value_count;
    const char *standard; /* the default as canonical text; NULL: a value must be given */
    const char *help;     /* "" where there is none */
    const char *group;
    const struct setting *show; /* of interest only when these have these values */
    int show_count;
};

struct schema {
    struct param *params; /* by name */
    int count;
};

#define PROBLEMS_TEXT_MAX ((size_t)32 << 10)

/* Collects faults into the text of a struct fault, one after the other, and, where that has no room
 * for all, into a longer one. */
struct problems {
    struct fault *fault;
    size_t length;
    int count;
    int omitted;         /* for want of room */
    struct arena *arena; /* of the longer text; NULL: none is wanted */
    char *all;           /* every fault; NULL: the fault's own text has them */
    size_t all_length;
};
/* arena may be NULL. */
void problems_begin(struct problems *p, struct fault *fault, struct arena *arena);
void problems_add(struct problems *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* 0, or E_PARAMS with the text complete. */
int problems_end(struct problems *p);

struct param_context {
    struct arena *arena;
    const struct instrument *instruments; /* an empty symbol is none */
    int instrument_count;
    struct problems *problems;
};

const char *param_type_name(enum param_type type);
/* What a value must be: "a number from 1 to 50". */
const char *param_allowed(const struct param *param, char *text, size_t capacity);
const struct param *schema_find(const struct schema *schema, const char *name);

/* Reads the table at index. What is wrong with the schema itself goes to the problems too. */
void schema_read(lua_State *L, int index, struct param_context *c, struct schema *out);
/* Pushes a table with a value of every parameter: of the settings, else the default. */
void schema_push_values(
    lua_State *L,
    const struct schema *schema,
    const struct setting *settings,
    int count,
    struct param_context *c
);
/* Pushes the read-only view of such a table (at index), which raises on unknown names. */
void params_push_view(lua_State *L, int index, const struct schema *schema);
/* Every value of such a table (at index) as canonical text, by name, in the arena; NULL without
 * room. */
struct setting *
schema_texts(lua_State *L, int index, const struct schema *schema, struct arena *arena);

/* param_value.c: one value. */
/* Pushes the value of text, or adds to the problems and returns false with nothing pushed. */
bool param_push(lua_State *L, const struct param *param, const char *text, struct param_context *c);
/* The canonical text of the value at index in the arena; NULL when it is of another type (or there
 * is no room). */
const char *param_format(lua_State *L, int index, const struct param *param, struct arena *arena);
