/* sandbox_parts: the struct behind struct sandbox and what its source files share: the libraries,
 * the loader and the codec of states. Seen by nobody else. */
#pragma once

#include "base/random.h"
#include "script/deadline.h"
#include "script/sandbox.h"
#include "script/sandbox_memory.h"

#include <lauxlib.h>

#define CALLBACK_DEPTH_MAX                                                                         \
    200 /* C functions that call Lua that call Lua …: keeps the C stack small */
#define STRING_MAX (1024 * 1024) /* of string.rep: a sentence instead of a memory fault */
#define JSON_DEPTH_MAX 32
#define JSON_TEXT_MAX (256 * 1024)

struct code; /* loader.c: the compiled files of a bundle */
struct footprint_notes;

struct sandbox {
    struct sandbox_memory memory; /* first: what Lua gives its allocator is the sandbox */
    struct sandbox_options options;
    lua_State *L;
    struct random random;
    struct code *code;
    int depth; /* of C functions that call back */
    int pcall_depth;
    bool is_dead;   /* a deadline or memory fault: the state is not to be used again */
    int ref_locate; /* the message handler */
    int locate_slot; /* where the owner keeps it on the stack; 0: nowhere */
    int ref_encode; /* state_encode.c's function */
    int ref_raised; /* the text last raised with a code of its own */
    int raised_code;
    struct footprint_notes *notes; /* of the call that is watched; NULL: none is */
    const char *index_key;         /* the string "__index", which is never collected */
    char where_file[64]; /* where the error that nobody caught was raised */
    int where_line;
};

/* The allocator is never replaced, so its argument is the quickest way to the sandbox. */
static inline struct sandbox *sandbox_at(lua_State *L) {
    void *memory;
    lua_getallocf(L, &memory);
    return memory;
}

int sandbox_raise_deadline(lua_State *L);

static inline bool sandbox_is_expired(const struct sandbox *s) {
    return s->options.deadline && deadline_is_expired(s->options.deadline);
}

/* Loops in C over what a script made call it now and then, for no hook fires inside C. */
static inline void sandbox_poll(lua_State *L) {
    if (sandbox_is_expired(sandbox_at(L))) {
        sandbox_raise_deadline(L);
    }
}

/* lua_call from a C function of the sandbox: refuses nesting over CALLBACK_DEPTH_MAX. */
void sandbox_callback(lua_State *L, int arguments, int results);

/* Calls a C function kept in the registry with the value at index and ctx; takes no memory of Lua's
 * to begin. It may raise only for want of memory, which ends the sandbox: then not 0. */
MUST_CHECK int sandbox_protect_kept(struct sandbox *s, int reference, int index, void *ctx);

/* Fills fault from a text that may begin with "file:line: ". */
void fault_from_text(struct fault *fault, int code, const char *text, size_t length);

/* The libraries: each pushes its table; library_base fills the table of globals on top. */
void library_open(lua_State *L);
void library_base(lua_State *L, int lua);
void library_string(lua_State *L, int lua);
void library_table(lua_State *L, int lua);
void library_math(lua_State *L, int lua);
void library_bit(lua_State *L);
void library_json(lua_State *L);
int json_decode(lua_State *L); /* library_json_decode.c */

/* Puts functions into the table on top. */
void library_set(lua_State *L, const luaL_Reg *functions);
/* Copies fields of the table at `from` into the table on top. names ends with NULL. */
void library_copy(lua_State *L, int from, const char *const *names);
/* Makes a missing field of the table on top an error that says what to use instead. */
void library_guard(lua_State *L, const char *name);

/* tostring as scripts know it: pushes the text of the value at index. */
const char *value_text(lua_State *L, int index, size_t *length);

#define NUMBER_TEXT_MAX 32
/* The shortest decimal that reads back as x (finite); returns its length. */
size_t number_text(double x, char text[NUMBER_TEXT_MAX]);

/* A key of a table, as far as its order goes: numbers, then strings by bytes, then booleans. */
enum key_rank { KEY_NUMBER, KEY_STRING, KEY_BOOLEAN };

struct key {
    enum key_rank rank;
    int position; /* the user's */
    double number;
    const char *text; /* anchored by the table */
    size_t length;
};

/* Reads the key at index; false when it has no place in the order. */
bool key_read(lua_State *L, int index, struct key *key);
int key_compare(const struct key *a, const struct key *b);
void keys_sort(lua_State *L, struct key *keys, int count);

/* Pushes an array of the keys of the table at index: numbers ascending, then strings, then
 * booleans; raises for a key of another type. Where the keys are 1 to n, nil is pushed instead.
 * Returns how many. */
int ordered_keys(lua_State *L, int index);
/* Pushes the key after the one on top, popping that (nil: the first; nil after the last). */
void ordered_next(lua_State *L, int index);

/* state_encode.c: keeps the function that encodes, so that encoding allocates nothing. */
void state_encode_open(lua_State *L);

void code_release(struct code *code);
