/* message_codec: one walk over a message for both ways. A codec either writes what it is shown or
 * reads it back into the same places, so that the two cannot disagree. Little-endian, no padding.
 *
 * The first failure sticks and later steps do nothing: codec.code is asked once at the end. While
 * writing, nothing shown is changed. While reading, texts and arrays come from the arena. Used
 * by the messages and by the engine's records. */
#pragma once

#include "script/message.h"

#include <string.h>

struct codec {
    bool is_writing;
    char *out;      /* writing */
    const char *in; /* reading */
    size_t length, position;
    struct arena *arena;
    int code; /* 0, E_DATA, E_MEMORY; writing: E_LIMIT when it does not fit */
};

void codec_fail(struct codec *c, int code);
void codec_bytes(struct codec *c, void *bytes, size_t size);
void codec_u8(struct codec *c, uint8_t *v);
void codec_u16(struct codec *c, uint16_t *v);
void codec_u32(struct codec *c, uint32_t *v);
void codec_u64(struct codec *c, uint64_t *v);
void codec_i64(struct codec *c, int64_t *v);
/* An int from min to max. */
void codec_int(struct codec *c, int *v, int min, int max);
void codec_bool(struct codec *c, bool *v);
void codec_double(struct codec *c, double *v);
void codec_decimal(struct codec *c, struct decimal *v);
/* An array of chars with a NUL; what is behind the NUL is cleared. */
void codec_chars(struct codec *c, char *text, size_t capacity);
/* A text; NULL stays NULL. */
void codec_text(struct codec *c, const char **text);
/* Bytes of any value; NULL stays NULL. A NUL follows them when read. */
void codec_blob(struct codec *c, const char **bytes, size_t *length);
/* A count of elements and, when reading, cleared room for them; NULL when there are none. */
void *codec_array(struct codec *c, const void *array, int *count, size_t size);

/* An enum whose values are 0 … last. */
#define CODEC_ENUM(c, v, last)                                                                     \
    do {                                                                                           \
        int codec_value = (int)*(v);                                                               \
        codec_int(c, &codec_value, 0, (int)(last));                                                \
        if (!(c)->is_writing) {                                                                    \
            *(v) = (__typeof__(*(v)))codec_value;                                                  \
        }                                                                                          \
    } while (0)

/* message_parts.c: the structs of trade and market. */
void codec_instrument(struct codec *c, struct instrument *i);
void codec_bar(struct codec *c, struct bar *bar);
void codec_request(struct codec *c, struct order_request *r);
void codec_order(struct codec *c, struct order *o);
void codec_fill(struct codec *c, struct fill *f);
void codec_position(struct codec *c, struct position *p);
void codec_settings(struct codec *c, const struct setting **settings, int *count);
/* With files, or NULL: a flag comes first. */
void codec_bundle_optional(struct codec *c, const struct script_bundle **bundle);
void codec_order_list(struct codec *c, struct order ***list, int *count);
void codec_position_list(struct codec *c, const struct record_position **list, int *count);
void codec_open(struct codec *c, struct activation_open *open);
void codec_bundle(struct codec *c, struct script_bundle *bundle);
void codec_ask(struct codec *c, struct ask *ask);

/* message.c */
void codec_fault(struct codec *c, struct fault *f);
void codec_done(struct codec *c, struct done *done);
