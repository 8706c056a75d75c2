/* http_ask: one request to a running platform on this machine, for commands: over a connection of
 * its own, blocking, with a limit of time for each wait. The caller owns the buffer. */
#pragma once

#include "base/buffer.h"
#include "base/err.h"

#define HTTP_ASK_WAIT_S 60

struct http_ask {
    const char *address; /* "127.0.0.1" */
    int port;
    const char *token;
    const char *method, *path;
    const char *body; /* JSON; NULL: none */
    size_t length;
};

/* Appends the answer's body to out. E_IO where nobody answers. */
MUST_CHECK int http_ask(const struct http_ask *ask, int *status, struct buffer *out, struct err *e);
