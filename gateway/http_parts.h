/* http_parts: what the sources of the HTTP server share: a connection and its state. One thread. */
#pragma once

#include "gateway/http_server.h"

#include <llhttp.h>

enum connection_state {
    CONNECTION_READING,  /* a head or a body */
    CONNECTION_HANDLING, /* the handler has the request */
    CONNECTION_WRITING,  /* an answer that did not fit into the socket's buffer */
    CONNECTION_STREAMING,
    CONNECTION_LINGERING, /* the last answer is on its way: what comes is thrown away */
    CONNECTION_CLOSING,
};

struct http_exchange { /* a connection, and the request it is at */
    uv_tcp_t tcp;
    struct http_server *server;
    struct http_address address;
    struct http_exchange *previous, *next; /* of the server's list */
    enum connection_state state;
    int64_t deadline_ns;
    bool is_paused;     /* not reading */
    bool is_processing; /* connection_process is on the stack */
    bool is_job;        /* the handler has it and will answer: it outlives its close */
    bool is_over;       /* closed by libuv */
    bool is_last;       /* the connection ends behind the answer */
    bool has_told;      /* 100 Continue was sent */
    bool has_served;    /* a request was answered: what follows may wait idle */
    bool has_head;
    char *in; /* what was read and not used */
    size_t in_length, in_capacity;
    struct http_head head;
    uv_write_t write;
    char *out; /* the rest of an answer */
    uv_shutdown_t shutdown;
};

struct http_server {
    uv_loop_t *loop;
    uv_tcp_t listener;
    uv_timer_t timer;
    struct http_limits limits;
    struct http_handlers handlers;
    struct http_exchange *connections;
    struct http_figures figures;
    llhttp_settings_t settings;
    int port;
    int handles; /* of the server itself that are open */
    bool is_stopping;
    int64_t stop_ns;
    char scratch[65536]; /* of the read that is under way, and of an answer's head and body */
};

int64_t http_now_ns(void);

/* http_connection.c */
void connection_opened(struct http_server *server, struct http_exchange *x);
void connection_close(struct http_exchange *x);
/* Refuses what is being read and ends the connection. */
void connection_refuse(struct http_exchange *x, int status);
/* A deadline has passed. */
void connection_expire(struct http_exchange *x);
/* Handles requests that are complete. */
void connection_process(struct http_exchange *x);
/* An answer has left: on to the next request, or the end. */
void connection_answered(struct http_exchange *x);

/* http_write.c */
const char *http_status_text(int status);
/* Sends all; what does not fit at once is copied. */
void connection_send(struct http_exchange *x, const struct http_answer *answer);

/* http_server.c */
void server_forget(struct http_exchange *x);
