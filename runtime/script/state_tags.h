/* state_tags: how self.state is written as bytes; shared by its encoder and decoder.
 *
 *   state  = STATE_VERSION table
 *   table  = TABLE count (key value)…   keys ascending: whole numbers, then strings by bytes
 *          | ARRAY count value…         keys 1 to count, count > 0
 *   value  = FALSE | TRUE | WHOLE zigzag | DOUBLE 8 bytes, little-endian | STRING length bytes |
 * table key    = WHOLE | STRING
 *
 * Counts, lengths and zigzags are varints, 7 bits a byte, lowest first. One value has one encoding,
 * so equal states are equal bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define STATE_VERSION 1
#define STATE_DEPTH_MAX 16

enum state_tag {
    STATE_FALSE = 1,
    STATE_TRUE,
    STATE_WHOLE,
    STATE_DOUBLE,
    STATE_STRING,
    STATE_TABLE,
    STATE_ARRAY,
};

/* Whole numbers below it in size are told apart by a double. */
#define STATE_WHOLE_LIMIT 9007199254740992.0

/* Whether a key is written without quotes: letters, digits and _, not beginning with a digit. */
bool is_plain_name(const char *text, size_t length);

/* Whether a number is written as WHOLE; -0 is not. */
bool number_is_whole(double x);
