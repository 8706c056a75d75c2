#include "base/fault_points.h"

#ifdef TRADINGBOOST_FAULT_POINTS

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *fault_point_name(enum fault_point point) {
    static const char *const names[] = {
#define X(name) [FAULT_POINT_##name] = #name,
        FAULT_POINTS(X)
#undef X
    };
    return names[point];
}

/* "NAME" or "NAME:count"; the environment does not change while the program runs. */
static void point_kills(enum fault_point point) {
    static _Atomic long seen;
    const char *wanted = getenv("TRADINGBOOST_FAULT_POINT");
    const char *name = fault_point_name(point);
    size_t length = strlen(name);
    if (wanted == NULL || strncmp(wanted, name, length) != 0 ||
        (wanted[length] != '\0' && wanted[length] != ':')) {
        return;
    }
    long count = wanted[length] == ':' ? strtol(wanted + length + 1, NULL, 10) : 1;
    if (atomic_fetch_add(&seen, 1) + 1 == count) {
        raise(SIGKILL);
    }
}

void (*fault_point_hook)(enum fault_point point) = point_kills;

#else
/* A file is not empty. */
typedef int fault_points_are_off;
#endif
