/* The kinds of objects and tables of options, from the lists of api_fields.h. */
#include "script/api_classes.h"
#include "script/api_fields.h"

#define FIELD_ROW(name, type, doc) {#name, type, doc},
#define CLASS(variable, label, LIST, options, text)                                                \
    static const struct api_field variable##_fields[] = {LIST(FIELD_ROW)};                         \
    const struct api_class variable = {                                                            \
        label,   text, variable##_fields, sizeof variable##_fields / sizeof *variable##_fields,    \
        options,                                                                                   \
    };

CLASS(class_candle, "candle", CANDLE_FIELDS, false, "The argument of on_candle: a bar that closed.")
CLASS(class_bar, "bar", BAR_FIELDS, false, "A bar of a candles handle: a table of its own.")
CLASS(class_ticker, "ticker", TICKER_FIELDS, false, "The argument of on_ticker.")
CLASS(class_fill, "fill", FILL_FIELDS, false, "The argument of on_fill.")
CLASS(class_order, "order", ORDER_FIELDS, false, "An own order; the argument of on_order.")
CLASS(
    class_position,
    "position",
    POSITION_FIELDS,
    false,
    "What this activation holds of a symbol, as of the event."
)
CLASS(class_balance, "balance", BALANCE_FIELDS, false, "The money of this activation.")
CLASS(class_account, "account", ACCOUNT_FIELDS, false, "How the account is set.")
CLASS(class_instrument, "instrument", INSTRUMENT_FIELDS, false, "The facts of a symbol.")
CLASS(class_can, "can", CAN_FIELDS, false, "What a venue offers for a symbol.")
CLASS(
    class_place,
    "place_options",
    PLACE_FIELDS,
    true,
    "Neither price nor stop: a market order. value is divided by the limit, else the stop, else "
    "the "
    "last price as of the event."
)
CLASS(class_close, "close_options", CLOSE_FIELDS, true, "Neither price nor stop: at market.")
CLASS(class_amend, "amend_options", AMEND_FIELDS, true, "What is left out stays.")
CLASS(class_filter, "order_filter", FILTER_FIELDS, true, "Only orders like this.")
CLASS(class_timer, "timer_options", TIMER_FIELDS, true, "Exactly one of them.")
CLASS(class_notify, "notify_options", NOTIFY_FIELDS, true, "")
CLASS(
    class_signal,
    "signal",
    SIGNAL_FIELDS,
    true,
    "Besides these fields up to 16 numbers of any name, kept with the signal."
)

#undef FIELD_ROW
#define FIELD_ROW(name, type, doc) {name, type, doc},
CLASS(
    class_indicator,
    "indicator",
    INDICATOR_HANDLE_FIELDS,
    false,
    "Values of an indicator as of the event that is handled; nil while it warms up. A longer "
    "timeframe without a look ahead: h:at(c.time)."
)
CLASS(
    class_candles,
    "candles",
    CANDLES_HANDLE_FIELDS,
    false,
    "The bars of a symbol as of the event that is handled. Loop with for i = #s - 1, 0, -1 do."
)
CLASS(
    class_ta_object,
    "ta_object",
    TA_OBJECT_FIELDS,
    false,
    "An indicator with private state, made by ta.NAME{ length = 5 }."
)

const struct api_class *const api_classes[] = {
    &class_candle,   &class_bar,     &class_ticker,    &class_fill,    &class_order,
    &class_position, &class_balance, &class_account,   &class_can,     &class_instrument,
    &class_place,    &class_close,   &class_amend,     &class_filter,  &class_timer,
    &class_notify,   &class_signal,  &class_indicator, &class_candles, &class_ta_object,
};
const int api_class_count = sizeof api_classes / sizeof *api_classes;
