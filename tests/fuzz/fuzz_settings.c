/* Any lines NAME=TEXT as settings of a script with parameters of every type: a list of what is
 * wrong, or texts that give the same texts again. */
#include "script/params.h"
#include "script/sandbox.h"

#include <stdlib.h>
#include <string.h>

#define SETTINGS_MAX 64
#define BYTES_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static const char script[] =
    "return {\n"
    "  count = { type = 'integer', default = 3, min = 1, max = 10 },\n"
    "  ratio = { type = 'number', default = 0.5 },\n"
    "  invest = { type = 'money', default = 100, min = 1 },\n"
    "  part = { type = 'percent', default = 0.5, max = 100 },\n"
    "  on = { type = 'boolean', default = true },\n"
    "  note = { type = 'text', default = 'a, b', show = { on = true } },\n"
    "  side = { type = 'enum', values = { 'long', 'short' }, default = 'long', when = 'flat' },\n"
    "  pair = { type = 'symbol', default = 'ETH-USDT-SWAP' },\n"
    "  frame = { type = 'timeframe', default = '1h' },\n"
    "  shares = { type = 'list', of = 'number', default = { 1, 2.5 }, min = 0 },\n"
    "  budget = { type = 'map', of = 'money', default = { ETH = 20, BTC = 50 } },\n"
    "}\n";

static const struct instrument instruments[] = {
    {.symbol = "BTC-USDT-SWAP", .quote = "USDT"},
    {.symbol = "ETH-USDT-SWAP", .quote = "USDT"},
};

struct task {
    const struct setting *settings;
    int count;
    struct fault fault;
    struct problems problems;
    struct arena arena;
    struct setting *texts;
    int text_count;
};

static int keep_table(lua_State *L) {
    lua_setfield(L, LUA_REGISTRYINDEX, "parameters");
    return 0;
}

static int apply(lua_State *L) {
    struct task *t = lua_touserdata(L, 1);
    struct param_context context = {&t->arena, instruments, 2, &t->problems};
    struct schema schema;
    lua_getfield(L, LUA_REGISTRYINDEX, "parameters");
    schema_read(L, 2, &context, &schema);
    schema_push_values(L, &schema, t->settings, t->count, &context);
    if (t->problems.count == 0) {
        t->texts = schema_texts(L, 3, &schema, &t->arena);
        t->text_count = schema.count;
    }
    return 0;
}

/* A sandbox that has the table of parameters, for all inputs. */
static struct sandbox *sandbox_ready(void) {
    static struct sandbox *s;
    struct sandbox_options options = {.memory_max = (size_t)8 << 20, .pcall_depth_max = 10};
    struct script_file file = {"init.lua", script, sizeof script - 1};
    struct script_bundle bundle = {"fuzz", 0, &file, 1};
    struct fault fault;
    struct err e;
    if (s != NULL) {
        return s;
    }
    if (sandbox_new(&s, &options, &e) != 0 || sandbox_load(s, &bundle, 1000000000, &fault) != 0) {
        abort();
    }
    keep_table(sandbox_state(s));
    return s;
}

/* 0 with texts, or E_PARAMS. */
static int run(struct task *t, char *block, size_t size) {
    arena_init(&t->arena, block, size);
    problems_begin(&t->problems, &t->fault, NULL);
    if (sandbox_protect(sandbox_ready(), apply, t, &t->fault) != 0) {
        abort();
    }
    int code = problems_end(&t->problems);
    if (code == 0 && t->texts == NULL) {
        return E_PARAMS; /* larger than the arena */
    }
    if (code != 0 && t->fault.text[0] == '\0') {
        abort();
    }
    return code;
}

static int lines_split(char *text, struct setting settings[SETTINGS_MAX]) {
    int count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL && count < SETTINGS_MAX;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            settings[count++] = (struct setting){.name = line, .text = equals + 1};
        }
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static char blocks[2][256 * 1024] __attribute__((aligned(16)));
    char text[BYTES_MAX + 1];
    struct setting settings[SETTINGS_MAX];
    if (length > BYTES_MAX) {
        return 0;
    }
    memcpy(text, bytes, length);
    text[length] = '\0';
    struct task first = {.settings = settings, .count = lines_split(text, settings)};
    if (run(&first, blocks[0], sizeof blocks[0]) != 0) {
        return 0;
    }
    struct task again = {.settings = first.texts, .count = first.text_count};
    if (run(&again, blocks[1], sizeof blocks[1]) != 0 || again.text_count != first.text_count) {
        abort();
    }
    for (int i = 0; i < first.text_count; i++) {
        if (strcmp(first.texts[i].name, again.texts[i].name) != 0 ||
            strcmp(first.texts[i].text, again.texts[i].text) != 0) {
            abort();
        }
    }
    return 0;
}
