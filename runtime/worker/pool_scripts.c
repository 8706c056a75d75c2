/* Versions of scripts: kept as the message that tells a worker, which gets each once. */
#include "worker/pool_parts.h"

#include <stdlib.h>
#include <string.h>

/* Two are the same when their messages are, byte for byte; the very object of the last time, with the
 * same hash, is not looked at again. */
static bool script_is(struct pool *p, uint32_t place, const struct script_bundle *bundle) {
    const struct pool_script *s = &p->scripts[place];
    if (s->users == 0 || s->hash != bundle->hash) {
        return false;
    }
    if (s->source == bundle && s->files == bundle->files) {
        return true;
    }
    struct message_bundle message = {place, bundle};
    size_t length = message_encode_bundle(&message, p->out, p->message_max);
    return length == s->length && memcmp(p->out, s->bytes, length) == 0;
}

static int script_add(struct pool *p, uint32_t place, const struct script_bundle *bundle) {
    struct message_bundle message = {place, bundle};
    size_t length = message_encode_bundle(&message, p->out, p->message_max);
    char *bytes = length > 0 ? malloc(length) : NULL;
    if (!bytes) {
        return -1;
    }
    memcpy(bytes, p->out, length);
    p->scripts[place] = (struct pool_script){
        .hash = bundle->hash,
        .source = bundle,
        .files = bundle->files,
        .bytes = bytes,
        .length = length,
        .users = 1,
    };
    if ((int)place == p->script_count) {
        p->script_count++;
    }
    return (int)place;
}

/* There are places for two versions of each activation. */
int script_take(struct pool *p, const struct script_bundle *bundle) {
    int place = p->script_count;
    for (int i = p->script_count - 1; i >= 0; i--) {
        if (script_is(p, (uint32_t)i, bundle)) {
            p->scripts[i].users++;
            return i;
        }
        if (p->scripts[i].users == 0) {
            place = i;
        }
    }
    return script_add(p, (uint32_t)place, bundle);
}

void script_drop(struct pool *p, uint32_t script) {
    struct pool_script *s = &p->scripts[script];
    if (--s->users == 0) {
        free(s->bytes);
        *s = (struct pool_script){0};
    }
}

void script_use(struct pool *p, struct pool_worker *w, uint32_t script) {
    if (w->script_users[script]++ == 0) {
        worker_tell(p, w, p->scripts[script].bytes, p->scripts[script].length);
    }
}

void script_leave(struct pool *p, struct pool_worker *w, uint32_t script) {
    if (--w->script_users[script] == 0) {
        struct message_bundle message = {.id = script};
        worker_tell(p, w, p->out, message_encode_bundle(&message, p->out, p->message_max));
    }
}

int edit_begin(
    struct pool *p, struct pool_worker *w, uint32_t activation, const struct script_bundle *bundle
) {
    int script = script_take(p, bundle);
    if (script >= 0) {
        script_use(p, w, (uint32_t)script);
        p->activations[activation].edit = script;
    }
    return script;
}

void edit_end(struct pool *p, struct pool_worker *w, uint32_t activation, bool is_taken) {
    struct pool_activation *a = &p->activations[activation];
    if (a->edit < 0) {
        return;
    }
    uint32_t gone = is_taken ? a->script : (uint32_t)a->edit;
    a->script = is_taken ? (uint32_t)a->edit : a->script;
    a->edit = -1;
    script_leave(p, w, gone);
    script_drop(p, gone);
}
