/* link: what the core and one worker share: one piece of memory with a ring each way, the options
 * the worker is to run with and the slot in which it says what it is doing; and an eventfd each
 * way to wake the other.
 *
 * The core makes it, hands three descriptors to the child and keeps the rest. The memory is sealed
 * so that the child cannot shrink it under the core. Whatever the child may write is read by the
 * core as numbers that may be anything. No time; each side's functions on that side's thread. */
#pragma once

#include "script/host.h"
#include "worker/ring.h"

#define LINK_VERSION 1
#define LINK_TROUBLE_MAX 256

/* Descriptors of a worker, given by the core; the memory's is closed once it is mapped. */
enum { LINK_WAKE_WORKER = 3, LINK_WAKE_CORE = 4, LINK_MEMORY = 5, LINK_DESCRIPTORS_END = 6 };

struct link_options { /* written by the core before the child exists */
    struct host_limits limits;
    int activations_max, instruments_max, series_max;
    int sandboxes_max;   /* at once */
    uint64_t ring_bytes; /* of each ring */
    int32_t core_pid;
};

struct link_slot {                      /* written by the worker */
    _Alignas(64) _Atomic uint64_t beat; /* grows while it works or waits for the core */
    _Atomic uint64_t number;            /* of the event that it handles; 0: none */
    _Atomic uint32_t activation;        /* of that event */
    _Atomic uint32_t is_confined;
    char trouble[LINK_TROUBLE_MAX]; /* why it could not start */
};

struct link_memory {
    uint64_t version;
    struct link_options options;
    struct link_slot slot;
    struct ring_shared to_worker, to_core;
};

struct link {
    struct link_memory *memory;
    size_t size;
    struct byte_ring out, in; /* as this side sees them */
    int memory_fd;            /* −1 in the worker */
    int wake_other, wake_self;
};

/* The core's side. */
MUST_CHECK int link_new(struct link *link, const struct link_options *options, struct err *e);
void link_free(struct link *link);

/* The worker's side, from the descriptors above. */
MUST_CHECK int link_open(struct link *link, struct err *e);

void link_wake_other(const struct link *link);
/* Takes back what woke this side. */
void link_awake(const struct link *link);
/* The ring that any message of a host with those limits fits into. */
size_t link_ring_bytes(const struct host_limits *limits);
