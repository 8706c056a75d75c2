#include "gateway/order_find.h"

#include "gateway/once.h"

#include <string.h>

struct search {
    struct found_order *out;
    const char *id; /* NULL: by number */
    uint32_t activation;
    uint64_t sequence;
    bool is_found;
};

static bool is_wanted(const struct search *s, uint32_t activation, const struct order *o) {
    return s->id != NULL ? strcmp(o->id, s->id) == 0
                         : activation == s->activation && o->sequence == s->sequence;
}

static bool ended_look(void *to, const struct history_order *o) {
    struct search *s = to;
    if (!is_wanted(s, o->activation, &o->order)) {
        return true;
    }
    s->is_found = true;
    s->out->activation = o->activation;
    s->out->order = o->order;
    s->out->is_live = false;
    return false;
}

static bool live_look(const struct call *c, struct search *s, const struct activation_view *view) {
    for (int i = view->order_count - 1; i >= 0; i--) {
        const struct order *o = inspect_order(c->engine, s->activation, i);
        if (is_wanted(s, s->activation, o)) {
            s->out->activation = s->activation;
            s->out->order = *o;
            s->out->is_live = true;
            return true;
        }
    }
    return false;
}

int order_by_sequence(
    struct call *c, uint32_t activation, uint64_t sequence, struct found_order *out, struct err *e
) {
    struct search s = {.out = out, .activation = activation, .sequence = sequence};
    /* What ended a moment ago is in the rings, whatever answers for what ended long ago. */
    struct history_source rings = history_source_of(c->g->history);
    struct activation_view view;
    inspect_activation(c->engine, activation, &view);
    out->user = view.user;
    if (live_look(c, &s, &view)) {
        return 0;
    }
    rings.orders(rings.ctx, view.user, ended_look, &s);
    return s.is_found ? 0 : err_set(e, E_UNKNOWN, "the order was asked for and cannot be found");
}

int order_made(struct call *c, int item, struct found_order *out, struct err *e) {
    struct request_view made;
    struct activation_view view;
    if (!once_made(c, item, &made) || made.order == NULL || made.activation == NO_ACTIVATION) {
        return err_set(e, E_UNKNOWN, "the order was asked for and cannot be found");
    }
    inspect_activation(c->engine, made.activation, &view);
    *out = (struct found_order){
        .activation = made.activation,
        .user = view.user,
        .is_live = !order_state_is_terminal(made.order->state),
        .order = *made.order,
    };
    return 0;
}

/* "ACTIVATIONoNUMBER": whose it is. */
static int activation_of(struct call *c, const char *id) {
    char activation[CALL_PART_MAX];
    size_t length = strlen(id);
    while (length > 0 && id[length - 1] >= '0' && id[length - 1] <= '9') {
        length--;
    }
    if (length < 2 || length >= sizeof activation || id[length] == '\0') {
        return -1;
    }
    memcpy(activation, id, length - 1);
    activation[length - 1] = '\0';
    return directory_find(c->g->directory, activation);
}

int order_by_id(struct call *c, const char *id, struct found_order *out, struct err *e) {
    int activation = activation_of(c, id);
    struct activation_view view = {0};
    if (activation >= 0) {
        inspect_activation(c->engine, (uint32_t)activation, &view);
    }
    if (activation < 0 || !call_may(c, view.user)) {
        return err_set(e, E_NOT_FOUND, "there is no order %.40s", id);
    }
    struct search s = {.out = out, .id = id, .activation = (uint32_t)activation};
    out->user = view.user;
    if (live_look(c, &s, &view)) {
        return 0;
    }
    struct history_source rings = history_source_of(c->g->history);
    rings.orders(rings.ctx, view.user, ended_look, &s);
    return s.is_found ? 0 : err_set(e, E_NOT_FOUND, "there is no order %.40s", id);
}
