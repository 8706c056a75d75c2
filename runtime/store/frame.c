#include "store/frame.h"

#include "store/crc32c.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "files are little-endian");

enum { AT_LENGTH = 0, AT_CRC = 4, AT_SEQUENCE = 8, AT_DURABLE = 16 };
enum { AT_MAGIC = 0, AT_VERSION = 8, AT_HEADER_CRC = 12, AT_INDEX = 16, AT_FIRST = 24 };

static const char magics[][9] = {[STORE_JOURNAL] = "TBSTJRNL", [STORE_SNAPSHOT] = "TBSTSNAP"};

static uint32_t u32_at(const char *bytes) {
    uint32_t v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

static uint64_t u64_at(const char *bytes) {
    uint64_t v;
    memcpy(&v, bytes, sizeof v);
    return v;
}

void frame_start(char *out, uint64_t sequence, size_t length) {
    uint32_t size = (uint32_t)length;
    memset(out, 0, FRAME_HEADER_BYTES);
    memcpy(out + AT_LENGTH, &size, sizeof size);
    memcpy(out + AT_SEQUENCE, &sequence, sizeof sequence);
    size_t end = FRAME_HEADER_BYTES + length;
    memset(out + end, 0, frame_bytes(length) - end);
}

static uint32_t frame_crc(const char *frame, size_t length) {
    uint32_t crc = crc32c(0, frame + AT_LENGTH, sizeof(uint32_t));
    return crc32c(crc, frame + AT_SEQUENCE, frame_bytes(length) - AT_SEQUENCE);
}

void frame_seal(char *frame, uint64_t durable) {
    memcpy(frame + AT_DURABLE, &durable, sizeof durable);
    uint32_t crc = frame_crc(frame, frame_length(frame));
    memcpy(frame + AT_CRC, &crc, sizeof crc);
}

uint64_t frame_sequence(const char *frame) {
    return u64_at(frame + AT_SEQUENCE);
}

size_t frame_length(const char *frame) {
    return u32_at(frame + AT_LENGTH);
}

void frame_peek(const char *bytes, struct frame *out) {
    *out = (struct frame){
        .sequence = frame_sequence(bytes),
        .durable = u64_at(bytes + AT_DURABLE),
        .payload = bytes + FRAME_HEADER_BYTES,
        .length = frame_length(bytes),
    };
}

enum frame_state frame_read(const char *bytes, size_t size, struct frame *out, size_t *need) {
    *need = FRAME_HEADER_BYTES;
    if (size >= sizeof(uint32_t) && u32_at(bytes) == 0) {
        return FRAME_END;
    }
    if (size < FRAME_HEADER_BYTES) {
        return FRAME_SHORT;
    }
    size_t length = frame_length(bytes);
    if (length > FRAME_PAYLOAD_MAX) {
        return FRAME_BAD;
    }
    *need = frame_bytes(length);
    if (size < *need) {
        return FRAME_SHORT;
    }
    frame_peek(bytes, out);
    bool is_good = u32_at(bytes + AT_CRC) == frame_crc(bytes, length);
    return is_good && out->durable < out->sequence ? FRAME_GOOD : FRAME_BAD;
}

void file_header_write(char out[FILE_HEADER_BYTES], const struct file_header *header) {
    uint32_t version = STORE_VERSION;
    memset(out, 0, FILE_HEADER_BYTES);
    memcpy(out + AT_MAGIC, magics[header->kind], 8);
    memcpy(out + AT_VERSION, &version, sizeof version);
    memcpy(out + AT_INDEX, &header->index, sizeof header->index);
    memcpy(out + AT_FIRST, &header->first, sizeof header->first);
    uint32_t crc = crc32c(0, out, FILE_HEADER_BYTES);
    memcpy(out + AT_HEADER_CRC, &crc, sizeof crc);
}

int file_header_read(const char *bytes, size_t size, struct file_header *out, struct err *e) {
    if (size < FILE_HEADER_BYTES) {
        return err_set(e, E_DATA, "the file ends within its header");
    }
    for (size_t kind = 0; kind < sizeof magics / sizeof magics[0]; kind++) {
        if (memcmp(bytes + AT_MAGIC, magics[kind], 8) != 0) {
            continue;
        }
        char copy[FILE_HEADER_BYTES];
        memcpy(copy, bytes, sizeof copy);
        memset(copy + AT_HEADER_CRC, 0, sizeof(uint32_t));
        if (u32_at(bytes + AT_HEADER_CRC) != crc32c(0, copy, sizeof copy)) {
            return err_set(e, E_DATA, "the header of the file is damaged");
        }
        if (u32_at(bytes + AT_VERSION) != STORE_VERSION) {
            return err_set(
                e, E_VERSION, "the file is of format %u, this program reads %d",
                u32_at(bytes + AT_VERSION), STORE_VERSION
            );
        }
        *out = (struct file_header
        ){(enum store_file_kind)kind, u64_at(bytes + AT_INDEX), u64_at(bytes + AT_FIRST)};
        return 0;
    }
    return err_set(e, E_DATA, "the file has no header of this program");
}
