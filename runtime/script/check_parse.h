/* check_parse: walks a Lua text and reports what a check wants to see: names that are no locals,
 * fields read and written, methods called, functions defined. Locals are resolved by scope.
 *
 * The text must be one that LuaJIT compiles; should the walk lose its way all the same, it stops
 * and says so. Texts of a sight point into the source. Pure. */
#pragma once

#include "script/check_lex.h"

enum sight_kind {
    SIGHT_GLOBAL_READ,
    SIGHT_GLOBAL_WRITE,
    SIGHT_LOCAL,       /* a local or parameter begins */
    SIGHT_FIELD_READ,  /* base.name */
    SIGHT_FIELD_WRITE, /* base.name = … */
    SIGHT_METHOD_CALL, /* base:name(…) */
    SIGHT_FUNCTION, /* function base.name(…), function base:name(…), base.name = function(…) */
    SIGHT_KEY,      /* { name = … } */
    SIGHT_OPTION,   /* base:call({ name = … }), a table written in place */
    SIGHT_OPTIONS,  /* … after the last of its names */
    SIGHT_INDEX_WRITE, /* base[…] = … with a key that is not written out */
    SIGHT_POWER,       /* the operator ^ */
    SIGHT_RETURN,      /* the chunk returns this local */
};

enum base_kind {
    BASE_OTHER, /* any expression */
    BASE_LOCAL,
    BASE_GLOBAL,
};

struct words {
    const char *text;
    size_t length;
};

struct sight {
    enum sight_kind kind;
    int line;
    struct words name;
    enum base_kind base;
    struct words base_name;
    bool is_self;        /* base is a parameter named self … */
    bool is_script_self; /* … of a function of the script's own table */
    /* FIELD_READ: base is this parameter (from 1) of a function of the script's own table. */
    struct words function;
    int parameter;
    /* OPTION, OPTIONS: the method called; whether a reason is among the names, or could be. */
    struct words call;
    bool has_reason;
    /* FIELD_READ: called as base.name(…); then whether the first argument is self. */
    bool is_call, has_self;
    /* FUNCTION */
    bool is_method;
    int parameters; /* the self of a method is not counted */
    bool has_varargs;
    struct words first; /* name of the first parameter */
};

struct sighting {
    void *ctx;
    void (*on)(void *ctx, const struct sight *sight);
    /* Name of the local that is the script's table; NULL text where it is not known. */
    struct words script;
};

/* Returns false when it lost its way. */
bool check_parse(const char *text, size_t length, const struct sighting *sighting);

static inline bool words_are(struct words words, const char *text) {
    size_t i = 0;
    while (i < words.length && text[i] != '\0' && words.text[i] == text[i]) {
        i++;
    }
    return i == words.length && text[i] == '\0';
}
