/* instruments: the facts of symbols for files of candles and the paper venue, from
 * config/instruments.lua. No time; one thread; the struct is the caller's. */
#pragma once

#include "market/instrument.h"

/* E_UNKNOWN_SYMBOL names what is near and where to add one. */
MUST_CHECK int instrument_find(const char *symbol, struct instrument *out, struct err *e);
/* All of them, for the caller to free whatever the code says. */
MUST_CHECK int instruments_load(struct instrument **out, int *count, struct err *e);
