/* progress: one line on a terminal that shows how far long work has come, after its first second;
 * nothing elsewhere. Time: the machine's monotonic clock, for the second and the rate of drawing.
 * One thread; the struct is the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    bool is_terminal;
    bool is_shown;
    int64_t start_ns;
    int64_t drawn_ns;
};

void progress_init(struct progress *p);
void progress_show(struct progress *p, const char *unit, size_t done, size_t total);
/* Takes the line away: before anything else is printed. */
void progress_clear(struct progress *p);
