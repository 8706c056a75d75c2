/* fault_points: named places on the way of an order where a crash is worth a test. Built only with
 * TRADINGBOOST_FAULT_POINTS; otherwise CRASH_POINT is nothing.
 *
 * What a point does is the hook's: the simulation leaves the process's code there and recovers from
 * what its disk has kept; in the program, the environment variable TRADINGBOOST_FAULT_POINT
 * ("SEND_BEFORE:3": at the third time) ends the process as kill -9 would. Any
 * thread: that of the engine, of the journal's writer or of the tables; no time. */
#pragma once

/* Places in the engine and the paper venue (E), in the store (S) and in the tables (T), before and
 * after what they name; docs/reference/crash-points.md says which step of an order each is. */
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
    X(FRAME_BEFORE) /* E: a request is made of its order */                                        \
    X(FRAME_AFTER)                                                                                 \
    X(SEND_BEFORE) /* E: a request is handed to the venue */                                       \
    X(SEND_AFTER)                                                                                  \
    X(SUBMIT_BEFORE) /* E: the paper venue takes an order */                                       \
    X(SUBMIT_AFTER)                                                                                \
    X(ACK_READ_BEFORE) /* E: the paper venue's answer is taken out */                              \
    X(ACK_READ_AFTER)                                                                              \
    X(ACK_RECORD_BEFORE) /* E: its record goes into the journal */                                 \
    X(ACK_RECORD_AFTER)                                                                            \
    X(ACK_APPLY_BEFORE) /* E: it changes its order */                                              \
    X(ACK_APPLY_AFTER)                                                                             \
    X(FILL_READ_BEFORE) /* E: the paper venue's fill is taken out */                               \
    X(FILL_READ_AFTER)                                                                             \
    X(FILL_RECORD_BEFORE) /* E: its record goes into the journal */                                \
    X(FILL_RECORD_AFTER)                                                                           \
    X(FILL_APPLY_BEFORE) /* E: it is booked */                                                     \
    X(FILL_APPLY_AFTER)                                                                            \
    X(PUBLISH_BEFORE) /* E: a fill is told to who listens: output, HTTP, stream */                 \
    X(PUBLISH_AFTER)                                                                               \
    X(SNAPSHOT_BEFORE) /* E: an activation is described */                                         \
    X(SNAPSHOT_AFTER)                                                                              \
    X(WRITE_BEFORE) /* S: bytes of a segment */                                                    \
    X(WRITE_AFTER)                                                                                 \
    X(SYNC_BEFORE) /* S: of a segment */                                                           \
    X(SYNC_AFTER)                                                                                  \
    X(SEGMENT_BEFORE) /* S: a segment gets its name */                                             \
    X(SEGMENT_AFTER)                                                                               \
    X(SNAPSHOT_START_BEFORE) /* S: the file of a snapshot is begun */                              \
    X(SNAPSHOT_START_AFTER)                                                                        \
    X(SNAPSHOT_RENAME_BEFORE) /* S: a snapshot gets its name */                                    \
    X(SNAPSHOT_RENAME_AFTER)                                                                       \
    X(ARCHIVE_BEFORE) /* S: an old segment is put away */                                          \
    X(ARCHIVE_AFTER)                                                                               \
    X(DELETE_BEFORE) /* S: an archived segment is deleted */                                       \
    X(DELETE_AFTER)                                                                                \
    X(CURSOR_BEFORE) /* T: the cursor of the tables moves */                                       \
    X(CURSOR_AFTER)                                                                                \
    X(FLUSH_BEFORE) /* T: the rows and their cursor are committed */                               \
    X(FLUSH_AFTER)

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
/* A variable of the environment that is no setting. */
#define FAULT_VARIABLE(text) (strncmp((text), "TRADINGBOOST_FAULT_", 19) == 0)
#else
#define FAULT_VARIABLE(text) false
#define CRASH_POINT(name) ((void)0)
#endif
