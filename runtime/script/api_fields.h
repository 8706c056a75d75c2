/* api_fields: the fields of every object and table of options of the script API, as lists
 * X(NAME, type, doc): from each come an enum, the names, the editor types and the reference. */
#pragma once

#define CANDLE_FIELDS(X)                                                                           \
    X(symbol, "string", "")                                                                        \
    X(timeframe, "string", "\"15m\"")                                                              \
    X(time, "integer", "when it opened, ms")                                                       \
    X(close_time, "integer", "when the next one opens, ms")                                        \
    X(open, "number", "")                                                                          \
    X(high, "number", "")                                                                          \
    X(low, "number", "")                                                                           \
    X(close, "number", "")                                                                         \
    X(volume, "number", "")                                                                        \
    X(warmup, "boolean", "a bar that was missed: orders are refused with `warmup`")

#define BAR_FIELDS(X)                                                                              \
    X(time, "integer", "when it opened, ms")                                                       \
    X(close_time, "integer", "when the next one opens, ms")                                        \
    X(open, "number", "")                                                                          \
    X(high, "number", "")                                                                          \
    X(low, "number", "")                                                                           \
    X(close, "number", "")                                                                         \
    X(volume, "number", "")

#define TICKER_FIELDS(X)                                                                           \
    X(symbol, "string", "")                                                                        \
    X(time, "integer", "ms")                                                                       \
    X(last, "number", "")                                                                          \
    X(bid, "number?", "nil where the data has none")                                               \
    X(ask, "number?", "nil where the data has none")                                               \
    X(open, "number", "first price since the ticker event before")                                 \
    X(high, "number", "highest price since the ticker event before")                               \
    X(low, "number", "lowest price since the ticker event before")

#define FILL_FIELDS(X)                                                                             \
    X(order_id, "string?", "nil where nobody asked for the order")                                 \
    X(symbol, "string", "")                                                                        \
    X(side, "\"buy\"|\"sell\"", "")                                                                \
    X(position_side, "\"net\"|\"long\"|\"short\"", "")                                             \
    X(price, "number", "")                                                                         \
    X(quantity, "number", "")                                                                      \
    X(fee, "number", "paid, in fee_asset; negative where the venue pays")                          \
    X(fee_asset, "string", "")                                                                     \
    X(liquidity, "\"taker\"|\"maker\"", "")                                                        \
    X(time, "integer", "ms; cooldowns count from it")                                              \
    X(reason, "string", "the order's, or one of the core: liquidation adl manual kill suspend …")  \
    X(tag, "string", "the order's; empty where it has none")                                       \
    X(is_final, "boolean", "this fill completed its order")

#define ORDER_FIELDS(X)                                                                            \
    X(id, "string", "stable over restart and amendment; a key for self.state")                     \
    X(symbol, "string", "")                                                                        \
    X(side, "\"buy\"|\"sell\"", "")                                                                \
    X(position_side, "\"net\"|\"long\"|\"short\"", "")                                             \
    X(type, "\"market\"|\"limit\"|\"stop\"", "")                                                   \
    X(price, "number?", "limit last asked for")                                                    \
    X(stop, "number?", "trigger last asked for")                                                   \
    X(quantity, "number",                                                                          \
      "last asked for, what has filled included; 0 where it is the whole "                         \
      "position")                                                                                  \
    X(filled, "number", "")                                                                        \
    X(average, "number?", "average price of its fills")                                            \
    X(reduce_only, "boolean", "")                                                                  \
    X(state, "order_state", "")                                                                    \
    X(pending, "(\"new\"|\"amend\"|\"cancel\")?", "asked for and not answered yet")                \
    X(code, "string?", "why it was rejected, or why an ask on it was refused")                     \
    X(message, "string", "the same for a person, with the check and its numbers")                  \
    X(reason, "string", "")                                                                        \
    X(tag, "string", "empty where none was given")                                                 \
    X(time, "integer", "of its last change, ms")

#define POSITION_FIELDS(X)                                                                         \
    X(is_flat, "boolean", "")                                                                      \
    X(is_long, "boolean", "")                                                                      \
    X(is_short, "boolean", "")                                                                     \
    X(quantity, "number", "never negative: is_long and is_short say which way")                    \
    X(entry_price, "number?", "average of what enlarged it, fees not in it; nil when flat")        \
    X(unrealized, "number", "open profit at the last price")                                       \
    X(realized, "number", "closed profit so far, fees not in it")                                  \
    X(leverage, "integer", "")

#define BALANCE_FIELDS(X)                                                                          \
    X(equity, "number", "balance and open profit")                                                 \
    X(balance, "number", "what is realised, fees paid")                                            \
    X(free, "number", "equity less the margin of positions and of resting orders that enlarge one")

#define ACCOUNT_FIELDS(X)                                                                          \
    X(currency, "string", "")                                                                      \
    X(position_mode, "\"net\"|\"hedge\"", "")                                                      \
    X(margin_mode, "\"cross\"|\"isolated\"", "")

