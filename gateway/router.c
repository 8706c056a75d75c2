#include "gateway/router.h"

#include <string.h>

const struct route routes[] = {
#define ROUTE(method, path, access, body, creates, rate, handler)                                  \
    {HTTP_##method##_, path, ACCESS_##access, BODY_##body, creates, RATE_##rate, handler},
#include "gateway/routes.def"
#undef ROUTE
};
const int route_count = (int)(sizeof routes / sizeof routes[0]);

struct span {
    const char *at, *end;
};

static size_t segment_length(const struct span *s) {
    const char *slash = memchr(s->at, '/', (size_t)(s->end - s->at));
    return (size_t)((slash != NULL ? slash : s->end) - s->at);
}

/* Whether a path has the form of a route's; the parts that stand for names are noted. */
static bool path_matches(const char *form, struct http_text path, struct span *parts) {
    struct span f = {form, form + strlen(form)};
    struct span p = {path.data, path.data + path.length};
    int count = 0;
    while (f.at < f.end && p.at < p.end) {
        if (*f.at != '/' || *p.at != '/') {
            return false;
        }
        f.at++;
        p.at++;
        size_t form_length = segment_length(&f);
        size_t length = segment_length(&p);
        if (form_length > 0 && f.at[0] == '{') {
            if (length == 0) {
                return false;
            }
            parts[count++] = (struct span){p.at, p.at + length};
        } else if (length != form_length || memcmp(f.at, p.at, length) != 0) {
            return false;
        }
        f.at += form_length;
        p.at += length;
    }
    return f.at == f.end && p.at == p.end;
}

static bool parts_decode(struct call *c, const struct span *parts, const char *form) {
    int count = 0;
    for (const char *at = strchr(form, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const struct span *part = &parts[count];
        size_t length = (size_t)(part->end - part->at);
        if (!percent_decode(part->at, length, c->parts[count], CALL_PART_MAX)) {
            return false;
        }
        count++;
    }
    return true;
}

/* Only the first form of a path that fits counts: not a later one with names in its place. */
static bool
is_of_path(const struct route *r, const char **form, struct http_text path, struct span *parts) {
    if ((*form != NULL && strcmp(*form, r->path) != 0) || !path_matches(r->path, path, parts)) {
        return false;
    }
    *form = r->path;
    return true;
}

enum router_result router_find(struct call *c) {
    enum http_method method = c->request->method == HTTP_HEAD_ ? HTTP_GET_ : c->request->method;
    const char *form = NULL;
    for (int i = 0; i < route_count; i++) {
        const struct route *r = &routes[i];
        struct span parts[CALL_PARTS_MAX];
        if (is_of_path(r, &form, c->request->path, parts) && r->method == method) {
            c->route = r;
            return parts_decode(c, parts, r->path) ? ROUTER_FOUND : ROUTER_NO_PATH;
        }
    }
    return form != NULL ? ROUTER_NO_METHOD : ROUTER_NO_PATH;
}

unsigned router_allowed(struct http_text path) {
    const char *form = NULL;
    unsigned allowed = 0;
    for (int i = 0; i < route_count; i++) {
        struct span parts[CALL_PARTS_MAX];
        if (is_of_path(&routes[i], &form, path, parts)) {
            allowed |= 1u << routes[i].method;
        }
    }
    return allowed;
}

const char *call_part(const struct call *c, const char *name) {
    size_t length = strlen(name);
    int count = 0;
    for (const char *at = strchr(c->route->path, '{'); at != NULL; at = strchr(at + 1, '{')) {
        if (strncmp(at + 1, name, length) == 0 && at[1 + length] == '}') {
            return c->parts[count];
        }
        count++;
    }
    return NULL;
}
