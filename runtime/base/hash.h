/* hash: a 64-bit number for a text, the same on every machine and in every version: it decides who
 * is in which percent of a rollout and ends up in ids and files. FNV-1a with a last mixing, because
 * FNV alone leaves short texts close together in the high bits. Anyone can make two texts collide:
 * not for signatures, and a table keyed by strangers' text needs a secret start. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define HASH_START UINT64_C(0xCBF29CE484222325)

/* Goes on from state, HASH_START at first; what is hashed in parts equals what is hashed whole. */
uint64_t hash_add(uint64_t state, const void *bytes, size_t length);

/* The hash of everything added. */
uint64_t hash_end(uint64_t state);

/* The hash of one text. */
uint64_t hash_of(const void *bytes, size_t length);
