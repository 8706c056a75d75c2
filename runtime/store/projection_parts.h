/* projection_parts: what the files of the projection share. Internal. */
#pragma once

#include "engine/record.h"
#include "store/journal_cursor.h"
#include "store/projection.h"

/* Parts of one record that become rows: the id of a row is the record's sequence times this and the
 * part's place, so that rows have the same ids whenever they are written. */
#define PARTS_MAX (1 << 22)

struct who { /* an activation as later records mean it */
    char id[ACTIVATION_ID_MAX];
    char *user, *strategy;
    uint32_t account;
    uint64_t order_first, core_first; /* numbers up to these are of who had the place before */
    bool is_manual, is_hedge;
    bool is_outside; /* nobody of ours: others on the same account */
};

struct projection {
    struct database *database;
    struct projection_options options;
    struct journal_cursor cursor;
    uint64_t applied;     /* by the transactions that were committed */
    uint64_t hash;        /* of the record applied last */
    bool has_begun;       /* the cursor is where it should be */
    uint64_t snapshot_at; /* the snapshot to apply when its record was applied; 0: none */
    struct who *whos;     /* by the engine's index */
    size_t who_count;
    char (*symbols)[SYMBOL_MAX];
    size_t symbol_count;
    struct arena arena;
    void *arena_block;
    struct buffer text, text2; /* documents while a row is written */
    struct projection_figures figures;

    /* the record that is being applied */
    uint64_t sequence, number; /* the journal's and the engine's */
    int part;
    bool is_snapshot;      /* it is of a snapshot: what rows know better stays */
    bool is_anew;          /* the same in the journal: what rows had missed is mended */
    bool is_identity_only; /* only who is who */
};

/* The id of the next row of this record. */
static inline struct database_value row_id(struct projection *p) {
    return value_integer((int64_t)(p->sequence * PARTS_MAX) + p->part++ % PARTS_MAX);
}

/* Of an order, a fill, a position. */
static inline const char *who_owner(const struct who *who) {
    return who->is_outside ? "outside" : who->is_manual ? "manual" : who->id;
}

/* "" where it is not known. */
const char *projection_symbol(const struct projection *p, uint16_t index);
/* NULL where it is not known. */
const struct who *projection_who(const struct projection *p, uint32_t activation);
MUST_CHECK int
projection_keep_symbol(struct projection *p, uint16_t index, const char *symbol, struct err *e);
MUST_CHECK int
projection_keep_who(struct projection *p, uint32_t index, const struct who *who, struct err *e);

/* projection.c: the next record of the journal. */
MUST_CHECK int
projection_take_next(struct projection *p, const struct journal_record *record, struct err *e);

/* projection_start.c: the cursor is found again, or the tables are begun where the journal does. */
MUST_CHECK int projection_start(struct projection *p, uint64_t durable, struct err *e);
MUST_CHECK int
projection_take(struct projection *p, const char *bytes, size_t length, struct err *e);
/* Applies the snapshot of p->snapshot_at: who is who, or all of it. */
MUST_CHECK int projection_take_snapshot(struct projection *p, bool is_identity_only, struct err *e);

/* projection_rows.c: everything; what concerns orders goes on to the next. */
MUST_CHECK int projection_apply(struct projection *p, const struct record *r, struct err *e);

const char *settings_text(struct buffer *out, const struct setting *settings, int count);
MUST_CHECK int state_write(
    struct projection *p,
    const struct who *who,
    const char *state,
    size_t length,
    int64_t now_ms,
    struct err *e
);
MUST_CHECK int status_write(
    struct projection *p,
    const struct who *who,
    enum activation_status status,
    const char *reason,
    struct err *e
);

/* projection_done.c: what a handler did. */
MUST_CHECK int version_write(
    struct projection *p, const struct who *who, uint64_t script_hash, struct err *e
);
MUST_CHECK int
done_write(struct projection *p, const struct record *r, const struct who *who, struct err *e);

/* projection_anew.c: a RECORD_ANEW and the records that it announces, when all of them are there;
 * what was begun and not ended is passed over. *is_waiting: they are not there yet. The cursor is
 * behind them afterwards. */
MUST_CHECK int projection_take_anew(
    struct projection *p,
    uint64_t durable,
    const struct journal_record *marker,
    bool *is_waiting,
    struct err *e
);
/* Before an activation is described anew: its live orders end, unless it still has them. */
MUST_CHECK int
orders_begin_anew(struct projection *p, const struct who *who, int64_t now_ms, struct err *e);

/* projection_orders.c */
MUST_CHECK int orders_apply_done(struct projection *p, const struct record *r, struct err *e);
MUST_CHECK int orders_apply_order(struct projection *p, const struct record *r, struct err *e);
MUST_CHECK int orders_apply_change(struct projection *p, const struct record *r, struct err *e);
MUST_CHECK int orders_apply_opened(
    struct projection *p, const struct record *r, const struct who *who, struct err *e
);

struct step { /* one row of an order's history */
    const char *name, *who, *file;
    const struct order *order;
    int line, code;
    const char *message;
    int64_t time_ms;
};

MUST_CHECK int
step_write(struct projection *p, const struct who *who, const struct step *s, struct err *e);

/* projection_reports.c */
MUST_CHECK int orders_apply_report(struct projection *p, const struct record *r, struct err *e);
/* An account begins: what others held on one of that number before is not in it. */
MUST_CHECK int account_begin(struct projection *p, uint32_t account, struct err *e);
/* What others hold on an account. */
MUST_CHECK int account_apply(struct projection *p, const struct record *r, struct err *e);

/* projection_positions.c */
MUST_CHECK int position_read(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum position_side side,
    struct position *position,
    struct err *e
);
MUST_CHECK int position_book(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum order_side side,
    enum position_side position_side,
    const struct fill *fill,
    const char *reason,
    struct err *e
);
MUST_CHECK int position_write(
    struct projection *p,
    const struct who *who,
    uint16_t symbol,
    enum position_side side,
    const struct position *position,
    int64_t time_ms,
    struct err *e
);

/* order_rows.c: an order as a row and a row as an order. */
MUST_CHECK int order_row_write(
    struct projection *p,
    const struct who *who,
    const struct order *o,
    const char *owner,
    struct err *e
);
MUST_CHECK int order_row_read(
    struct projection *p,
    const struct who *who,
    uint64_t sequence,
    struct order *o,
    bool *is_there,
    struct err *e
);
