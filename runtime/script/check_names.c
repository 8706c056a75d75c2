#include "script/check_names.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 256

int check_names_init(struct check_names *names, size_t text_max, struct err *e) {
    *names = (struct check_names){.text_capacity = text_max};
    names->texts = malloc(text_max + 1);
    names->list = malloc(FIRST_CAPACITY * sizeof *names->list);
    names->slots = calloc(2 * FIRST_CAPACITY, sizeof *names->slots);
    if (!names->texts || !names->list || !names->slots) {
        check_names_free(names);
        return err_set(e, E_MEMORY, "no memory to check a script");
    }
    names->capacity = FIRST_CAPACITY;
    names->slot_count = 2 * FIRST_CAPACITY;
    return 0;
}

void check_names_free(struct check_names *names) {
    free(names->texts);
    free(names->list);
    free(names->slots);
    *names = (struct check_names){0};
}

/* The slot of a name, or the empty one where it belongs. */
static int slot_find(const struct check_names *names, struct words name) {
    uint64_t hash = hash_of(name.text, name.length);
    int slot = (int)(hash % (uint64_t)names->slot_count);
    while (names->slots[slot] != 0 && !words_are(name, names->list[names->slots[slot] - 1].text)) {
        slot = (slot + 1) % names->slot_count;
    }
    return slot;
}

static bool names_grow(struct check_names *names) {
    int capacity = names->capacity * 2;
    struct check_name *list = realloc(names->list, (size_t)capacity * sizeof *list);
    int *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (list) {
        names->list = list;
    }
    if (!list || !slots) {
        free(slots);
        return false;
    }
    free(names->slots);
    names->slots = slots;
    names->slot_count = capacity * 2;
    names->capacity = capacity;
    for (int i = 0; i < names->count; i++) {
        const char *text = names->list[i].text;
        names->slots[slot_find(names, (struct words){text, strlen(text)})] = i + 1;
    }
    return true;
}

struct check_name *
check_names_add(struct check_names *names, struct words name, int file, int line) {
    int slot = slot_find(names, name);
    if (names->slots[slot] != 0) {
        return &names->list[names->slots[slot] - 1];
    }
    if (name.length + 1 > names->text_capacity - names->text_length) {
        return NULL;
    }
    if (names->count == names->capacity) {
        if (!names_grow(names)) {
            return NULL;
        }
        slot = slot_find(names, name);
    }
    char *text = names->texts + names->text_length;
    memcpy(text, name.text, name.length);
    text[name.length] = '\0';
    names->text_length += name.length + 1;
    struct check_name *added = &names->list[names->count++];
    *added = (struct check_name){.text = text, .file = file, .line = line};
    names->slots[slot] = names->count;
    return added;
}

const struct check_name *check_names_find(const struct check_names *names, struct words name) {
    int index = names->slots[slot_find(names, name)];
    return index != 0 ? &names->list[index - 1] : NULL;
}

/* --- findings -----------------------------------------------------------------------------------
 */

static bool is_known(const struct check_findings *f, int file, int line, const char *text) {
    for (int i = 0; i < f->count; i++) {
        const struct check_finding *other = &f->list[i];
        if (other->file == file && other->line == line && strcmp(other->text, text) == 0) {
            return true;
        }
    }
    return false;
}

void check_add(
    struct check_findings *findings,
    enum check_level level,
    int file,
    int line,
    const char *format,
    ...
) {
    struct check_finding finding = {.file = file, .line = line, .level = level};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(finding.text, sizeof finding.text, format, arguments);
    va_end(arguments);
    if (is_known(findings, file, line, finding.text)) {
        return;
    }
    *(level == CHECK_ERROR ? &findings->errors : &findings->warnings) += 1;
    if (findings->list == NULL) {
        findings->list = calloc(CHECK_FINDINGS_MAX, sizeof *findings->list);
    }
    if (findings->list == NULL || findings->count == CHECK_FINDINGS_MAX) {
        findings->omitted++;
        return;
    }
    findings->list[findings->count++] = finding;
}

static int by_place(const void *a, const void *b) {
    const struct check_finding *x = a;
    const struct check_finding *y = b;
    if (x->file != y->file) {
        return x->file < y->file ? -1 : 1;
    }
    if (x->line != y->line) {
        return x->line < y->line ? -1 : 1;
    }
    return strcmp(x->text, y->text);
}

void check_findings_sort(struct check_findings *findings) {
    if (findings->count > 1) {
        qsort(findings->list, (size_t)findings->count, sizeof *findings->list, by_place);
    }
}

void check_findings_free(struct check_findings *findings) {
    free(findings->list);
    *findings = (struct check_findings){0};
}
