/* api_classes: the classes of api_classes.c by name, and the functions that api.c lists. */
#pragma once

#include "script/api.h"

extern const struct api_class class_candle, class_bar, class_ticker, class_fill, class_order,
    class_position, class_balance, class_account, class_instrument, class_can, class_place,
    class_close, class_amend, class_filter, class_timer, class_notify, class_signal,
    class_indicator, class_candles, class_ta_object;

/* api_order.c */
int api_place(lua_State *L);
int api_buy(lua_State *L);
int api_sell(lua_State *L);
int api_close(lua_State *L);
int api_cancel(lua_State *L);
int api_cancel_all(lua_State *L);
int api_amend(lua_State *L);
int api_leverage(lua_State *L);
int api_margin_mode(lua_State *L);

/* api_read.c */
int api_position(lua_State *L);
int api_balance(lua_State *L);
int api_account(lua_State *L);
int api_orders(lua_State *L);
int api_order(lua_State *L);
int api_instrument(lua_State *L);

/* api_market.c */
int api_indicator(lua_State *L);
int api_candles(lua_State *L);
int api_watch(lua_State *L);
int api_watch_ticker(lua_State *L);

/* api_misc.c */
int api_timer(lua_State *L);
int api_cancel_timer(lua_State *L);
int api_signal(lua_State *L);
int api_log(lua_State *L);
int api_warn(lua_State *L);
int api_notify(lua_State *L);
int api_finish(lua_State *L);
