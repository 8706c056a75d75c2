#include "base/hash.h"
#include "store/projection_parts.h"

/* Where a record was lost the engine writes all that is so, and its recovery forgets what it had: a
 * set counts whole or not at all. Rows keep what they know (who set a switch, the way of an order).
 * What happened in the hole is nowhere: what the set does not have any more has ended somehow. */

#define LOST_TEXT "how it ended was not written: the journal had no room"

static bool is_marker(const struct journal_record *record) {
    return record->length > 1 && record->bytes[1] == RECORD_ANEW;
}

enum set_state { SET_WHOLE, SET_WAITS, SET_CUT };

/* Looks from `next` on at a set of that many records; *cut: the marker that came instead, and the
 * hash of the record before it. */
static int set_look(
    const struct projection *p,
    uint64_t next,
    uint32_t count,
    uint64_t durable,
    enum set_state *state,
    struct journal_record *cut,
    uint64_t *hash,
    struct err *e
) {
    struct journal_cursor c;
    bool is_there = true;
    *state = SET_WHOLE;
    journal_cursor_init(&c, p->options.disk, p->options.folder);
    int code = journal_cursor_seek(&c, next, e);
    for (uint32_t i = 0; code == 0 && *state == SET_WHOLE && i < count; i++) {
        code = journal_cursor_next(&c, durable, cut, &is_there, e);
        if (code == 0 && !is_there) {
            *state = SET_WAITS;
        } else if (code == 0 && is_marker(cut)) {
            *state = SET_CUT;
        } else if (code == 0) {
            *hash = hash_of(cut->bytes, cut->length);
        }
    }
    journal_cursor_free(&c);
    return code;
}

/* Kills and halts that are on and not in the set have been taken back. */
static int switches_begin(struct projection *p, struct err *e) {
    return database_run(
        p->database, "UPDATE oms_switches SET is_on = 2 WHERE is_on = 1", NULL, 0, e
    );
}

static int switches_end(struct projection *p, int64_t now_ms, struct err *e) {
    return database_run(
        p->database, "UPDATE oms_switches SET is_on = 0, time_ms = ?1 WHERE is_on = 2",
        VALUES(value_integer(now_ms)), e
    );
}

int orders_begin_anew(struct projection *p, const struct who *who, int64_t now_ms, struct err *e) {
    return database_run(
        p->database,
        "UPDATE oms_orders SET status = 'unknown', pending = 0, code = ?4, message = ?2,"
        " updated_ms = ?3 WHERE activation_id = ?1 AND message <> ?2"
        "  AND status IN ('new', 'open', 'partially_filled', 'unknown')",
        VALUES(
            value_text(who->id), value_text(LOST_TEXT), value_integer(now_ms),
            value_integer(E_UNKNOWN)
        ),
        e
    );
}

static int
set_apply(struct projection *p, uint64_t durable, uint32_t count, int64_t now_ms, struct err *e) {
    int code = switches_begin(p, e);
    p->is_anew = true;
    for (uint32_t i = 0; code == 0 && i < count; i++) {
        struct journal_record record;
        bool is_there;
        code = journal_cursor_next(&p->cursor, durable, &record, &is_there, e);
        if (code == 0 && !is_there) {
            code = err_set(e, E_STATE, "a record that was there is gone");
        }
        if (code == 0) {
            code = projection_take_next(p, &record, e);
        }
    }
    p->is_anew = false;
    return code != 0 ? code : switches_end(p, now_ms, e);
}

int projection_take_anew(
    struct projection *p,
    uint64_t durable,
    const struct journal_record *marker,
    bool *is_waiting,
    struct err *e
) {
    struct journal_record cut;
    struct record record;
    enum set_state state;
    uint64_t at = marker->sequence, hash = hash_of(marker->bytes, marker->length);
    arena_reset(&p->arena);
    int code = record_decode(marker->bytes, marker->length, &p->arena, &record, e);
    uint32_t count = record.u.anew.count;
    code = code != 0 ? code : set_look(p, at + 1, count, durable, &state, &cut, &hash, e);
    if (code != 0) {
        return code;
    }
    *is_waiting = state == SET_WAITS;
    if (state == SET_WAITS) {
        return journal_cursor_seek(&p->cursor, at, e);
    }
    p->figures.records++;
    p->hash = hash;
    return state == SET_CUT ? journal_cursor_seek(&p->cursor, cut.sequence, e)
                            : set_apply(p, durable, count, record.now_ms, e);
}
