/* crc32c: the checksum of journal and snapshot records (Castagnoli), by the processor's instruction
 * where it has one and by tables elsewhere, with the same result. Pure, any thread. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Goes on from crc, 0 at first; what is summed in parts equals what is summed whole. */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t length);

/* The way by tables, for the test that compares. */
uint32_t crc32c_portable(uint32_t crc, const void *bytes, size_t length);
