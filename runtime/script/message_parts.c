/* The structs that messages are made of, each walked once for both ways. */
#include "script/message_codec.h"

#include <limits.h>

void codec_instrument(struct codec *c, struct instrument *i) {
    codec_chars(c, i->symbol, sizeof i->symbol);
    codec_chars(c, i->base, sizeof i->base);
    codec_chars(c, i->quote, sizeof i->quote);
    CODEC_ENUM(c, &i->kind, INSTRUMENT_PERPETUAL);
    codec_decimal(c, &i->tick.d);
    codec_decimal(c, &i->lot.d);
    codec_decimal(c, &i->min_quantity.d);
    codec_decimal(c, &i->max_quantity.d);
    codec_decimal(c, &i->min_notional.d);
    codec_decimal(c, &i->contract);
    codec_decimal(c, &i->maintenance);
    codec_int(c, &i->max_leverage, 0, INT_MAX);
    codec_bool(c, &i->can_stop);
    codec_bool(c, &i->can_amend);
    codec_bool(c, &i->can_post_only);
    codec_bool(c, &i->can_reduce_only);
    codec_bool(c, &i->can_hedge);
}

void codec_bar(struct codec *c, struct bar *bar) {
    codec_i64(c, &bar->time_ms);
    codec_i64(c, &bar->close_ms);
    codec_double(c, &bar->open);
    codec_double(c, &bar->high);
    codec_double(c, &bar->low);
    codec_double(c, &bar->close);
    codec_double(c, &bar->volume);
}

void codec_request(struct codec *c, struct order_request *r) {
    codec_u16(c, &r->symbol);
    CODEC_ENUM(c, &r->side, ORDER_SELL);
    CODEC_ENUM(c, &r->type, ORDER_STOP);
    CODEC_ENUM(c, &r->position_side, POSITION_SHORT);
    CODEC_ENUM(c, &r->time_in_force, TIF_FOK);
    codec_bool(c, &r->post_only);
    codec_bool(c, &r->reduce_only);
    codec_bool(c, &r->is_whole_position);
    codec_decimal(c, &r->quantity.d);
    codec_decimal(c, &r->price.d);
    codec_decimal(c, &r->stop.d);
    codec_chars(c, r->reason, sizeof r->reason);
    codec_chars(c, r->tag, sizeof r->tag);
}

/* An err code: 0 or one of the table. */
static void codec_code(struct codec *c, int *code) {
    codec_int(c, code, 1 - (int)E_INDEX_COUNT, 0);
}

void codec_order(struct codec *c, struct order *o) {
    codec_u64(c, &o->sequence);
    codec_chars(c, o->id, sizeof o->id);
    codec_request(c, &o->request);
    CODEC_ENUM(c, &o->state, ORDER_UNKNOWN);
    CODEC_ENUM(c, &o->pending, PENDING_CANCEL);
    codec_decimal(c, &o->filled.d);
    codec_decimal(c, &o->average.d);
    codec_code(c, &o->code);
    codec_chars(c, o->message, sizeof o->message);
    codec_i64(c, &o->created_ms);
    codec_i64(c, &o->updated_ms);
    codec_decimal(c, &o->asked.price.d);
    codec_decimal(c, &o->asked.stop.d);
    codec_decimal(c, &o->asked.quantity.d);
    codec_u64(c, &o->queued);
    codec_i64(c, &o->queued_ms);
}

void codec_fill(struct codec *c, struct fill *f) {
    codec_decimal(c, &f->price.d);
    codec_decimal(c, &f->quantity.d);
    codec_decimal(c, &f->fee.d);
    CODEC_ENUM(c, &f->liquidity, LIQUIDITY_MAKER);
    codec_i64(c, &f->time_ms);
}

void codec_position(struct codec *c, struct position *p) {
    codec_decimal(c, &p->quantity.d);
    codec_decimal(c, &p->entry.d);
    codec_decimal(c, &p->realized.d);
    codec_decimal(c, &p->fees.d);
    codec_i64(c, &p->opened_ms);
}

/* A text that is never NULL. */
static void codec_name(struct codec *c, const char **text) {
    codec_text(c, text);
    if (c->code == 0 && !*text) {
        codec_fail(c, E_DATA);
    }
}

void codec_settings(struct codec *c, const struct setting **settings, int *count) {
    struct setting *all = codec_array(c, *settings, count, sizeof *all);
    for (int i = 0; i < *count && c->code == 0; i++) {
        codec_name(c, &all[i].name);
        codec_name(c, &all[i].text);
        codec_bool(c, &all[i].is_optional);
    }
    if (!c->is_writing) {
        *settings = all;
    }
}

void codec_bundle(struct codec *c, struct script_bundle *bundle) {
    codec_name(c, &bundle->name);
    codec_u64(c, &bundle->hash);
    struct script_file *files = codec_array(c, bundle->files, &bundle->count, sizeof *files);
    for (int i = 0; i < bundle->count && c->code == 0; i++) {
        codec_name(c, &files[i].path);
        codec_blob(c, &files[i].text, &files[i].length);
        if (c->code == 0 && !files[i].text) {
            codec_fail(c, E_DATA);
        }
    }
    if (!c->is_writing) {
        bundle->files = files;
    }
}

