/* worker_liar: a worker gone over to the enemy. It answers its starts, so that the pool takes it
 * for one of its own, and from then on writes whatever it likes into the memory that it shares with
 * the core: messages of any bytes, well-formed ones that nobody asked for, cursors, lengths, its
 * slot. Which lies depends on its process id and the time; run by test_pool_liar. */
#include "unit/script/message_samples.h"
#include "worker/link.h"

#include "base/random.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LIES 400

static struct link core;
static struct random lot;
static char bytes[1 << 16];
static struct sample samples[SAMPLE_MAX];
static int sample_count;

static void send(size_t length) {
    if (length > 0 && ring_write(&core.out, bytes, length) == 0) {
        link_wake_other(&core);
    }
}

static void send_damaged_sample(void) {
    const struct sample *s = &samples[random_below(&lot, (uint64_t)sample_count)];
    memcpy(bytes, s->bytes, s->length);
    for (uint64_t n = random_below(&lot, 4); n > 0; n--) {
        bytes[random_below(&lot, s->length)] ^= (char)(1 << random_below(&lot, 8));
    }
    send(s->length);
}

/* Events are read, and answered for once or with something that nobody can have asked. */
static void answer_truly(void) {
    static char event_bytes[1 << 21], block[1 << 21] __attribute__((aligned(16)));
    struct arena arena;
    struct message m;
    struct err e;
    size_t length;
    arena_init(&arena, block, sizeof block);
    while (ring_read(&core.in, event_bytes, sizeof event_bytes, &length) == 0 && length > 0) {
        arena_reset(&arena);
        if (message_decode(event_bytes, length, &arena, &m, &e) == 0 && m.kind == MESSAGE_EVENT) {
            struct ask ask;
            struct done done = {.number = m.u.event.number, .activation = m.u.event.activation};
            sample_ask((enum ask_kind)random_below(&lot, ASK_FINISH + 1), &ask);
            ask.symbol = (uint16_t)(random_below(&lot, 30) == 0);
            ask.u.request.symbol = ask.kind == ASK_PLACE ? ask.symbol : ask.u.request.symbol;
            done.asks = &ask;
            done.ask_count = (int)random_below(&lot, 2);
            send(message_encode_done(&done, bytes, sizeof bytes));
        }
    }
}

/* Well-formed answers of activations that may be another worker's, to numbers that may be out. */
static void send_forged_done(void) {
    struct ask asks[3];
    struct done done = {
        .number = random_below(&lot, 200),
        .activation = (uint32_t)random_below(&lot, 12),
        .asks = asks,
        .ask_count = (int)random_below(&lot, 4),
        .subscription = {.watch_count = 1, .watches = {{(uint16_t)random_below(&lot, 4), 60000}}},
    };
    for (int i = 0; i < done.ask_count; i++) {
        sample_ask((enum ask_kind)random_below(&lot, ASK_FINISH + 1), &asks[i]);
        asks[i].symbol = (uint16_t)random_below(&lot, 3);
    }
    send(message_encode_done(&done, bytes, sizeof bytes));
}

static void send_forged_other(void) {
    struct message_state state = {
        (uint32_t)random_below(&lot, 12), random_below(&lot, 200), "\1\0\2", 3};
    struct series_request request = {
        (uint32_t)random_below(&lot, 12), (uint16_t)random_below(&lot, 3),
        (int64_t)random_below(&lot, 3) * 60000, 1};
    switch (random_below(&lot, 3)) {
    case 0:
        send(message_encode_state(&state, bytes, sizeof bytes));
        break;
    case 1:
        send(message_encode_series_request(&request, bytes, sizeof bytes));
        break;
    default:
        send(message_encode_close((uint32_t)random_below(&lot, 12), bytes, sizeof bytes));
        break;
    }
}

static void scribble(void) {
    struct link_memory *m = core.memory;
    _Atomic uint64_t *const cursors[] = {
        &m->to_core.written, &m->to_core.read, &m->to_worker.read, &m->to_worker.written,
        &m->slot.number};
    uint64_t step = random_below(&lot, 2) ? random_below(&lot, 64) : random_next(&lot);
    atomic_fetch_add(cursors[random_below(&lot, 5)], step);
    atomic_store(&m->slot.activation, (uint32_t)random_next(&lot));
    atomic_fetch_add(&m->slot.beat, 1);
    m->options.ring_bytes = random_next(&lot);
    memset(m->slot.trouble, (int)random_below(&lot, 256), sizeof m->slot.trouble);
    for (int i = 0; i < 64; i++) {
        core.in.bytes[random_below(&lot, core.in.capacity)] = (char)random_next(&lot);
        core.out.bytes[random_below(&lot, core.out.capacity)] = (char)random_next(&lot);
    }
    link_wake_other(&core);
}

/* Some are found out at once, some live for a while. */
static void lie(uint64_t boldness) {
    uint64_t kind = random_below(&lot, 200);
    if (kind < boldness) {
        scribble();
    } else if (kind < 2 * boldness) {
        send_damaged_sample();
    } else if (kind < 100) {
        answer_truly();
    } else if (kind < 101) {
        send_forged_other();
    } else {
        send_forged_done();
    }
}

int main(void) {
    struct err e;
    struct timespec now;
    if (link_open(&core, &e) != 0) {
        return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    random_seed(&lot, (uint64_t)getpid() * 1000003 + (uint64_t)now.tv_nsec);
    sample_count = samples_make(samples);
    atomic_store(&core.memory->slot.is_confined, 1);
    link_wake_other(&core);
    uint64_t boldness = random_below(&lot, 3) * random_below(&lot, 8);
    for (int i = 0; i < LIES; i++) {
        const struct timespec pause = {.tv_nsec = 20000};
        lie(boldness);
        nanosleep(&pause, NULL);
    }
    if (random_below(&lot, 2)) {
        abort();
    }
    return (int)random_below(&lot, 3);
}
