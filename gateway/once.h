/* once: requests that make something and carry an Idempotency-Key make it once, also over a
 * restart.
 *
 * Two places remember. The answers of this process are kept as they were given (idempotency.h):
 * also of what made nothing. What was made is in the engine with the hash of its key
 * (engine/request.h), as long as its records are: where this process has no answer, the engine is
 * asked before anything is made, and the answer is told from what is so now. A key belongs to the
 * user who sent it, and to one path and body. The machine's clock decides how old a key is. One
 * thread. */
#pragma once

#include "gateway/call.h"

/* 0: go on, or *is_known: the answer is in c->out. Else refused with *e. */
MUST_CHECK int once_begin(struct call *c, bool *is_known, struct err *e);
/* Whether the request may make that many things; asked where it is more than one. */
MUST_CHECK int once_room(struct call *c, int count, struct err *e);
/* What a thing is made with: the item counts them from 0. NULL: the request has no key. */
const struct request_key *once_key(struct call *c, int item);
/* What it has made before; what came to nothing and may be tried again does not count. */
bool once_made(struct call *c, int item, struct request_view *out);
