#include "simulation/world.h"

#include "base/hash.h"

int64_t now_ms(const struct world *w) {
    return START_MS + w->now_us / MS_US;
}

int64_t between(struct random *random, int64_t least, int64_t most) {
    return least + (int64_t)random_below(random, (uint64_t)(most - least) + 1);
}

bool chance(struct random *random, double p) {
    return p > 0 && random_fraction(random) < p;
}

struct decimal dec(const char *text) {
    struct decimal d;
    if (decimal_parse(text, strlen(text), &d) != 0) {
        fprintf(stderr, "bad decimal %s\n", text);
        abort();
    }
    return d;
}

/* --- what happens when ---------------------------------------------------------------------------
 */

static bool task_is_before(const struct task *a, const struct task *b) {
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static struct task *task_new(struct world *w) {
    if (w->spare_count > 0) {
        return w->spare[--w->spare_count];
    }
    return malloc(sizeof(struct task));
}

struct task *
task_add(struct world *w, int64_t delay_us, void (*run)(struct world *, struct task *)) {
    if (w->heap_count == w->heap_capacity) {
        w->heap_capacity = w->heap_capacity == 0 ? 256 : w->heap_capacity * 2;
        w->heap = realloc(w->heap, (size_t)w->heap_capacity * sizeof *w->heap);
        w->spare = realloc(w->spare, (size_t)w->heap_capacity * 2 * sizeof *w->spare);
    }
    struct task *t = task_new(w);
    memset(t, 0, sizeof *t);
    t->at_us = w->now_us + (delay_us > 0 ? delay_us : 0);
    t->order = ++w->task_count;
    t->run = run;
    int i = w->heap_count++;
    while (i > 0 && task_is_before(t, w->heap[(i - 1) / 2])) {
        w->heap[i] = w->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->heap[i] = t;
    return t;
}

struct task *
task_add_here(struct world *w, int64_t delay_us, void (*run)(struct world *, struct task *)) {
    struct task *t = task_add(w, delay_us, run);
    t->process = w->process;
    return t;
}

static struct task *heap_pop(struct world *w) {
    struct task *first = w->heap[0];
    struct task *last = w->heap[--w->heap_count];
    int i = 0;
    for (;;) {
        int child = 2 * i + 1;
        if (child >= w->heap_count) {
            break;
        }
        if (child + 1 < w->heap_count && task_is_before(w->heap[child + 1], w->heap[child])) {
            child++;
        }
        if (!task_is_before(w->heap[child], last)) {
            break;
        }
        w->heap[i] = w->heap[child];
        i = child;
    }
    w->heap[i] = last;
    return first;
}

/* The next that still concerns anybody. */
bool task_next(struct world *w, struct task *out) {
    while (w->heap_count > 0) {
        struct task *t = heap_pop(w);
        bool is_dropped =
            (t->process != 0 && t->process != w->process) || (t->link != 0 && t->link != w->link);
        *out = *t;
        w->spare[w->spare_count++] = t;
        if (!is_dropped) {
            w->now_us = out->at_us;
            return true;
        }
    }
    return false;
}

void tasks_free(struct world *w) {
    for (int i = 0; i < w->heap_count; i++) {
        free(w->heap[i]);
    }
    for (int i = 0; i < w->spare_count; i++) {
        free(w->spare[i]);
    }
    free(w->heap);
    free(w->spare);
}

/* --- the trace -----------------------------------------------------------------------------------
 */

void trace(struct world *w, const char *format, ...) {
    char *line = w->trace[w->trace_count++ % TRACE_LINES];
    int n = snprintf(line, TRACE_WIDTH, "%10.3f ", (double)w->now_us / 1e6);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + n, (size_t)(TRACE_WIDTH - n), format, args);
    va_end(args);
    n += more < TRACE_WIDTH - n ? more : TRACE_WIDTH - n - 1;
    w->trace_hash = hash_add(w->trace_hash, line, (size_t)n);
    if (w->is_verbose) {
        printf("%s\n", line);
    }
}

void sim_fail(struct world *w, const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(w->failure, sizeof w->failure, format, args);
    va_end(args);
    w->has_failed = true;
    longjmp(w->failed, 1);
}
