/* gateway: HTTP and server-sent events over a running engine: who may ask what, in which shape it
 * is answered, and when an answer may leave.
 *
 * It owns no trading state: it reads through engine/inspect.h, changes through engine.h, and hears
 * what happens through the functions gateway_on_*, which the owner of the engine's sink calls. An
 * answer that acknowledges something leaves when the journal has it (gateway_durable); without a
 * journal, at once. What the engine does not keep (ended orders, fills, signals, candles) is in
 * rings here, bounded for each user, behind a face that tables can take over (gateway/history.h).
 * Everything on the loop's thread. The engine's times are in answers; the loop's clock decides what
 * is late. The owner frees, after gateway_stop has told that all is closed. */
#pragma once

#include "engine/engine.h"
#include "gateway/idempotency.h"
#include "gateway/rates.h"
#include "gateway/tables.h"
#include "market/bar.h"

struct uv_loop_s;
struct gateway;

struct gateway_options {
    struct uv_loop_s *loop;
    struct engine *engine;
    const char *data_dir; /* of the tokens; borrowed, as all texts here */
    const char *address;  /* "127.0.0.1" */
    int port;             /* 0: a free one */
    const char *version;  /* of the program */
    const char *venue;    /* what `exchange` is called: "paper" */
    struct money balance; /* of a new paper account */
    int connections_max;  /* 0: the default */
    struct idempotency_limits keys;
    struct rate_limits rates;
    bool counts_local; /* addresses of this machine, too: no proxy is here */

    void *ctx;
    /* As engine_activate, with a paper account opened before where options->account is NULL. */
    int (*activate
    )(void *ctx, const struct activation_options *options, uint32_t *activation, struct err *e);
    /* Sends what waits in the engine: called after every change. */
    void (*settle)(void *ctx);
    /* The script of that name, good until script_release. E_NOT_FOUND */
    int (*script_find
    )(void *ctx, const char *name, const struct script_bundle **bundle, struct err *e);
    void (*script_release)(void *ctx, const struct script_bundle *bundle);
    /* The name of the script at index, in the order of names; NULL behind the last. */
    const char *(*script_list)(void *ctx, int index);
    /* Begins to look for what is wrong with a script, or with `source` as its entry file where that
     * is given. 0: the findings come later, then `done`, once, with what kept it from looking.
     * E_LIMIT: too many are under way. */
    int (*script_check
    )(void *ctx,
      const char *name,
      const char *source,
      size_t length,
      void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
      void (*done)(void *to, int code, const char *why),
      void *to,
      struct err *e);
    /* The same with those files in place of, or beside, the stored ones; a text of NULL: without it. */
    int (*script_check_files)(
        void *ctx,
        const char *name,
        const struct script_file *files,
        int count,
        void (*finding)(void *to, const char *file, int line, bool is_error, const char *text),
        void (*done)(void *to, int code, const char *why),
        void *to,
        struct err *e
    );
    /* Writes files of a script to where it came from, and hands the version on to the activations
     * that run it; gateway_on_edit tells what becomes of it. *hash is the version. NULL: scripts
     * are not changed. */
    int (*script_put)(
        void *ctx,
        const char *name,
        const struct script_file *files,
        int count,
        const char *who,
        const char *reason,
        uint64_t *hash,
        struct err *e
    );
    /* Whether the venue's positions are what the owners' sum up to; NULL: nobody can say. */
    bool (*positions_match)(void *ctx, uint32_t account);
    void (*stopped)(void *ctx); /* after gateway_stop; NULL: nobody listens */
    struct tables_port tables;  /* for lists of what was; an ask of NULL: rings answer */
    /* More lines for /metrics; NULL: none. */
    void (*metrics)(void *ctx, struct buffer *out);
};

MUST_CHECK int
gateway_new(struct gateway **out, const struct gateway_options *options, struct err *e);
int gateway_port(const struct gateway *g);
/* Whether /ready says so. */
void gateway_ready(struct gateway *g, bool is_ready);
/* Takes no more requests; answers what is under way, then calls options.stopped. */
void gateway_stop(struct gateway *g);
bool gateway_has_stopped(const struct gateway *g);
/* After it has stopped. */
void gateway_free(struct gateway *g);

/* Records up to that sequence are on the disk: call it behind engine_durable. */
void gateway_durable(struct gateway *g, uint64_t sequence);
/* Answers from script workers or a venue were applied: requests that wait for one look again. Not
 * needed where settle returns with everything done. */
void gateway_look(struct gateway *g);

/* An answer of options.tables. */
void gateway_on_tables(
    struct gateway *g,
    uint64_t number,
    int code,
    const char *why,
    const char *body,
    size_t length
);

/* From the engine's sink. */
void gateway_on_fill(struct gateway *g, const struct fill_record *record);
void gateway_on_order(struct gateway *g, const struct order_record *record);
void gateway_on_signal(struct gateway *g, const struct signal_record *record);
void gateway_on_log(struct gateway *g, const struct log_record *record);
void gateway_on_fault(struct gateway *g, const struct fault_record *record);
void gateway_on_status(struct gateway *g, const struct status_record *record);
void gateway_on_left(struct gateway *g, uint32_t activation);
void gateway_on_edit(struct gateway *g, const struct edit_record *record);
void gateway_on_halt(struct gateway *g, const struct halt_record *record);
/* A finest bar is over. */
void gateway_on_bar(struct gateway *g, uint16_t symbol, const struct candle *candle);

/* What a script answered to new parameters or a command. */
void gateway_on_answer(struct gateway *g, const struct answer_record *record);
