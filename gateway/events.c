#include "gateway/events.h"

#include "base/hash.h"
#include "gateway/http_server.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BUCKETS 256
#define FRAME_MAX ((size_t)32 << 10)

struct event_text {
    uint64_t count;
    size_t length;
    char *frame; /* as it is sent */
};

struct audience {          /* of one user */
    struct audience *next; /* of the bucket */
    struct event_text kept[EVENTS_KEPT];
    int first, kept_count;
    size_t bytes;
    uint64_t lost; /* events up to that count may be missing */
    struct http_exchange *readers[EVENTS_READERS_MAX];
    int reader_count;
    int64_t left_ns; /* when the last reader went */
    char user[];
};

struct events {
    struct audience *buckets[BUCKETS];
    uint64_t run, count;
    int reader_count;
    int64_t now_ns, pulse_ns;
    struct buffer frame;
};

int events_new(struct events **out, uint64_t run, struct err *e) {
    struct events *events = calloc(1, sizeof *events);
    if (events == NULL) {
        return err_set(e, E_MEMORY, "no memory for events");
    }
    events->run = run;
    buffer_init(&events->frame, FRAME_MAX);
    *out = events;
    return 0;
}

static void oldest_drop(struct audience *a) {
    struct event_text *oldest = &a->kept[a->first];
    a->bytes -= oldest->length;
    a->lost = oldest->count;
    free(oldest->frame);
    a->first = (a->first + 1) % EVENTS_KEPT;
    a->kept_count--;
}

static void audience_free(struct audience *a) {
    while (a->kept_count > 0) {
        oldest_drop(a);
    }
    free(a);
}

void events_free(struct events *events) {
    for (int i = 0; events != NULL && i < BUCKETS; i++) {
        struct audience *next;
        for (struct audience *a = events->buckets[i]; a != NULL; a = next) {
            next = a->next;
            audience_free(a);
        }
    }
    if (events != NULL) {
        buffer_free(&events->frame);
    }
    free(events);
}

static unsigned bucket_of(const char *user) {
    return (unsigned)(hash_of(user, strlen(user)) % BUCKETS);
}

static struct audience *audience_find(const struct events *events, const char *user) {
    for (struct audience *a = events->buckets[bucket_of(user)]; a != NULL; a = a->next) {
        if (strcmp(a->user, user) == 0) {
            return a;
        }
    }
    return NULL;
}

bool events_wanted(const struct events *events, const char *user) {
    return audience_find(events, user) != NULL;
}

bool events_have_room(const struct events *events, const char *user) {
    const struct audience *a = audience_find(events, user);
    return a == NULL || a->reader_count < EVENTS_READERS_MAX;
}

int events_reader_count(const struct events *events) {
    return events->reader_count;
}

static bool event_keep(struct events *events, struct audience *a) {
    while (a->kept_count == EVENTS_KEPT ||
           (a->kept_count > 0 && a->bytes + events->frame.length > EVENTS_BYTES_MAX)) {
        oldest_drop(a);
    }
    struct event_text *slot = &a->kept[(a->first + a->kept_count) % EVENTS_KEPT];
    slot->frame = malloc(events->frame.length);
    if (slot->frame == NULL) {
        a->lost = events->count;
        return false;
    }
    memcpy(slot->frame, events->frame.data, events->frame.length);
    slot->length = events->frame.length;
    slot->count = events->count;
    a->bytes += slot->length;
    a->kept_count++;
    return true;
}

void events_tell(
    struct events *events, const char *user, const char *kind, const char *json, size_t length
) {
    struct audience *a = audience_find(events, user);
    if (a == NULL) {
        return;
    }
    events->count++;
    buffer_clear(&events->frame);
    buffer_appendf(
        &events->frame, "id: %" PRIx64 "-%" PRIu64 "\nevent: %s\ndata: ", events->run,
        events->count, kind
    );
    buffer_append(&events->frame, json, length);
    buffer_append_text(&events->frame, "\n\n");
    if (events->frame.code != 0 || !event_keep(events, a)) {
        return;
    }
    for (int i = a->reader_count - 1; i >= 0; i--) {
        http_stream_write(a->readers[i], events->frame.data, events->frame.length);
    }
}