#define INSTRUMENT_FIELDS(X)                                                                       \
    X(symbol, "string", "")                                                                        \
    X(tick, "number", "step of prices")                                                            \
    X(lot, "number", "step of quantities, in base units")                                          \
    X(min_quantity, "number", "")                                                                  \
    X(min_notional, "number", "0: none")                                                           \
    X(contract, "number", "base units of one contract of the venue")                               \
    X(base, "string", "")                                                                          \
    X(quote, "string", "")                                                                         \
    X(max_leverage, "integer", "")                                                                 \
    X(kind, "\"spot\"|\"perpetual\"", "")                                                          \
    X(can, "can", "what the venue offers")                                                         \
    X(lots, "fun(self: instrument, x: number): integer", "whole lots of a quantity, exactly")      \
    X(quantity, "fun(self: instrument, n: integer): number", "the way back from lots")             \
    X(round_price, "fun(self: instrument, x: number, how: \"down\"|\"up\"|\"nearest\"): number",   \
      "to the tick; ties go up")

#define CAN_FIELDS(X)                                                                              \
    X(stop, "boolean", "stop orders that rest at the venue")                                       \
    X(amend, "boolean", "")                                                                        \
    X(post_only, "boolean", "")                                                                    \
    X(reduce_only, "boolean", "")                                                                  \
    X(hedge, "boolean", "long and short positions side by side")

#define PLACE_FIELDS(X)                                                                            \
    X(side, "(\"buy\"|\"sell\")?", "for place; buy and sell bring their own")                      \
    X(quantity, "number?", "base units; this or value")                                            \
    X(value, "number?", "quote currency, exactly, down to the lot")                                \
    X(price, "number?", "makes it a limit order")                                                  \
    X(stop, "number?", "makes it a stop order: a market order once this price is touched")         \
    X(post_only, "boolean?", "a limit order that may only rest")                                   \
    X(time_in_force, "(\"gtc\"|\"ioc\"|\"fok\")?", "gtc")                                          \
    X(reduce_only, "boolean?", "")                                                                 \
    X(position_side, "(\"net\"|\"long\"|\"short\")?", "in hedge mode: long or short")              \
    X(tag, "string?", "comes back with order and fills")                                           \
    X(reason, "string", "why: required, it is what reports group by")

#define CLOSE_FIELDS(X)                                                                            \
    X(share, "number?", "over 0, up to 1: the part of the position")                               \
    X(stop, "number?", "a resting stop for whatever the position is when it trades")               \
    X(price, "number?", "a resting limit for whatever the position is when it trades")             \
    X(position_side, "(\"net\"|\"long\"|\"short\")?", "in hedge mode: long or short")              \
    X(reason, "string", "why: required")                                                           \
    X(tag, "string?", "comes back with order and fills")

#define AMEND_FIELDS(X)                                                                            \
    X(price, "number?", "")                                                                        \
    X(stop, "number?", "")                                                                         \
    X(quantity, "number?", "the total, what has filled included")                                  \
    X(reason, "string?", "")                                                                       \
    X(tag, "string?", "")

#define FILTER_FIELDS(X)                                                                           \
    X(side, "(\"buy\"|\"sell\")?", "")                                                             \
    X(position_side, "(\"net\"|\"long\"|\"short\")?", "")                                          \
    X(tag, "string?", "")

#define TIMER_FIELDS(X)                                                                            \
    X(after, "integer?", "ms from now, once")                                                      \
    X(at, "integer?", "a time in ms, once")                                                        \
    X(every, "integer?", "ms between two, the first after one such span")

#define NOTIFY_FIELDS(X) X(level, "(\"info\"|\"warn\"|\"error\")?", "info")

#define SIGNAL_FIELDS(X)                                                                           \
    X(symbol, "string", "")                                                                        \
    X(side, "string?", "")                                                                         \
    X(kind, "string?", "")                                                                         \
    X(accepted, "boolean?", "false: it was blocked")                                               \
    X(reason, "string?", "why it was taken or blocked")                                            \
    X(price, "number?", "")

/* What handles and ta objects answer to: only for the types and the reference, since their names
 * are looked up in other ways. X(name as text, type, doc). */
#define INDICATOR_HANDLE_FIELDS(X)                                                                 \
    X("[integer]", "number?", "the value that many bars before the last closed one; up to 3,000")  \
    X("[string]", "indicator", "a named output: h.upper[0]")                                       \
    X("at", "fun(self: indicator, ms: number): number?",                                           \
      "the value of the last bar closed at or before that time")                                   \
    X("time", "fun(self: indicator, n: integer): integer?", "the open time of the bar of h[n]")

#define CANDLES_HANDLE_FIELDS(X)                                                                   \
    X("[integer]", "bar?", "the bar that many before the last closed one; #s says how many")       \
    X("at", "fun(self: candles, ms: number): bar?", "the last bar closed at or before that time")  \
    X("time", "fun(self: candles, n: integer): integer?", "the open time of s[n]")

#define TA_OBJECT_FIELDS(X)                                                                        \
    X("[string]", "number?", "a named output after the last push")                                 \
    X("push", "fun(self: ta_object, x: number|bar|candle): number?",                               \
      "takes one more number or bar; the value after it")                                          \
    X("feed", "fun(self: ta_object, handle: indicator|candles, n: integer): number?",              \
      "pushes the last n values or bars of a handle")
