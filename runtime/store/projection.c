#include "base/fault_points.h"
#include "base/hash.h"
#include "store/projection_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)8 << 20)
#define TEXT_BYTES_MAX ((size_t)8 << 20)

/* --- who and what --------------------------------------------------------------------------------
 */

const char *projection_symbol(const struct projection *p, uint16_t index) {
    return index < p->symbol_count ? p->symbols[index] : "";
}

const struct who *projection_who(const struct projection *p, uint32_t activation) {
    return activation < p->who_count && p->whos[activation].user != NULL ? &p->whos[activation]
                                                                         : NULL;
}

int projection_keep_symbol(
    struct projection *p, uint16_t index, const char *symbol, struct err *e
) {
    if (index >= p->symbol_count) {
        size_t count = (size_t)index + 1;
        void *grown = realloc(p->symbols, count * sizeof *p->symbols);
        if (grown == NULL) {
            return err_set(e, E_MEMORY, "no memory for the projection");
        }
        p->symbols = grown;
        memset(p->symbols[p->symbol_count], 0, (count - p->symbol_count) * sizeof *p->symbols);
        p->symbol_count = count;
    }
    snprintf(p->symbols[index], sizeof p->symbols[index], "%s", symbol);
    return 0;
}

static void who_free(struct who *who) {
    free(who->user);
    free(who->strategy);
    *who = (struct who){0};
}

int projection_keep_who(
    struct projection *p, uint32_t index, const struct who *who, struct err *e
) {
    if (index > (1u << 20)) {
        return err_set(e, E_DATA, "activation %u is out of range", index);
    }
    if (index >= p->who_count) {
        size_t count = index < 16 ? 16 : (size_t)index * 2;
        struct who *grown = realloc(p->whos, count * sizeof *grown);
        if (grown == NULL) {
            return err_set(e, E_MEMORY, "no memory for the projection");
        }
        memset(grown + p->who_count, 0, (count - p->who_count) * sizeof *grown);
        p->whos = grown;
        p->who_count = count;
    }
    struct who kept = *who;
    kept.user = strdup(who->user);
    kept.strategy = strdup(who->strategy);
    if (kept.user == NULL || kept.strategy == NULL) {
        who_free(&kept);
        return err_set(e, E_MEMORY, "no memory for the projection");
    }
    who_free(&p->whos[index]);
    p->whos[index] = kept;
    return 0;
}

static void caches_clear(struct projection *p) {
    for (size_t i = 0; i < p->who_count; i++) {
        who_free(&p->whos[i]);
    }
    p->symbol_count = 0;
    p->has_begun = false;
    p->snapshot_at = 0;
}

/* --- what the tables know ------------------------------------------------------------------------
 */

static int symbols_load(struct projection *p, struct err *e) {
    sqlite3_stmt *rows;
    int code = database_select(
        p->database, "SELECT symbol_index, symbol FROM market_symbols", NULL, 0, &rows, e
    );
    if (code != 0) {
        return code;
    }
    while ((code = database_next(p->database, rows, e)) == 1) {
        code = projection_keep_symbol(p, (uint16_t)row_integer(rows, 0), row_text(rows, 1), e);
        if (code != 0) {
            break;
        }
    }
    database_done(rows);
    return code;
}

static int whos_load(struct projection *p, struct err *e) {
    sqlite3_stmt *rows;
    int code = database_select(
        p->database,
        "SELECT activation_index, activation_id, user_id, strategy, account_id, is_manual, is_hedge,"
        " order_first, core_first FROM strategy_activations ORDER BY id",
        NULL, 0, &rows, e
    );
    if (code != 0) {
        return code;
    }
    while ((code = database_next(p->database, rows, e)) == 1) {
        struct who who = {
            .user = (char *)(uintptr_t)row_text(rows, 2),
            .strategy = (char *)(uintptr_t)row_text(rows, 3),
            .account = (uint32_t)row_integer(rows, 4),
            .is_manual = row_integer(rows, 5) != 0,
            .is_hedge = row_integer(rows, 6) != 0,
            .order_first = (uint64_t)row_integer(rows, 7),
            .core_first = (uint64_t)row_integer(rows, 8),
        };
        snprintf(who.id, sizeof who.id, "%s", row_text(rows, 1));
        code = projection_keep_who(p, (uint32_t)row_integer(rows, 0), &who, e);
        if (code != 0) {
            break;
        }
    }
    database_done(rows);
    return code;
}

static int caches_load(struct projection *p, struct err *e) {
    sqlite3_stmt *rows;
    caches_clear(p);
    int code = database_select(
        p->database, "SELECT sequence, hash FROM store_cursors WHERE name = 'tables'", NULL, 0,
        &rows, e
    );
    if (code != 0) {
        return code;
    }
    code = database_next(p->database, rows, e);
    p->applied = code == 1 ? (uint64_t)row_integer(rows, 0) : 0;
    p->hash = code == 1 ? (uint64_t)row_integer(rows, 1) : 0;
    database_done(rows);
    code = code < 0 ? code : symbols_load(p, e);
    return code < 0 ? code : whos_load(p, e);
}

/* --- stepping ------------------------------------------------------------------------------------
 */

static const char cursor_sql[] = "INSERT INTO store_cursors (name, sequence, hash) VALUES"
                                 " ('tables', ?1, ?2)"
                                 " ON CONFLICT (name) DO UPDATE SET sequence = ?1, hash = ?2";

