#include "gateway/line_diff.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct lines {
    struct diff_text *list; /* without their ends */
    bool *is_changed;       /* not in the other text */
    int count;
    bool has_end; /* of the last line */
};

struct diff {
    struct lines from, to;
    struct buffer *out;
};

static int lines_split(struct diff_text text, struct lines *lines) {
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) {
        count += text.data[i] == '\n';
    }
    lines->has_end = text.length == 0 || text.data[text.length - 1] == '\n';
    count += !lines->has_end;
    lines->list = calloc(count + 1, sizeof *lines->list);
    lines->is_changed = calloc(count + 1, sizeof *lines->is_changed);
    if (lines->list == NULL || lines->is_changed == NULL || count > INT32_MAX / 2) {
        return E_MEMORY;
    }
    lines->count = (int)count;
    const char *at = text.data;
    for (size_t i = 0; i < count; i++) {
        size_t left = text.length - (size_t)(at - text.data);
        const char *end = memchr(at, '\n', left);
        size_t length = end != NULL ? (size_t)(end - at) : left;
        lines->list[i] = (struct diff_text){at, length};
        at += length + 1;
    }
    return 0;
}

static void lines_free(struct lines *lines) {
    free(lines->list);
    free(lines->is_changed);
}

/* A last line without an end is another than one with it. */
static bool is_equal(const struct diff *d, int i, int j) {
    struct diff_text a = d->from.list[i];
    struct diff_text b = d->to.list[j];
    bool a_ends = i < d->from.count - 1 || d->from.has_end;
    bool b_ends = j < d->to.count - 1 || d->to.has_end;
    return a.length == b.length && a_ends == b_ends && memcmp(a.data, b.data, a.length) == 0;
}

/* --- the shortest way ----------------------------------------------------------------------------
 */

struct span { /* what is between the equal lines at both ends */
    int from, from_end, to, to_end;
};

static struct span span_between(const struct diff *d) {
    struct span s = {0, d->from.count, 0, d->to.count};
    while (s.from < s.from_end && s.to < s.to_end && is_equal(d, s.from, s.to)) {
        s.from++;
        s.to++;
    }
    while (s.from_end > s.from && s.to_end > s.to && is_equal(d, s.from_end - 1, s.to_end - 1)) {
        s.from_end--;
        s.to_end--;
    }
    return s;
}

/* The farthest place on diagonal k with one edit more than `before` has. */
static int step(const int *before, int k, int edits) {
    bool is_down = k == -edits || (k != edits && before[k - 1] < before[k + 1]);
    return is_down ? before[k + 1] : before[k - 1] + 1;
}

/* Marks the lines on the way back from the end. rows[n] has the places after n edits. */
static void way_mark(struct diff *d, struct span s, int *const *rows, int edits) {
    int x = s.from_end - s.from;
    int y = s.to_end - s.to;
    for (int n = edits; n > 0; n--) {
        const int *before = rows[n - 1];
        int k = x - y;
        bool is_down = k == -n || (k != n && before[k - 1] < before[k + 1]);
        x = before[is_down ? k + 1 : k - 1];
        y = x - (is_down ? k + 1 : k - 1);
        if (is_down) {
            d->to.is_changed[s.to + y] = true;
        } else {
            d->from.is_changed[s.from + x] = true;
        }
    }
}

/* A row of places for diagonals −n−1 to n+1, indexed by diagonal. */
static int *row_new(int n) {
    int *row = malloc(((size_t)n * 2 + 3) * sizeof *row);
    if (row == NULL) {
        return NULL;
    }
    for (int i = 0; i < n * 2 + 3; i++) {
        row[i] = -1;
    }
    return row + n + 1;
}

static bool row_fill(const struct diff *d, struct span s, int *row, const int *before, int n) {
    int width = s.from_end - s.from;
    int height = s.to_end - s.to;
    for (int k = -n; k <= n; k += 2) {
        int x = n == 0 ? 0 : step(before, k, n);
        while (x < width && x - k < height && is_equal(d, s.from + x, s.to + x - k)) {
            x++;
        }
        row[k] = x;
        if (x == width && x - k == height) {
            return true;
        }
    }
    return false;
}

/* 1: marked; 0: more edits than are looked for. */
static int shortest_mark(struct diff *d, struct span s) {
    int *rows[LINE_DIFF_EDITS_MAX + 1];
    int count = 0;
    int code = 0;
    bool is_there = false;
    while (!is_there && code == 0 && count <= LINE_DIFF_EDITS_MAX) {
        int *row = row_new(count);
        if (row == NULL) {
            code = E_MEMORY;
            break;
        }
        rows[count] = row;
        is_there = row_fill(d, s, row, count > 0 ? rows[count - 1] : NULL, count);
        count++;
    }
    if (is_there) {
        way_mark(d, s, rows, count - 1);
        code = 1;
    }
    for (int n = 0; n < count; n++) {
        free(rows[n] - n - 1);
    }
    return code;
}

