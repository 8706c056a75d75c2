/* time_text: times as people write them, UTC. Pure. */
#pragma once

#include <stdint.h>

#define TIME_TEXT_MAX 32

/* "2021-02-20", "2021-02-20T12:30", "2021-02-20T12:30:15" (a Z may follow), or milliseconds since
 * 1970. 0, or −1. */
int time_text_parse(const char *text, int64_t *time_ms);
/* "2021-02-20 12:30:15"; returns text. */
const char *time_text_format(int64_t time_ms, char text[TIME_TEXT_MAX]);
