/* orders_file: the two CSV files of a run: every fill, and the equity bar by bar.
 *
 *   time_ms,symbol,side,type,quantity,price,fee,reason
 *   time_ms,equity,balance,position
 *
 * Decimals are exact and without trailing zeros; a text with a comma, a quote or a line end is
 * quoted as RFC 4180 says. Writes are buffered: what the disk refused is told by the next call or
 * by close, which must be asked. Times are handed in; one thread; the struct is the caller's. */
#pragma once

#include "trade/order.h"

#include <stdint.h>
#include <stdio.h>

#define ORDERS_FILE_HEADER "time_ms,symbol,side,type,quantity,price,fee,reason"
#define EQUITY_FILE_HEADER "time_ms,equity,balance,position"

struct csv_file {
    FILE *stream;     /* NULL: closed */
    const char *path; /* borrowed until close */
    int code;         /* of the first failure, kept */
};

struct orders_file {
    struct csv_file csv;
};
struct equity_file {
    struct csv_file csv;
};

/* Creates or replaces the file and writes its header. E_IO. */
MUST_CHECK int orders_file_open(struct orders_file *f, const char *path, struct err *e);
MUST_CHECK int orders_file_write(
    struct orders_file *f,
    const char *symbol,
    enum order_side side,
    enum order_type type,
    const struct fill *fill,
    const char *reason,
    struct err *e
);
/* Writes out what is buffered; 0 only when every byte was accepted. A closed file is left alone. */
MUST_CHECK int orders_file_close(struct orders_file *f, struct err *e);

MUST_CHECK int equity_file_open(struct equity_file *f, const char *path, struct err *e);
/* time_ms: close of the bar. position: signed quantity. */
MUST_CHECK int equity_file_write(
    struct equity_file *f,
    int64_t time_ms,
    struct money equity,
    struct money balance,
    struct quantity position,
    struct err *e
);
MUST_CHECK int equity_file_close(struct equity_file *f, struct err *e);
