#include "base/text.h"

#include <stdbool.h>

static bool is_continuation(unsigned char byte) {
    return (byte & 0xC0) == 0x80;
}

size_t text_utf8_length(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    unsigned char lead = bytes[0];
    if (lead < 0x80) {
        return 1;
    }
    if (length < 2 || !is_continuation(bytes[1])) {
        return 0;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (length < 3 || !is_continuation(bytes[2])) {
        return 0;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        bool overlong = lead == 0xE0 && bytes[1] < 0xA0;
        bool surrogate = lead == 0xED && bytes[1] >= 0xA0;
        return overlong || surrogate ? 0 : 3;
    }
    if (length < 4 || !is_continuation(bytes[3]) || lead < 0xF0 || lead > 0xF4) {
        return 0;
    }
    bool overlong = lead == 0xF0 && bytes[1] < 0x90;
    bool too_high = lead == 0xF4 && bytes[1] >= 0x90;
    return overlong || too_high ? 0 : 4;
}
