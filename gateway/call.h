/* call: one request on its way through a route: who asks, what with, and the answer being made.
 *
 * A handler reads its path's parts and its body through the functions here, which note every fault
 * of the body with the field it is in, and writes its answer with `json`. It returns 0, or a code
 * of the table of errors with *e filled. What it changed in the engine is acknowledged when it is
 * durable: it says so with call_acknowledge. Lives for one request; one thread. */
#pragma once

#include "base/json_write.h"
#include "gateway/gateway_parts.h"
#include "gateway/json_read.h"

#define CALL_PARTS_MAX 4
#define CALL_PART_MAX 96
#define CALL_FAULTS_MAX 256
#define TEXT_FIELD_MAX 128

struct call_fault {
    const char *field; /* of the body or the query; in the arena */
    const char *message;
};

struct call {
    struct gateway *g;
    const struct engine *engine; /* to look at */
    struct http_exchange *exchange;
    const struct http_request *request;
    const struct route *route;
    char parts[CALL_PARTS_MAX][CALL_PART_MAX]; /* of the path, where the route has {…} */
    const struct token *who;                   /* NULL: a route open to anyone */
    const struct json_value *body;             /* an object; NULL: none was sent */
    struct arena *arena;
    struct buffer *out;
    struct json_writer json;
    const char *content_type;
    int status;        /* 200 at first */
    const char *error; /* a name that is in no table of errors: "forbidden" */
    struct call_fault faults[CALL_FAULTS_MAX];
    int fault_count;
    bool is_acknowledgement; /* the answer waits for the journal */
    bool is_answered;        /* a stream has begun */
    struct pending *pending; /* the answer waits for a script */
    uint64_t ticket;         /* of an Idempotency-Key; 0: none */
    struct request_key key;  /* the same for the engine */
    int64_t retry_ns;        /* of a refusal for the moment: how long; 0: not known */
};

/* --- refusing
 * ------------------------------------------------------------------------------------- */

/* Notes what is wrong with a field. */
void call_fault(struct call *c, const char *field, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* 0, or E_ARGUMENT when a fault was noted. */
MUST_CHECK int call_faults(const struct call *c, struct err *e);
/* Refuses with a status and a name of HTTP's own; returns a code that is not 0. */
int call_refuse(struct call *c, int status, const char *error, struct err *e, const char *text);
/* Appends the one shape of errors. */
void error_write(
    struct buffer *out,
    const char *error,
    const char *message,
    const struct call_fault *faults,
    int fault_count
);

/* --- whose things
 * --------------------------------------------------------------------------------- */

bool call_is_admin(const struct call *c);
/* Whether the caller may touch that user's things. */
bool call_may(const struct call *c, const char *user);
/* The activation of that id, if it is the caller's to touch: others' do not exist for him. */
MUST_CHECK int call_activation(struct call *c, const char *id, uint32_t *activation, struct err *e);
MUST_CHECK int call_account(struct call *c, const char *id, uint32_t *account, struct err *e);
/* One that was refused at its start never was, for whoever asked. */
bool activation_is_refused(const struct activation_view *view);
/* The user whose account it is. */
const char *account_user(const struct gateway *g, uint32_t account);

/* --- the body
 * ------------------------------------------------------------------------------------- */

/* Notes every member of the body that is not in the list, which NULL ends. */
void body_names(struct call *c, const char *const *names);
/* A text of at most TEXT_FIELD_MAX bytes; NULL where it is absent or wrong (noted; absence only
 * when it is needed). */
const char *body_text(struct call *c, const char *name, bool is_needed);
/* The index of the text in the list that NULL ends; `standard` where it is absent, −1 wrong or
 * needed. */
int body_choice(
    struct call *c, const char *name, const char *const *choices, int standard, bool is_needed
);
/* A number or a text of one; true when it is there and good. */
bool body_decimal(struct call *c, const char *name, bool is_needed, struct decimal *out);
bool body_bool(struct call *c, const char *name, bool standard);
/* The user that the body names, else the caller's; NULL (noted) when there is no such name. */
const char *body_user(struct call *c);
/* An object of names to values as settings in the arena; NULL with a fault noted. */
struct setting *body_settings(struct call *c, const char *name, int *count);

/* --- the query
 * ------------------------------------------------------------------------------------ */

/* The decoded value of a query's name, in the arena; NULL where it is absent. */
const char *query_text(struct call *c, const char *name);
/* Notes every name of the query that is not in the list, which NULL ends. */
void query_names(struct call *c, const char *const *names);
int query_limit(struct call *c); /* 1 to 500; 100 */

/* --- answering
 * ------------------------------------------------------------------------------------ */

/* The engine was changed: lets it send, and the answer waits for the journal. */
void call_acknowledge(struct call *c);
/* Percent-decodes into at most size bytes with the NUL; false when it is broken or too long. */
bool percent_decode(const char *text, size_t length, char *out, size_t size);
