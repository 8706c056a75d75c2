#include "app/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define SECOND_NS ((int64_t)1000000000)
#define DRAW_NS (SECOND_NS / 10)
#define BAR_WIDTH 30

static int64_t monotonic_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

void progress_init(struct progress *p) {
    *p = (struct progress){.is_terminal = isatty(STDERR_FILENO) == 1, .start_ns = monotonic_ns()};
}

void progress_show(struct progress *p, const char *unit, size_t done, size_t total) {
    if (!p->is_terminal || total == 0) {
        return;
    }
    int64_t now_ns = monotonic_ns();
    if (now_ns - p->start_ns < SECOND_NS || now_ns - p->drawn_ns < DRAW_NS) {
        return;
    }
    p->drawn_ns = now_ns;
    p->is_shown = true;
    char bar[BAR_WIDTH + 1];
    size_t full = done * BAR_WIDTH / total;
    memset(bar, '.', BAR_WIDTH);
    memset(bar, '#', full < BAR_WIDTH ? full : BAR_WIDTH);
    bar[BAR_WIDTH] = '\0';
    double seconds = (double)(now_ns - p->start_ns) / (double)SECOND_NS;
    fprintf(
        stderr, "\r[%s] %3zu %%  %zu of %zu %s  %.0f s ", bar, done * 100 / total, done, total,
        unit, seconds
    );
    fflush(stderr);
}

void progress_clear(struct progress *p) {
    if (p->is_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        p->is_shown = false;
    }
}