void codec_bundle_optional(struct codec *c, const struct script_bundle **bundle) {
    bool is_there = *bundle != NULL;
    codec_bool(c, &is_there);
    if (!is_there) {
        *bundle = NULL;
        return;
    }
    if (!c->is_writing) {
        *bundle = arena_alloc_array(c->arena, 1, sizeof **bundle);
        if (!*bundle) {
            codec_fail(c, E_MEMORY);
            return;
        }
    }
    codec_bundle(c, (struct script_bundle *)(uintptr_t)*bundle);
}

void codec_order_list(struct codec *c, struct order ***list, int *count) {
    struct order **orders = codec_array(c, *list, count, sizeof *orders);
    for (int i = 0; i < *count && c->code == 0; i++) {
        if (!c->is_writing) {
            orders[i] = arena_alloc_array(c->arena, 1, sizeof **orders);
            if (!orders[i]) {
                codec_fail(c, E_MEMORY);
                return;
            }
        }
        codec_order(c, orders[i]);
    }
    if (!c->is_writing) {
        *list = orders;
    }
}

void codec_position_list(struct codec *c, const struct record_position **list, int *count) {
    struct record_position *all = codec_array(c, *list, count, sizeof *all);
    for (int i = 0; i < *count && c->code == 0; i++) {
        codec_u16(c, &all[i].symbol);
        CODEC_ENUM(c, &all[i].side, POSITION_SHORT);
        codec_position(c, &all[i].position);
    }
    if (!c->is_writing) {
        *list = all;
    }
}

void codec_open(struct codec *c, struct activation_open *open) {
    codec_u32(c, &open->activation);
    codec_chars(c, open->id, sizeof open->id);
    if (!c->is_writing) {
        open->bundle = arena_alloc_array(c->arena, 1, sizeof *open->bundle);
        if (!open->bundle) {
            codec_fail(c, E_MEMORY);
            return;
        }
    }
    codec_bundle(c, (struct script_bundle *)(uintptr_t)open->bundle);
    codec_settings(c, &open->settings, &open->setting_count);
    codec_blob(c, &open->state, &open->state_length);
    codec_u64(c, &open->seed);
    codec_u64(c, &open->order_sequence);
    codec_text(c, &open->account.currency);
    codec_decimal(c, &open->account.balance.d);
    codec_bool(c, &open->account.is_hedge);
    codec_bool(c, &open->account.is_isolated);
    codec_int(c, &open->leverage, 0, INT_MAX);
    codec_order_list(c, &open->orders, &open->order_count);
    codec_position_list(c, &open->positions, &open->position_count);
    int *leverages = codec_array(c, open->leverages, &open->leverage_count, sizeof *leverages);
    for (int i = 0; i < open->leverage_count && c->code == 0; i++) {
        codec_int(c, &leverages[i], 1, INT_MAX);
    }
    if (!c->is_writing) {
        open->leverages = leverages;
    }
}

static void codec_signal(struct codec *c, struct ask_signal *s) {
    codec_text(c, &s->side);
    codec_text(c, &s->kind);
    codec_text(c, &s->reason);
    codec_bool(c, &s->is_accepted);
    codec_double(c, &s->price);
    codec_int(c, &s->number_count, 0, SIGNAL_NUMBERS_MAX);
    for (int i = 0; i < s->number_count && c->code == 0; i++) {
        codec_name(c, &s->numbers[i].name);
        codec_double(c, &s->numbers[i].value);
    }
}

static void codec_amend(struct codec *c, struct ask *ask) {
    codec_bool(c, &ask->u.amend.has_price);
    codec_bool(c, &ask->u.amend.has_stop);
    codec_bool(c, &ask->u.amend.has_quantity);
    codec_decimal(c, &ask->u.amend.price.d);
    codec_decimal(c, &ask->u.amend.stop.d);
    codec_decimal(c, &ask->u.amend.quantity.d);
    codec_chars(c, ask->u.amend.reason, sizeof ask->u.amend.reason);
    codec_chars(c, ask->u.amend.tag, sizeof ask->u.amend.tag);
}

void codec_ask(struct codec *c, struct ask *ask) {
    CODEC_ENUM(c, &ask->kind, ASK_FINISH);
    codec_text(c, &ask->file);
    codec_int(c, &ask->line, 0, INT_MAX);
    codec_u16(c, &ask->symbol);
    codec_u64(c, &ask->sequence);
    switch (ask->kind) {
    case ASK_PLACE:
        codec_request(c, &ask->u.request);
        break;
    case ASK_AMEND:
        codec_amend(c, ask);
        break;
    case ASK_LEVERAGE:
        codec_int(c, &ask->u.leverage, 0, INT_MAX);
        break;
    case ASK_MARGIN_MODE:
        codec_bool(c, &ask->u.is_isolated);
        break;
    case ASK_TIMER:
    case ASK_TIMER_CANCEL:
        codec_chars(c, ask->u.timer.name, sizeof ask->u.timer.name);
        codec_i64(c, &ask->u.timer.at_ms);
        codec_i64(c, &ask->u.timer.every_ms);
        break;
    case ASK_SIGNAL:
        codec_signal(c, &ask->u.signal);
        break;
    case ASK_LOG:
    case ASK_NOTIFY:
        CODEC_ENUM(c, &ask->u.log.level, ASK_ERROR);
        codec_text(c, &ask->u.log.text);
        break;
    case ASK_FINISH:
        codec_text(c, &ask->u.finish);
        break;
    case ASK_CANCEL:
        break;
    }
}
