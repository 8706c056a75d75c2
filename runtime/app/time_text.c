#include "app/time_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int milliseconds_parse(const char *text, int64_t *time_ms) {
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno != 0 || *end != '\0' || value < 0) {
        return -1;
    }
    *time_ms = value;
    return 0;
}

int time_text_parse(const char *text, int64_t *time_ms) {
    struct tm tm = {0};
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
    if (strchr(text, '-') == NULL) {
        return isdigit((unsigned char)text[0]) ? milliseconds_parse(text, time_ms) : -1;
    }
    if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3) {
        return -1;
    }
    const char *rest = text + used;
    if (*rest == 'T' || *rest == ' ') {
        if (sscanf(rest + 1, "%2d:%2d%n", &hour, &minute, &used) != 2) {
            return -1;
        }
        rest += 1 + used;
        if (*rest == ':' && sscanf(rest, ":%2d%n", &second, &used) == 1) {
            rest += used;
        }
    }
    if (strcmp(rest, "") != 0 && strcmp(rest, "Z") != 0) {
        return -1;
    }
    tm.tm_year = year - 1900;
    tm.tm_mon = month - 1;
    tm.tm_mday = day;
    tm.tm_hour = hour;
    tm.tm_min = minute;
    tm.tm_sec = second;
    int64_t seconds = timegm(&tm);
    /* timegm accepts the 31st of February: what comes back must be what was given. */
    if (seconds < 0 || tm.tm_mon != month - 1 || tm.tm_mday != day || tm.tm_hour != hour ||
        tm.tm_min != minute || tm.tm_sec != second) {
        return -1;
    }
    *time_ms = seconds * 1000;
    return 0;
}

const char *time_text_format(int64_t time_ms, char text[TIME_TEXT_MAX]) {
    time_t seconds = time_ms / 1000;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    strftime(text, TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
    return text;
}
