/* attack_files: the scripts of tests/attacks with what their headers say of them: which class of
 * attack, in which handler, by which fault it ends and with which words. The owner frees. */
#pragma once

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTACKS_MAX 400

struct attack {
    char name[64];
    char *text;
    size_t length;
    char class[128];
    char phase[16];
    char with[160]; /* words of the fault */
    int code;       /* 0: ends in peace */
    bool needs_host;
};

static struct attack attacks[ATTACKS_MAX];
static int attack_count;

/* The rest of the header line that begins with `-- name: `. */
static inline bool
header_read(const struct attack *a, const char *name, char *out, size_t capacity) {
    char start[32];
    int n = snprintf(start, sizeof start, "-- %s: ", name);
    const char *at = memmem(a->text, a->length, start, (size_t)n);
    if (!at) {
        return false;
    }
    at += n;
    const char *end = memchr(at, '\n', a->length - (size_t)(at - a->text));
    assert_non_null(end);
    snprintf(out, capacity, "%.*s", (int)(end - at), at);
    return true;
}

static inline void attack_read(struct attack *a, const char *file) {
    char path[512];
    char ends[200];
    char needs[16] = "";
    snprintf(path, sizeof path, "%s/tests/attacks/%s", SOURCE_DIR, file);
    snprintf(a->name, sizeof a->name, "%.*s", (int)strlen(file) - 4, file);
    FILE *stream = fopen(path, "rb");
    assert_non_null(stream);
    a->text = malloc(65536);
    a->length = fread(a->text, 1, 65536, stream);
    assert_true(a->length > 0 && a->length < 65536);
    fclose(stream);
    bool is_complete = header_read(a, "attack", a->class, sizeof a->class) &&
                       header_read(a, "phase", a->phase, sizeof a->phase) &&
                       header_read(a, "ends", ends, sizeof ends);
    if (!is_complete) {
        fail_msg("%s: its header must say attack, phase and ends", file);
    }
    header_read(a, "needs", needs, sizeof needs);
    a->needs_host = strcmp(needs, "host") == 0;
    char *words = strchr(ends, ' ');
    if (words) {
        *words = '\0';
        snprintf(a->with, sizeof a->with, "%s", words + 1);
    }
    a->code = strcmp(ends, "ok") == 0 ? 0 : err_code_of(ends);
    if (a->code == E_NOT_FOUND) {
        fail_msg("%s: there is no fault '%s'", file, ends);
    }
}

static inline int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static inline void attacks_load(void) {
    struct dirent **entries;
    int count = scandir(SOURCE_DIR "/tests/attacks", &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        size_t length = strlen(entries[i]->d_name);
        if (length > 4 && strcmp(entries[i]->d_name + length - 4, ".lua") == 0) {
            assert_true(attack_count < ATTACKS_MAX);
            attack_read(&attacks[attack_count++], entries[i]->d_name);
        }
        free(entries[i]);
    }
    free(entries);
}

static inline void attacks_unload(void) {
    for (int i = 0; i < attack_count; i++) {
        free(attacks[i].text);
    }
}

/* Prints what differs; so one run tells about all attacks. */
static inline bool
attack_ends_as_said(const struct attack *a, const char *where, int code, const char *text) {
    if (code == a->code && (a->code == 0 || strstr(text, a->with))) {
        return true;
    }
    print_error(
        "%s in %s: %s %s\n    instead of %s %s\n", a->name, where, err_name(code), code ? text : "",
        err_name(a->code), a->with
    );
    return false;
}
