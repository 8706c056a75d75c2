/* fault_points: named places on the way of an order where a crash is worth a test. Built only with
 * TRADINGBOOST_FAULT_POINTS; otherwise CRASH_POINT is nothing.
 *
 * What a point does is the hook's: the simulation leaves the process's code there and recovers from
 * what its disk has kept; in the program, the environment variable TRADINGBOOST_FAULT_POINT
 * ("SENT_BEFORE:3": at the third time) ends the process as kill -9 would. One thread, that of the
 * engine or of the journal's writer; no time. */
#pragma once

/* Places in the engine (E) and in the store (S), before and after what they name. */
#define FAULT_POINTS(X)                                                                            \
    X(ANSWER_BEFORE) /* E: a handler's answer is applied */                                        \
    X(ANSWER_AFTER)                                                                                \
    X(CHECKS_BEFORE) /* E: an order's checks */                                                    \
    X(CHECKS_AFTER)                                                                                \
    X(NUMBER_BEFORE) /* E: an order gets its number */                                             \
    X(NUMBER_AFTER)                                                                                \
    X(RECORD_BEFORE) /* E: a record goes into the journal */                                       \
    X(RECORD_AFTER)                                                                                \
    X(DURABLE_BEFORE) /* E: what waited for a record leaves */                                     \
    X(DURABLE_AFTER)                                                                               \
    X(SEND_BEFORE) /* E: a request is handed to the venue */                                       \
    X(SEND_AFTER)                                                                                  \
    X(REPORT_BEFORE) /* E: a venue's word is applied */                                            \
    X(REPORT_RECORDED)                                                                             \
    X(REPORT_AFTER)                                                                                \
    X(FILL_BEFORE) /* E: a fill is booked */                                                       \
    X(FILL_AFTER)                                                                                  \
    X(SNAPSHOT_BEFORE) /* E: an activation is described */                                         \
    X(SNAPSHOT_AFTER)                                                                              \
    X(WRITE_BEFORE) /* S: bytes of a segment */                                                    \
    X(WRITE_AFTER)                                                                                 \
    X(SYNC_BEFORE) /* S: of a segment */                                                           \
    X(SYNC_AFTER)                                                                                  \
    X(SEGMENT_BEFORE) /* S: a segment gets its name */                                             \
    X(SEGMENT_AFTER)

enum fault_point {
#define X(name) FAULT_POINT_##name,
    FAULT_POINTS(X)
#undef X
    FAULT_POINT_COUNT,
};

#ifdef TRADINGBOOST_FAULT_POINTS
extern void (*fault_point_hook)(enum fault_point point);
const char *fault_point_name(enum fault_point point);
#define CRASH_POINT(name) fault_point_hook(FAULT_POINT_##name)
#else
#define CRASH_POINT(name) ((void)0)
#endif