static int changes_mark(struct diff *d) {
    struct span s = span_between(d);
    int code = shortest_mark(d, s);
    if (code == 0) {
        for (int i = s.from; i < s.from_end; i++) {
            d->from.is_changed[i] = true;
        }
        for (int j = s.to; j < s.to_end; j++) {
            d->to.is_changed[j] = true;
        }
    }
    return code < 0 ? code : 0;
}

/* --- hunks ---------------------------------------------------------------------------------------
 */

static void line_write(struct diff *d, char mark, const struct lines *lines, int i) {
    buffer_append(d->out, &mark, 1);
    buffer_append(d->out, lines->list[i].data, lines->list[i].length);
    buffer_append(d->out, "\n", 1);
    if (i == lines->count - 1 && !lines->has_end) {
        buffer_appendf(d->out, "\\ No newline at end of file\n");
    }
}

/* The next changed line at or behind both places, which run through equal lines together. */
static bool change_find(const struct diff *d, int *i, int *j) {
    while (*i < d->from.count && *j < d->to.count && !d->from.is_changed[*i] &&
           !d->to.is_changed[*j]) {
        ++*i;
        ++*j;
    }
    return *i < d->from.count || *j < d->to.count;
}

static void changed_pass(const struct diff *d, int *i, int *j) {
    while (*i < d->from.count && d->from.is_changed[*i]) {
        ++*i;
    }
    while (*j < d->to.count && d->to.is_changed[*j]) {
        ++*j;
    }
}

static void
range_write(struct diff *d, char mark, int first, int count) { /* no lines: the one before */
    buffer_appendf(d->out, "%c%d", mark, count == 0 ? first : first + 1);
    if (count != 1) {
        buffer_appendf(d->out, ",%d", count);
    }
}

static void hunk_write(struct diff *d, struct span h) {
    buffer_appendf(d->out, "@@ ");
    range_write(d, '-', h.from, h.from_end - h.from);
    buffer_appendf(d->out, " ");
    range_write(d, '+', h.to, h.to_end - h.to);
    buffer_appendf(d->out, " @@\n");
    int i = h.from;
    int j = h.to;
    while (i < h.from_end || j < h.to_end) {
        if (i < h.from_end && d->from.is_changed[i]) {
            line_write(d, '-', &d->from, i++);
        } else if (j < h.to_end && d->to.is_changed[j]) {
            line_write(d, '+', &d->to, j++);
        } else {
            line_write(d, ' ', &d->from, i++);
            j++;
        }
    }
}

static int least(int a, int b) {
    return a < b ? a : b;
}

static void hunks_write(struct diff *d, const char *path, bool was_there, bool is_there) {
    int i = 0;
    int j = 0;
    bool is_more = change_find(d, &i, &j);
    if (is_more || was_there != is_there) {
        buffer_appendf(d->out, was_there ? "--- a/%s\n" : "--- /dev/null\n", path);
        buffer_appendf(d->out, is_there ? "+++ b/%s\n" : "+++ /dev/null\n", path);
    }
    while (is_more) {
        int before = least(least(i, j), LINE_DIFF_CONTEXT);
        struct span h = {.from = i - before, .to = j - before};
        do {
            changed_pass(d, &i, &j);
            h.from_end = i;
            h.to_end = j;
            is_more = change_find(d, &i, &j);
        } while (is_more && i - h.from_end <= 2 * LINE_DIFF_CONTEXT);
        int after =
            least(least(d->from.count - h.from_end, d->to.count - h.to_end), LINE_DIFF_CONTEXT);
        h.from_end += after;
        h.to_end += after;
        hunk_write(d, h);
    }
}

int line_diff(
    const char *path, struct diff_text from, struct diff_text to, struct buffer *out, struct err *e
) {
    struct diff d = {.out = out};
    int code = lines_split(from, &d.from);
    code = code != 0 ? code : lines_split(to, &d.to);
    code = code != 0 ? code : changes_mark(&d);
    if (code == 0) {
        hunks_write(&d, path, from.data != NULL, to.data != NULL);
    }
    lines_free(&d.from);
    lines_free(&d.to);
    return code != 0 ? err_set(e, E_MEMORY, "no memory for a diff") : out->code;
}
