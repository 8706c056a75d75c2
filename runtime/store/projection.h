/* projection: the tables as the journal tells them. A cursor, kept in the database in the same
 * transaction as the rows, says up to which record they are; so each record is applied once,
 * whatever happens between, and a database that was deleted is written anew from the journal that
 * is kept.
 *
 * Where the oldest records are gone, the kept snapshot gives what they had said: first only who is
 * who, and once its record is reached, orders and positions as they were then.
 * One thread, the store's. All memory is the projection's. */
#pragma once

#include "store/database.h"
#include "store/disk.h"

struct projection;

struct projection_options {
    const struct disk *disk;
    const char *folder;   /* of the journal */
    const char *exchange; /* where the orders go: "paper" */
};

MUST_CHECK int projection_open(
    struct projection **out,
    struct database *database,
    const struct projection_options *options,
    struct err *e
);
void projection_close(struct projection *projection);

/* Applies up to `count` records, none behind `durable`, in one transaction. *is_behind says that
 * more wait. After an error nothing of this call is in the tables, and it may be called again.
 * E_STATE: they were made of another journal, or of one that was cut since. */
MUST_CHECK int projection_step(
    struct projection *projection, uint64_t durable, int count, bool *is_behind, struct err *e
);

/* Empties its tables: the next step begins anew. Other tables of the database stay. */
MUST_CHECK int projection_reset(struct projection *projection, struct err *e);

/* The last record that is in the tables. */
uint64_t projection_cursor(const struct projection *projection);

struct projection_figures {
    uint64_t records;
    uint64_t oddities; /* records that could not be applied to the rows: a mistake somewhere */
};

void projection_figures(const struct projection *projection, struct projection_figures *out);
