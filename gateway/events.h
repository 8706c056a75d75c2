/* events: server-sent events of each user: orders, fills, signals, logs, faults and status changes
 * as they happen, to all of the user's readers.
 *
 * The last EVENTS_KEPT of a user are kept, so that a reader that comes again with Last-Event-ID
 * misses nothing while they reach; where they do not, it is told so first (event `gap`). Nothing is
 * kept for a user that nobody listens to: keeping begins with the first reader and ends
 * EVENTS_LINGER_NS after the last. An id is "RUN-COUNT": RUN tells this process from an earlier
 * one. One thread; the owner frees. */
#pragma once

#include "base/buffer.h"
#include "base/err.h"

#include <stdint.h>

#define EVENTS_KEPT 512
#define EVENTS_BYTES_MAX ((size_t)256 << 10) /* kept of a user */
#define EVENTS_READERS_MAX 8                 /* of a user */
#define EVENTS_LINGER_NS ((int64_t)600 * 1000000000)
#define EVENTS_PULSE_NS ((int64_t)15 * 1000000000) /* a comment, so that dead readers are found */

struct events;
struct http_exchange;

MUST_CHECK int events_new(struct events **out, uint64_t run, struct err *e);
void events_free(struct events *events);

/* Whether anybody would hear of this user's events: asked before they are written. */
bool events_wanted(const struct events *events, const char *user);
void events_tell(
    struct events *events, const char *user, const char *kind, const char *json, size_t length
);
/* Whether the user may have one more reader. */
bool events_have_room(const struct events *events, const char *user);
/* Begins a stream on the exchange; last_id may be NULL. */
void events_listen(
    struct events *events,
    const char *user,
    struct http_exchange *x,
    const char *last_id,
    size_t last_id_length
);
/* The stream is over. */
void events_gone(struct events *events, const struct http_exchange *x);
void events_tick(struct events *events, int64_t now_ns);
int events_reader_count(const struct events *events);
