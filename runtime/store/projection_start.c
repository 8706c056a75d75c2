#include "base/hash.h"
#include "store/projection_parts.h"
#include "store/snapshot.h"

#include <inttypes.h>

int projection_take(struct projection *p, const char *bytes, size_t length, struct err *e) {
    struct record record;
    arena_reset(&p->arena);
    int code = record_decode(bytes, length, &p->arena, &record, e);
    if (code != 0) {
        return err_wrap(e, "record %" PRIu64 " of the journal: ", p->sequence);
    }
    p->figures.records++;
    p->number = record.number;
    return projection_apply(p, &record, e);
}

static int slice_take(void *ctx, const char *bytes, size_t length, struct err *e) {
    return projection_take(ctx, bytes, length, e);
}

int projection_take_snapshot(struct projection *p, bool is_identity_only, struct err *e) {
    uint64_t slices;
    p->sequence = p->snapshot_at;
    p->is_snapshot = true;
    p->is_identity_only = is_identity_only;
    int code = snapshot_slices(
        p->options.disk, p->options.folder, p->snapshot_at, p, slice_take, &slices, e
    );
    p->is_identity_only = false;
    p->snapshot_at = is_identity_only ? p->snapshot_at : 0;
    return code;
}

/* The oldest snapshot that is whole and says what the records before `next` had said. */
static int snapshot_choose(struct projection *p, uint64_t next, struct err *e) {
    uint64_t sequences[SNAPSHOT_LIST_MAX], slices;
    int count = snapshot_list(p->options.disk, p->options.folder, sequences, e);
    for (int i = count - 1; i >= 0; i--) {
        struct err broken;
        if (sequences[i] + 1 >= next &&
            snapshot_check(p->options.disk, p->options.folder, sequences[i], &slices, &broken) ==
                0) {
            p->snapshot_at = sequences[i];
            return 0;
        }
    }
    return count < 0 ? count : 0;
}

/* The tables must have been made of this journal and of none that was cut since. */
static int last_compare(struct projection *p, struct err *e) {
    struct journal_record record;
    bool is_there;
    int code = journal_cursor_next(&p->cursor, p->applied, &record, &is_there, e);
    if (code != 0) {
        return code;
    }
    if (hash_of(record.bytes, record.length) != p->hash) {
        return err_set(
            e, E_STATE, "the tables have another record %" PRIu64 " than the journal", p->applied
        );
    }
    return 0;
}

int projection_start(struct projection *p, uint64_t durable, struct err *e) {
    if (p->applied > durable) {
        return err_set(
            e, E_STATE, "the tables know record %" PRIu64 ", the journal ends with %" PRIu64,
            p->applied, durable
        );
    }
    uint64_t from = p->applied > 0 ? p->applied : 1;
    int code = journal_cursor_seek(&p->cursor, from, e);
    if (code != 0) {
        return code;
    }
    bool has_gap = p->cursor.next > from;
    if (!has_gap && p->applied > 0) {
        code = last_compare(p, e);
    } else if (has_gap) {
        code = snapshot_choose(p, p->cursor.next, e);
        if (code == 0 && p->snapshot_at != 0) {
            code = projection_take_snapshot(p, true, e);
        }
    }
    p->has_begun = code == 0;
    return code;
}
