/* the route of a user's events. */
#include "gateway/router.h"

int route_events(struct call *c, struct err *e) {
    static const char *const names[] = {NULL};
    const char *user = call_part(c, "user_id");
    query_names(c, names);
    int code = call_faults(c, e);
    if (code != 0) {
        return code;
    }
    if (!events_have_room(c->g->events, user)) {
        return err_set(e, E_LIMIT, "more than %d readers of these events", EVENTS_READERS_MAX);
    }
    if (c->request->method == HTTP_HEAD_) {
        c->content_type = "text/event-stream";
        return 0;
    }
    c->is_answered = true;
    c->g->answers[2]++;
    events_listen(
        c->g->events, user, c->exchange, c->request->last_event_id.data,
        c->request->last_event_id.length
    );
    return 0;
}
