/* What the source files of the pool share: pool.c (the face), pool_market.c (what every worker
 * knows), pool_scripts.c (versions of scripts), pool_worker.c (one worker's process and ring),
 * pool_watch.c (who hangs, who died), pool_take.c (what workers say). */
#pragma once

#include "base/arena.h"
#include "worker/backlog.h"
#include "worker/link.h"
#include "worker/pool.h"

#include <sys/types.h>

#define POOL_HISTORY 3000 /* bars of a series that a new worker gets */
#define POOL_WORKERS_MAX 256
#define TROUBLE_MAX 256

struct pool_worker {
    int index;
    bool is_alive; /* its process has not been buried */
    bool is_over;  /* it was killed or has ended: nothing is sent, the burial comes */
    struct link link;
    pid_t pid;
    int pid_fd;
    struct backlog backlog; /* what its ring did not take */
    uint32_t *script_users; /* activations here, by script */
    int open_count, out_count, start_count;
    /* The watchdog's. */
    uint64_t beat;
    int64_t beat_cpu_ns, quiet_ns, unanswered_ns;
    bool was_killed, has_hung;
    char trouble[TROUBLE_MAX]; /* why it was killed */
    /* After a death: */
    int failures; /* in a row, without a quiet life between them */
    int64_t born_ns, respawn_ns;
};

struct pool_activation {
    int worker;         /* −1: not open */
    int closing_worker; /* which has `closing` closes to confirm */
    int closing;
    uint32_t script;
    int edit; /* the version whose EVENT_EDIT is out; −1: none */
    bool is_out;
    enum event_kind kind; /* of the event that is out */
    uint64_t number;
    uint64_t suspect_number; /* its handler ran when a worker was killed from outside */
};

struct pool_history {
    bool is_there;
    uint16_t symbol;
    int64_t timeframe_ms;
    uint64_t count; /* bars ever; the newest is at (count − 1) % POOL_HISTORY */
    struct pool_bar {
        uint64_t number;
        struct bar bar;
    } * bars;
};

struct pool_script { /* as a message of kind bundle; users 0: the place is free */
    uint64_t hash;
    const struct script_bundle *source; /* where it was made from last: only compared, never read */
    const struct script_file *files;
    char *bytes;
    size_t length;
    int users;
};

struct pool {
    struct pool_options options;
    struct pool_handlers handlers;
    struct pool_worker workers[POOL_WORKERS_MAX];
    int worker_count; /* places used */
    struct pool_activation *activations;
    struct instrument *instruments; /* an empty symbol: not told */
    struct pool_history *histories;
    struct pool_script *scripts;
    int script_count; /* one past the highest used */
    uint32_t *lost;   /* activations of the worker that is being buried */
    char *out;        /* a message on its way out */
    char *in;         /* one that came */
    size_t message_max;
    struct arena arena; /* of the message that came */
    void *arena_block;
    int epoll_fd, timer_fd;
    bool is_timer_set, is_polling;
    int64_t tick_ns; /* of the last tick */
    char death[512]; /* how the last worker that died did */
    struct pool_figures figures;
};

int64_t pool_now_ns(void);

/* pool_market.c */
MUST_CHECK int market_init(struct pool *p);
void market_free(struct pool *p);
void market_tell(struct pool *p, struct pool_worker *w);

/* pool_scripts.c */
/* The number of the script's version; −1 without memory. Each take needs a drop. */
int script_take(struct pool *p, const struct script_bundle *bundle);
void script_drop(struct pool *p, uint32_t script);
/* One more, one less activation with it at a worker, which is told when it is the first or last. */
void script_use(struct pool *p, struct pool_worker *w, uint32_t script);
void script_leave(struct pool *p, struct pool_worker *w, uint32_t script);
/* An EVENT_EDIT goes out with a version: taken and used until edit_end. −1 without memory. */
int edit_begin(struct pool *p, struct pool_worker *w, uint32_t activation, const struct script_bundle *bundle);
/* It is answered, or nobody waits for it any more; whether the new version runs from now on. */
void edit_end(struct pool *p, struct pool_worker *w, uint32_t activation, bool is_taken);

/* pool_worker.c */
MUST_CHECK int worker_spawn(struct pool *p, struct pool_worker *w, struct err *e);
void worker_end(struct pool *p, struct pool_worker *w); /* at once; forgets its process */
void worker_kill(struct pool *p, struct pool_worker *w, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void worker_tell(struct pool *p, struct pool_worker *w, const char *message, size_t length);
void worker_tell_all(struct pool *p, const char *message, size_t length);
void worker_flush(struct pool *p, struct pool_worker *w);

/* pool_take.c */
/* Handles at most `most` messages of a worker; how many there were. */
int worker_hear(struct pool *p, struct pool_worker *w, int most);

/* pool_watch.c */
void watch_begin(struct pool *p); /* something is out: the timer runs */
void watch_tick(struct pool *p);
void worker_bury(struct pool *p, struct pool_worker *w);
