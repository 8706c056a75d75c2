/* What a worker may write: any cursors and any bytes in the ring to the core, read as the core
 * reads it, and any cursor of the reader while the core writes. Whatever is in them, reading ends,
 * copies nothing beyond its room, and every message it finds is refused or is one. The first 16
 * bytes are the cursors, the rest is what lies in the ring. */
#include "script/message.h"
#include "worker/ring.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY 4096
#define MESSAGES_MAX (CAPACITY / 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As a worker looks at what is to come. */
static void looking(struct byte_ring reader) {
    char head[MESSAGE_EVENT_HEAD];
    uint64_t position = reader.position;
    uint32_t activation;
    enum event_kind kind;
    size_t length;
    int count = 0;
    while ((length = ring_look(&reader, &position, head, sizeof head)) > 0) {
        bool is_event = message_event_head(head, length, &activation, &kind);
        if (length > sizeof head || ++count > MESSAGES_MAX || (is_event && length < sizeof head)) {
            abort();
        }
    }
}

static void reading(struct ring_shared *shared, char *bytes) {
    static char block[64 * 1024] __attribute__((aligned(16)));
    struct byte_ring reader;
    char *out = malloc(CAPACITY);
    int count = 0;
    size_t length;
    if (!out) {
        return;
    }
    ring_begin(&reader, shared, bytes, CAPACITY);
    looking(reader);
    while (ring_read(&reader, out, CAPACITY, &length) == 0 && length > 0) {
        struct arena arena;
        struct message m;
        struct err e;
        arena_init(&arena, block, sizeof block);
        int code = message_decode(out, length, &arena, &m, &e);
        if (length > ring_message_max(CAPACITY) || ++count > MESSAGES_MAX ||
            (code != 0 && e.msg[0] == '\0')) {
            abort();
        }
    }
    free(out);
}

static void writing(struct ring_shared *shared, char *bytes, uint64_t cursor) {
    struct byte_ring writer;
    char message[100] = {0};
    ring_begin(&writer, shared, bytes, CAPACITY);
    for (int i = 0; i < 80; i++) {
        int code = ring_write(&writer, message, sizeof message);
        if (code != 0 && code != E_LIMIT && code != E_DATA) {
            abort();
        }
        if (i == 20) {
            atomic_store(&shared->read, cursor);
        }
        if (writer.position - writer.other > CAPACITY) {
            abort(); /* it would write over what is not read */
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ring_shared shared;
    uint64_t cursors[2];
    if (size < sizeof cursors) {
        return 0;
    }
    char *bytes = calloc(1, CAPACITY);
    if (!bytes) {
        return 0;
    }
    memcpy(cursors, data, sizeof cursors);
    size -= sizeof cursors;
    memcpy(bytes, data + sizeof cursors, size < CAPACITY ? size : CAPACITY);
    memset(&shared, 0, sizeof shared);
    atomic_store(&shared.written, cursors[0]);
    reading(&shared, bytes);
    memset(&shared, 0, sizeof shared);
    writing(&shared, bytes, cursors[1]);
    free(bytes);
    return 0;
}
