/* view_parts: what view.c and view_asks.c share. Internal. */
#pragma once

#include "script/view.h"

/* Takes an order into the list of all, and of the open ones; NULL without memory. */
struct view_order *view_order_new(struct view *v, const struct order *order);
/* Takes it out of both again. */
void view_order_recycle(struct view *v, struct view_order *o);
/* The place of a timer; −1: not set. */
int view_timer_find(const struct view *v, const char *name);
/* E_MEMORY where the symbol is new to the list and there is no room. */
MUST_CHECK int view_leverage_take(struct view *v, uint16_t symbol, int leverage, struct err *e);
