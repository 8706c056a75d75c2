/* What the next handlers will touch, fetched while others run. */
#include "script/guest.h"

#define WATCH_EVERY 4       /* handlers for one that is watched: a burst is not to be slowed much */
#define WATCH_AGAIN 64      /* to twice as many of one activation, until the next that is watched */
#define GUEST_HEAD 192      /* what every event touches of struct guest */
#define FOOTPRINT_USUAL 320 /* bytes of a footprint as they usually are */

int fetch_init(struct host *h) {
    if (!h->options.fetch_ahead) {
        return 0;
    }
    h->notes = footprint_notes_new();
    return h->notes ? 0 : E_MEMORY;
}

void fetch_free(struct host *h) {
    footprint_notes_free(h->notes);
}

/* Other kinds come too seldom. */
static struct guest_footprint *footprint_of(struct guest *g, enum event_kind kind) {
    return kind == EVENT_CANDLE   ? &g->footprints[0]
           : kind == EVENT_TICKER ? &g->footprints[1]
                                  : NULL;
}

bool guest_watch_begin(struct guest *g, enum event_kind kind) {
    struct host *h = g->host;
    struct guest_footprint *f = footprint_of(g, kind);
    if (!f) {
        return false;
    }
    f->rest -= f->rest > 0;
    h->watch_rest -= h->watch_rest > 0;
    if (f->rest > 0 || h->watch_rest > 0 || !footprint_watch(g->sandbox, h->notes)) {
        return false;
    }
    h->watch_rest = WATCH_EVERY;
    f->rest = WATCH_AGAIN + (int)(g->activation % WATCH_AGAIN); /* not all in one burst */
    footprint_note(g->sandbox, REF_API);
    footprint_note(g->sandbox, REF_KEY_NOW);
    return true;
}

void guest_watch_end(struct guest *g, enum event_kind kind) {
    struct guest_footprint *f = footprint_of(g, kind);
    if (g->sandbox) {
        footprint_make(g->sandbox, &f->footprint);
    }
}

void guest_watch_forget(struct guest *g) {
    for (size_t i = 0; i < sizeof g->footprints / sizeof *g->footprints; i++) {
        g->footprints[i].footprint.count = 0;
        g->footprints[i].rest = 0;
    }
}

static struct guest *guest_at(const struct host *h, uint32_t activation) {
    return activation < (uint32_t)h->options.activations_max ? h->guests[activation] : NULL;
}

static void lines_fetch(const void *from, size_t size) {
    for (size_t i = 0; i < size; i += FOOTPRINT_LINE) {
        __builtin_prefetch((const char *)from + i);
    }
}

void host_fetch_soon(const struct host *h, uint32_t activation, enum event_kind kind) {
    struct guest *g = guest_at(h, activation);
    if (g) {
        const struct guest_footprint *f = footprint_of(g, kind);
        lines_fetch(g, GUEST_HEAD);
        if (f) {
            lines_fetch(f, FOOTPRINT_USUAL);
        }
    }
}

void host_fetch(const struct host *h, uint32_t activation, enum event_kind kind) {
    struct guest *g = guest_at(h, activation);
    const struct guest_footprint *f = g ? footprint_of(g, kind) : NULL;
    if (f) {
        footprint_fetch(&f->footprint);
    }
}
