/* What the source files of the worker process share: worker_main.c (start, waiting, sending),
 * worker_serve.c (what comes from the core). */
#pragma once

#include "script/deadline.h"
#include "worker/backlog.h"
#include "worker/deadline_watcher.h"
#include "worker/link.h"

/* States are captured when no event has come for so long: other workers may still be answering the
 * same burst and need the processor. */
#define CAPTURE_AFTER_NS ((int64_t)25000000)

/* Naps that the less well-behaved wait for an end of what comes, which may have none. */
#define LATER_NAPS_MAX 10

struct manners {    /* of an activation, since it was opened */
    uint8_t good;   /* events in a row handled without fault, in little time, up to GOOD_MIN */
    uint32_t later; /* of its events wait in `later` */
    uint32_t stale; /* before them, of the activation that had its place */
    uint64_t told;  /* number of the state that the core has */
};

#define AHEAD 2

struct ahead {         /* messages that come next, as far as they have been looked at */
    uint64_t position; /* in the ring, behind the last of them */
    int count;
    struct coming {
        bool is_event;
        uint32_t activation;
        enum event_kind kind;
    } next[AHEAD];
};

struct kept_bundle {
    uint32_t id;
    void *block; /* of its arena */
    const struct script_bundle *bundle;
};

struct worker {
    struct link link;
    struct host *host;
    struct deadline deadline;
    struct deadline_watcher *watcher;
    /* A message that comes while a start waits for its series needs bytes and an arena of its own.
     */
    char *bytes[2];
    struct arena arenas[2];
    char *answer;
    size_t message_max;
    struct ahead ahead;
    struct backlog skipped; /* came while a start waited */
    struct backlog later;   /* events of the less well-behaved */
    struct manners *manners;
    struct kept_bundle *bundles;
    int bundle_count, bundle_capacity;
    uint32_t starting; /* the activation whose start runs */
    int unsignalled;   /* answers since the core was woken */
    bool is_untold;    /* some state may have changed since states were told … */
    int64_t untold_ns; /* … first at that time */
    int64_t states_ns; /* when states were told last */
    int64_t event_ns;  /* when the last event was handled */
    bool is_busy;      /* an event was handled since the last nap */
    bool is_in_burst;  /* a message came since the last nap */
    int later_naps;    /* for whose sake `later` waited, since one of it was handled */
    bool has_captures; /* states may be to be captured */
    int64_t now_ns;    /* as last read */
};

/* worker_main.c */
int64_t worker_now_ns(struct worker *w);
void worker_beat(struct worker *w);
/* Waits for the core until the time, or for ever (−1). */
void worker_wait(struct worker *w, int64_t until_ns);
/* Sends what lies in `answer`; waits while the core's ring is full. */
void worker_send(struct worker *w, size_t length);
void worker_signal(struct worker *w);
_Noreturn void worker_fail(struct worker *w, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* worker_ahead.c */
/* A message was taken from the ring: looks at those behind it, so that what they need is on its way
 * into the caches while this one is handled. */
void worker_look_ahead(struct worker *w);

/* worker_serve.c */
/* Does one thing that is to be done; false when there is nothing. */
bool worker_step(struct worker *w);
/* host_port.series: asks the core. */
int worker_series(
    void *ctx,
    uint16_t symbol,
    int64_t timeframe_ms,
    uint64_t number,
    uint16_t *series,
    struct err *e
);
