#include "script/suggest.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define WORD_MAX 48

static int min3(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

/* Edits between two words, adjacent swaps included; more than WORD_MAX letters are never near. */
static int word_distance(const char *a, const char *b) {
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > WORD_MAX || m > WORD_MAX) {
        return WORD_MAX;
    }
    int rows[3][WORD_MAX + 1];
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = (int)j;
    }
    for (size_t i = 1; i <= n; i++) {
        int *row = rows[i % 3];
        const int *above = rows[(i + 2) % 3];
        const int *two_above = rows[(i + 1) % 3];
        row[0] = (int)i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            bool is_swap = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swap && two_above[j - 2] + 1 < row[j]) {
                row[j] = two_above[j - 2] + 1;
            }
        }
    }
    return rows[n % 3][m];
}

const char *suggest(const char *word, name_at at, const void *list) {
    int limit = strlen(word) <= 3 ? 1 : (int)(strlen(word) / 3) + 1;
    const char *best = NULL;
    const char *name;
    for (int i = 0; (name = at(list, i)) != NULL; i++) {
        int distance = word_distance(word, name);
        if (distance <= limit) {
            best = name;
            limit = distance - 1;
        }
    }
    return best;
}

const char *suggest_text(
    const char *word, name_at at, const void *list, char *text, size_t capacity
) {
    const char *name = suggest(word, at, list);
    if (name) {
        snprintf(text, capacity, ", did you mean '%s'?", name);
    } else {
        text[0] = '\0';
    }
    return text;
}
