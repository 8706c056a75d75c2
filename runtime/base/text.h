/* text: small questions about bytes that several modules ask. Pure. */
#pragma once

#include <stddef.h>

/* The length (1 to 4) of the UTF-8 character at text[0..length), length > 0; 0 when the bytes there
 * are none (a stray byte, cut off, overlong, a surrogate, past U+10FFFF). */
size_t text_utf8_length(const char *text, size_t length);
