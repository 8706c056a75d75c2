/* Any bytes as a data file: an error with a sentence, or a tree whose lists have no gaps and whose
 * lines lie in the text. */
#include "script/data_file.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void value_require(const struct data_value *value, int lines, int depth) {
    if (value->line < 0 || value->line > lines || depth > DATA_DEPTH_MAX) {
        abort();
    }
    for (int i = 0; value->kind == DATA_TABLE && i < value->count; i++) {
        const struct data_entry *entry = &value->entries[i];
        if (entry->key == NULL && entry->index != i + 1) {
            abort();
        }
        value_require(&entry->value, lines, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    struct data_file file;
    struct err e = {0};
    char *text = malloc(length + 1);
    memcpy(text, bytes, length);
    int lines = 1;
    for (size_t i = 0; i < length; i++) {
        lines += bytes[i] == '\n';
    }
    if (data_text_load("fuzz", text, length, &file, &e) == 0) {
        value_require(&file.root, lines, 0);
        data_file_free(&file);
    } else if (e.code >= 0 || e.msg[0] == '\0') {
        abort();
    }
    free(text);
    return 0;
}
