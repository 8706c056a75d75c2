/* host_face: the two ways from an engine to a script host in the same process: by function calls,
 * or with every message written as bytes and read back, its answers held for a while if wanted,
 * which is the seam at which a worker process is cut in. Both give the same effects.
 * No time, no threads; the owner frees. */
#pragma once

#include "engine/engine.h"
#include "script/host.h"

struct host_face;

enum host_face_kind { FACE_DIRECT, FACE_BYTES, FACE_DELAYED };

/* The engine is set after it was made with the face's port. seed: of the delays. */
MUST_CHECK int host_face_new(
    struct host_face **out,
    enum host_face_kind kind,
    const struct host_options *options,
    uint64_t seed,
    struct err *e
);
void host_face_set_engine(struct host_face *f, struct engine *e);
void host_face_free(struct host_face *f);

struct host_port_out host_face_port(struct host_face *f);
struct host *host_face_host(struct host_face *f);

/* FACE_DELAYED: whether answers are held. */
bool host_face_holds(const struct host_face *f);
/* FACE_DELAYED: one tick of waiting; answers that are due go to the engine. */
void host_face_tick(struct host_face *f);
