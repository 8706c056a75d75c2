/* frame: how records lie in a journal segment or a snapshot.
 *
 *   file     header (64 bytes), frames, then zeros or the end
 *   frame    length u32 | crc u32 | sequence u64 | durable u64 | payload | zeros up to 8 bytes
 *
 * The CRC-32C covers all of a frame but itself, the padding included. `durable` is the last
 * sequence that was known to be synced when the frame was written: a bad frame at or before the
 * `durable` of a later good one is damage, any other is what a crash left of a write. A length of 0
 * is the end. All little-endian. Pure. */
#pragma once

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

#define FRAME_HEADER_BYTES 24
#define FRAME_ALIGN 8
#define FILE_HEADER_BYTES 64
#define STORE_VERSION 1
#define FRAME_PAYLOAD_MAX ((size_t)8 << 20) /* no record is longer, whatever the options say */

enum store_file_kind { STORE_JOURNAL, STORE_SNAPSHOT };

struct file_header {
    enum store_file_kind kind;
    uint64_t index; /* of the segment, growing; 0 in a snapshot */
    uint64_t first; /* first sequence; in a snapshot the sequence that it is the state after */
};

/* A whole frame for a payload of that length. */
static inline size_t frame_bytes(size_t length) {
    return (FRAME_HEADER_BYTES + length + FRAME_ALIGN - 1) & ~(size_t)(FRAME_ALIGN - 1);
}

struct frame {
    uint64_t sequence, durable;
    const char *payload;
    size_t length;
};

/* Puts length and sequence in place, and zeros behind the payload, which is or will be at
 * out + FRAME_HEADER_BYTES. */
void frame_start(char *out, uint64_t sequence, size_t length);
/* Stamps a started frame as it is written. */
void frame_seal(char *frame, uint64_t durable);
uint64_t frame_sequence(const char *frame);
size_t frame_length(const char *frame);

enum frame_state {
    FRAME_GOOD,
    FRAME_END,   /* length 0 */
    FRAME_SHORT, /* goes on behind bytes[size): *need says how much is wanted in all */
    FRAME_BAD,
};

/* What bytes[0..FRAME_HEADER_BYTES) say, unchecked. */
void frame_peek(const char *bytes, struct frame *out);
/* Looks at the frame that begins at bytes[0..size); *need is its length in bytes when GOOD. */
enum frame_state frame_read(const char *bytes, size_t size, struct frame *out, size_t *need);

void file_header_write(char out[FILE_HEADER_BYTES], const struct file_header *header);
/* E_DATA: no header of ours; E_VERSION: of another version. */
MUST_CHECK int
file_header_read(const char *bytes, size_t size, struct file_header *out, struct err *e);
