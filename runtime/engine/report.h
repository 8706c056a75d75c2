/* report: what a venue's word means before it is applied, for the engine and for those who make rows
 * of its records: both must read a report alike. Pure. */
#pragma once

#include "engine/port.h"

/* Applies to the order the events that must come before one which skips them, and makes of a
 * refused cancel what it really says. has_id: the venue tells its fills apart, so that what it says
 * happened has happened. */
void report_prepare(struct order *o, struct order_event *event, bool has_id);

/* Parts up to `most` off the fill of *rest, with its part of the fee: *share is for one holder.
 * E_OVERFLOW */
MUST_CHECK int
report_share(struct venue_report *rest, struct quantity most, struct venue_report *share);
