#include "stats/orders_file.h"

#include <errno.h>
#include <string.h>

#define STREAM_BYTES ((size_t)64 * 1024)

static int csv_failed(struct csv_file *csv, const char *what, struct err *e) {
    csv->code = E_IO;
    return err_set(e, E_IO, "%.200s: %s failed (%s)", csv->path, what, strerror(errno));
}

static int csv_open(struct csv_file *csv, const char *path, const char *header, struct err *e) {
    *csv = (struct csv_file){.path = path};
    csv->stream = fopen(path, "we");
    if (csv->stream == NULL) {
        return csv_failed(csv, "opening it for writing", e);
    }
    setvbuf(csv->stream, NULL, _IOFBF, STREAM_BYTES);
    if (fprintf(csv->stream, "%s\n", header) < 0) {
        return csv_failed(csv, "writing", e);
    }
    return 0;
}

static void csv_put_decimal(struct csv_file *csv, struct decimal value, char end) {
    char text[DECIMAL_TEXT_MAX];
    size_t length = decimal_format(value, text);
    text[length] = end;
    fwrite(text, 1, length + 1, csv->stream);
}

static void csv_put_text(struct csv_file *csv, const char *text, char end) {
    if (text[strcspn(text, ",\"\r\n")] == '\0') {
        fputs(text, csv->stream);
    } else {
        putc('"', csv->stream);
        for (; *text != '\0'; text++) {
            if (*text == '"') {
                putc('"', csv->stream);
            }
            putc(*text, csv->stream);
        }
        putc('"', csv->stream);
    }
    putc(end, csv->stream);
}

static void csv_put_time(struct csv_file *csv, int64_t time_ms) {
    struct decimal exact = decimal_of_int(time_ms);
    csv_put_decimal(csv, exact, ',');
}

/* Is the file fit for another line? */
static int csv_ready(struct csv_file *csv, struct err *e) {
    if (csv->stream == NULL) {
        return err_set(e, E_STATE, "%.200s: the file is closed", csv->path ? csv->path : "?");
    }
    return csv->code < 0 ? err_set(e, csv->code, "%.200s: writing failed before", csv->path) : 0;
}

static int csv_checked(struct csv_file *csv, struct err *e) {
    return ferror(csv->stream) ? csv_failed(csv, "writing", e) : 0;
}

static int csv_close(struct csv_file *csv, struct err *e) {
    if (csv->stream == NULL) {
        return 0;
    }
    int earlier = csv->code;
    int status = fclose(csv->stream);
    csv->stream = NULL;
    if (earlier < 0) {
        return err_set(e, earlier, "%.200s: is incomplete, writing failed", csv->path);
    }
    return status != 0 ? csv_failed(csv, "writing", e) : 0;
}

int orders_file_open(struct orders_file *f, const char *path, struct err *e) {
    return csv_open(&f->csv, path, ORDERS_FILE_HEADER, e);
}

int orders_file_write(
    struct orders_file *f,
    const char *symbol,
    enum order_side side,
    enum order_type type,
    const struct fill *fill,
    const char *reason,
    struct err *e
) {
    int code = csv_ready(&f->csv, e);
    if (code < 0) {
        return code;
    }
    csv_put_time(&f->csv, fill->time_ms);
    csv_put_text(&f->csv, symbol, ',');
    csv_put_text(&f->csv, order_side_name(side), ',');
    csv_put_text(&f->csv, order_type_name(type), ',');
    csv_put_decimal(&f->csv, fill->quantity.d, ',');
    csv_put_decimal(&f->csv, fill->price.d, ',');
    csv_put_decimal(&f->csv, fill->fee.d, ',');
    csv_put_text(&f->csv, reason, '\n');
    return csv_checked(&f->csv, e);
}

int orders_file_close(struct orders_file *f, struct err *e) {
    return csv_close(&f->csv, e);
}

int equity_file_open(struct equity_file *f, const char *path, struct err *e) {
    return csv_open(&f->csv, path, EQUITY_FILE_HEADER, e);
}

int equity_file_write(
    struct equity_file *f,
    int64_t time_ms,
    struct money equity,
    struct money balance,
    struct quantity position,
    struct err *e
) {
    int code = csv_ready(&f->csv, e);
    if (code < 0) {
        return code;
    }
    csv_put_time(&f->csv, time_ms);
    csv_put_decimal(&f->csv, equity.d, ',');
    csv_put_decimal(&f->csv, balance.d, ',');
    csv_put_decimal(&f->csv, position.d, '\n');
    return csv_checked(&f->csv, e);
}

int equity_file_close(struct equity_file *f, struct err *e) {
    return csv_close(&f->csv, e);
}