/* The count behind which the reader has heard nothing; false when that is not known any more. */
static bool place_find(
    const struct events *events,
    const struct audience *a,
    const char *id,
    size_t length,
    uint64_t *from
) {
    char text[48];
    uint64_t run;
    uint64_t count;
    int end = 0;
    if (length >= sizeof text) {
        return false;
    }
    memcpy(text, id, length);
    text[length] = '\0';
    if (sscanf(text, "%16" SCNx64 "-%19" SCNu64 "%n", &run, &count, &end) != 2 ||
        text[end] != '\0' || run != events->run || count > events->count) {
        return false;
    }
    *from = count;
    return count >= a->lost;
}

static struct audience *audience_take(struct events *events, const char *user) {
    struct audience *a = audience_find(events, user);
    size_t length = strlen(user) + 1;
    if (a != NULL || (a = calloc(1, sizeof *a + length)) == NULL) {
        return a;
    }
    memcpy(a->user, user, length);
    a->lost = events->count;
    a->next = events->buckets[bucket_of(user)];
    events->buckets[bucket_of(user)] = a;
    return a;
}

static void kept_send(
    struct events *events,
    struct audience *a,
    struct http_exchange *x,
    const char *id,
    size_t length
) {
    uint64_t from = 0;
    if (id != NULL && !place_find(events, a, id, length, &from)) {
        static const char gap[] = "event: gap\ndata: {\"lost\":true}\n\n";
        from = 0;
        if (!http_stream_write(x, gap, sizeof gap - 1)) {
            return;
        }
    }
    for (int i = 0; i < a->kept_count && id != NULL; i++) {
        const struct event_text *text = &a->kept[(a->first + i) % EVENTS_KEPT];
        if (text->count > from && !http_stream_write(x, text->frame, text->length)) {
            return;
        }
    }
}

void events_listen(
    struct events *events,
    const char *user,
    struct http_exchange *x,
    const char *last_id,
    size_t last_id_length
) {
    static const char hello[] = "retry: 2000\n\n";
    struct audience *a = audience_take(events, user);
    if (a == NULL) {
        const struct http_answer busy = {.status = 503};
        http_answer(x, &busy);
        return;
    }
    a->readers[a->reader_count++] = x;
    events->reader_count++;
    http_stream_begin(x, "text/event-stream");
    bool is_there = a->reader_count > 0 && a->readers[a->reader_count - 1] == x;
    if (is_there && http_stream_write(x, hello, sizeof hello - 1)) {
        kept_send(events, a, x, last_id, last_id_length);
    }
}

void events_gone(struct events *events, const struct http_exchange *x) {
    for (int i = 0; i < BUCKETS; i++) {
        for (struct audience *a = events->buckets[i]; a != NULL; a = a->next) {
            for (int j = 0; j < a->reader_count; j++) {
                if (a->readers[j] == x) {
                    a->readers[j] = a->readers[--a->reader_count];
                    a->left_ns = events->now_ns;
                    events->reader_count--;
                    return;
                }
            }
        }
    }
}

static void pulse(const struct audience *a) {
    static const char comment[] = ":\n\n";
    for (int i = a->reader_count - 1; i >= 0; i--) {
        http_stream_write(a->readers[i], comment, sizeof comment - 1);
    }
}

void events_tick(struct events *events, int64_t now_ns) {
    bool is_pulse = now_ns - events->pulse_ns >= EVENTS_PULSE_NS;
    events->now_ns = now_ns;
    if (is_pulse) {
        events->pulse_ns = now_ns;
    }
    for (int i = 0; i < BUCKETS; i++) {
        struct audience **at = &events->buckets[i];
        while (*at != NULL) {
            struct audience *a = *at;
            if (is_pulse) {
                pulse(a);
            }
            if (a->reader_count == 0 && now_ns - a->left_ns > EVENTS_LINGER_NS) {
                *at = a->next;
                audience_free(a);
            } else {
                at = &a->next;
            }
        }
    }
}
