/* router: which route a request takes. Paths are compared as they came, undecoded; what stands for
 * {a name} is decoded then, and must be readable text. Pure. */
#pragma once

#include "gateway/call.h"

enum router_result { ROUTER_FOUND, ROUTER_NO_PATH, ROUTER_NO_METHOD };

/* FOUND: c->route and c->parts are filled. NO_METHOD: the path exists. HEAD takes the route of GET. */
enum router_result router_find(struct call *c);
/* A bit 1 << method of each method that the path takes; 0: it is none. */
unsigned router_allowed(struct http_text path);
/* The part of the path that stands for {name}; NULL when the route has none. */
const char *call_part(const struct call *c, const char *name);

#define ROUTE(method, path, access, body, creates, rate, handler)                                  \
    int handler(struct call *c, struct err *e);
#include "gateway/routes.def"
#undef ROUTE
