#include "app/instruments.h"

#include "app/script_files.h"
#include "app/settings.h"
#include "script/suggest.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSTRUMENTS_FILE "config/instruments.lua"

struct facts { /* a row of the file, its texts where they can be checked for length */
    struct instrument instrument;
    const char *base, *quote;
    int kind;
};

#define AT(member) offsetof(struct facts, member)

static const struct setting_row rows[] = {
    {"kind", SETTING_CHOICE, AT(kind), "perpetual", NULL, NULL, "", {"spot", "perpetual"}},
    {"base", SETTING_TEXT, AT(base), NULL, NULL, NULL, "the currency that is traded", {0}},
    {"quote", SETTING_TEXT, AT(quote), NULL, NULL, NULL, "the currency of the price", {0}},
    {"tick", SETTING_DECIMAL, AT(instrument.tick), "", "0.000000000001", "1000000", "", {0}},
    {"lot", SETTING_DECIMAL, AT(instrument.lot), "", "0.000000000001", "1000000000", "", {0}},
    {"min_quantity", SETTING_DECIMAL, AT(instrument.min_quantity), "0", "0", NULL, "", {0}},
    {"max_quantity", SETTING_DECIMAL, AT(instrument.max_quantity), "0", "0", NULL, "", {0}},
    {"min_notional", SETTING_DECIMAL, AT(instrument.min_notional), "0", "0", NULL, "", {0}},
    {"contract", SETTING_DECIMAL, AT(instrument.contract), "1", "0.000000000001", NULL, "", {0}},
    {"maintenance", SETTING_DECIMAL, AT(instrument.maintenance), "0.005", "0", "1", "", {0}},
    {"max_leverage", SETTING_INTEGER, AT(instrument.max_leverage), "1", "1", "1000", "", {0}},
    {0},
};

static void text_take(
    char *out, size_t size, const char *text, const char *path, int line, struct settings_faults *f
) {
    if (text != NULL && (size_t)snprintf(out, size, "%s", text) >= size) {
        settings_fault(f, line, path, "'%s' is longer than %zu letters", text, size - 1);
    }
}

static void
facts_take(const struct data_entry *entry, struct facts *facts, struct settings_faults *faults) {
    struct instrument *i = &facts->instrument;
    const struct data_value *value = &entry->value;
    char shown[SETTING_PATH_BYTES];
    snprintf(shown, sizeof shown, "%s.", entry->key);
    settings_default(rows, "", facts);
    settings_check(rows, "", shown, value, facts, faults);
    settings_missing(rows, "", shown, value->line, facts, faults);
    text_take(i->symbol, sizeof i->symbol, entry->key, entry->key, value->line, faults);
    text_take(i->base, sizeof i->base, facts->base, entry->key, value->line, faults);
    text_take(i->quote, sizeof i->quote, facts->quote, entry->key, value->line, faults);
    if (i->tick.d.v == 0 || i->lot.d.v == 0) {
        settings_fault(faults, value->line, entry->key, "tick and lot must be given");
    }
    i->kind = facts->kind == 0 ? INSTRUMENT_SPOT : INSTRUMENT_PERPETUAL;
    if (decimal_compare(i->min_quantity.d, i->lot.d) < 0) {
        i->min_quantity = i->lot;
    }
    i->can_stop = i->can_amend = i->can_post_only = i->can_reduce_only = true;
    i->can_hedge = i->kind == INSTRUMENT_PERPETUAL;
}

static const char *symbol_at(const void *list, int index) {
    const struct data_value *table = list;
    return index < table->count ? table->entries[index].key : NULL;
}

/* One row of the file, checked. */
static int instrument_read(
    const struct data_entry *entry, const char *path, struct instrument *out, struct err *e
) {
    struct facts facts = {0};
    struct settings_faults faults;
    settings_faults_init(&faults, path);
    facts_take(entry, &facts, &faults);
    int code = 0;
    if (faults.count > 0) {
        faults.text.data[faults.text.length - 1] = '\0';
        code = err_set(e, E_CONFIG, "%s", faults.text.data);
    }
    settings_faults_free(&faults);
    *out = facts.instrument;
    return code;
}

static int instrument_of(
    const struct data_value *table,
    const char *path,
    const char *symbol,
    struct instrument *out,
    struct err *e
) {
    for (int i = 0; i < table->count; i++) {
        const struct data_entry *entry = &table->entries[i];
        if (entry->key != NULL && strcmp(entry->key, symbol) == 0) {
            return instrument_read(entry, path, out, e);
        }
    }
    char near[96];
    return err_set(
        e, E_UNKNOWN_SYMBOL, "%s is not a symbol of %s%s (a row added there makes it known)",
        symbol, path, suggest_text(symbol, symbol_at, table, near, sizeof near)
    );
}

static int file_load(struct data_file *file, char path[PATH_MAX], struct err *e) {
    char *text;
    size_t length;
    int code = shipped_path(INSTRUMENTS_FILE, path, PATH_MAX, e);
    code = code != 0 ? code : file_read(path, DATA_TEXT_MAX, &text, &length, e);
    if (code == 0) {
        code = data_text_load(path, text, length, file, e);
        free(text);
    }
    return code;
}

int instrument_find(const char *symbol, struct instrument *out, struct err *e) {
    char path[PATH_MAX];
    struct data_file file = {0};
    memset(out, 0, sizeof *out);
    int code = file_load(&file, path, e);
    if (code == 0) {
        code = instrument_of(&file.root, path, symbol, out, e);
        data_file_free(&file);
    }
    return code;
}

int instruments_load(struct instrument **out, int *count, struct err *e) {
    char path[PATH_MAX];
    struct data_file file = {0};
    *out = NULL;
    *count = 0;
    int code = file_load(&file, path, e);
    if (code != 0) {
        return code;
    }
    *out = calloc((size_t)file.root.count + 1, sizeof **out);
    code = *out == NULL ? err_set(e, E_MEMORY, "no memory for instruments") : 0;
    for (int i = 0; code == 0 && i < file.root.count; i++) {
        if (file.root.entries[i].key != NULL) {
            code = instrument_read(&file.root.entries[i], path, &(*out)[(*count)++], e);
        }
    }
    data_file_free(&file);
    return code;
}