int projection_take_next(struct projection *p, const struct journal_record *record, struct err *e) {
    p->sequence = record->sequence;
    p->part = 0;
    p->is_snapshot = false;
    p->hash = hash_of(record->bytes, record->length);
    return projection_take(p, record->bytes, record->length, e);
}

static int
records_apply(struct projection *p, uint64_t durable, int count, bool *is_behind, struct err *e) {
    int code = p->has_begun ? 0 : projection_start(p, durable, e);
    for (int i = 0; code == 0; i++) {
        if (p->snapshot_at != 0 && p->cursor.next > p->snapshot_at) {
            code = projection_take_snapshot(p, false, e);
            if (code != 0) {
                return code;
            }
        }
        if (i == count) {
            *is_behind = p->cursor.next <= durable;
            return 0;
        }
        struct journal_record record;
        bool is_there;
        code = journal_cursor_next(&p->cursor, durable, &record, &is_there, e);
        if (code != 0 || !is_there) {
            return code;
        }
        if (record.length > 1 && record.bytes[1] == RECORD_ANEW) {
            bool is_waiting;
            code = projection_take_anew(p, durable, &record, &is_waiting, e);
            if (code != 0 || is_waiting) {
                return code;
            }
        } else {
            code = projection_take_next(p, &record, e);
        }
    }
    return code;
}

static int records_commit(struct projection *p, uint64_t applied, struct err *e) {
    if (applied == p->applied) {
        return database_commit(p->database, e);
    }
    CRASH_POINT(CURSOR_BEFORE);
    int code = database_run(
        p->database, cursor_sql, VALUES(value_count(applied), value_integer((int64_t)p->hash)), e
    );
    CRASH_POINT(CURSOR_AFTER);
    CRASH_POINT(FLUSH_BEFORE);
    code = code != 0 ? code : database_commit(p->database, e);
    CRASH_POINT(FLUSH_AFTER);
    return code;
}

int projection_step(
    struct projection *projection, uint64_t durable, int count, bool *is_behind, struct err *e
) {
    struct projection *p = projection;
    *is_behind = false;
    uint64_t records = p->figures.records;
    int code = database_begin(p->database, e);
    code = code != 0 ? code : records_apply(p, durable, count, is_behind, e);
    uint64_t applied = p->cursor.next > 0 ? p->cursor.next - 1 : 0;
    code = code != 0 ? code : records_commit(p, applied, e);
    if (code == 0) {
        p->applied = applied;
        return 0;
    }
    /* What is remembered is now ahead of the tables. */
    struct err ignored;
    database_rollback(p->database);
    p->figures.records = records;
    (void)caches_load(p, &ignored);
    return code;
}

int projection_reset(struct projection *projection, struct err *e) {
    static const char *const tables[] = {
        "DELETE FROM store_cursors WHERE name = 'tables'",
        "DELETE FROM market_symbols",
        "DELETE FROM market_candles",
        "DELETE FROM scripts_versions",
        "DELETE FROM strategy_activations",
        "DELETE FROM strategy_state",
        "DELETE FROM strategy_signals",
        "DELETE FROM strategy_faults",
        "DELETE FROM strategy_logs",
        "DELETE FROM oms_orders",
        "DELETE FROM oms_order_fills",
        "DELETE FROM oms_order_steps",
        "DELETE FROM oms_switches",
        "DELETE FROM position_positions",
        "DELETE FROM position_history",
        "DELETE FROM audit_log",
    };
    struct projection *p = projection;
    int code = database_begin(p->database, e);
    for (size_t i = 0; code == 0 && i < sizeof tables / sizeof tables[0]; i++) {
        code = database_run(p->database, tables[i], NULL, 0, e);
    }
    code = code != 0 ? code : database_commit(p->database, e);
    if (code != 0) {
        database_rollback(p->database);
        return code;
    }
    return caches_load(p, e);
}

uint64_t projection_cursor(const struct projection *projection) {
    return projection->applied;
}

void projection_figures(const struct projection *projection, struct projection_figures *out) {
    *out = projection->figures;
}

/* --- life ----------------------------------------------------------------------------------------
 */

int projection_open(
    struct projection **out,
    struct database *database,
    const struct projection_options *options,
    struct err *e
) {
    struct projection *p = calloc(1, sizeof *p);
    void *block = malloc(ARENA_BYTES);
    if (p == NULL || block == NULL) {
        free(p);
        free(block);
        return err_set(e, E_MEMORY, "no memory for the projection");
    }
    p->database = database;
    p->options = *options;
    p->arena_block = block;
    arena_init(&p->arena, block, ARENA_BYTES);
    buffer_init(&p->text, TEXT_BYTES_MAX);
    buffer_init(&p->text2, TEXT_BYTES_MAX);
    journal_cursor_init(&p->cursor, options->disk, options->folder);
    int code = caches_load(p, e);
    if (code != 0) {
        projection_close(p);
        return code;
    }
    *out = p;
    return 0;
}

void projection_close(struct projection *projection) {
    struct projection *p = projection;
    if (p == NULL) {
        return;
    }
    caches_clear(p);
    free(p->whos);
    free(p->symbols);
    journal_cursor_free(&p->cursor);
    buffer_free(&p->text);
    buffer_free(&p->text2);
    free(p->arena_block);
    free(p);
}
