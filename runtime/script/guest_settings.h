/* guest_settings: the parameters of a guest as texts, kept by the host from one EVENT_START to the
 * next.
 *
 * A change (EVENT_PARAMS) takes effect at the next EVENT_START; where that faults, the settings
 * from before hold again. The memory is the guest's. Internal. */
#pragma once

#include "script/guest.h"

/* One block, for free(). */
MUST_CHECK int settings_copy(const struct setting *settings, int count, struct setting **out);

/* Replaces the settings, keeping those from before. E_MEMORY: nothing happened. */
MUST_CHECK int guest_settings_change(struct guest *g, const struct setting *settings, int count);
/* After EVENT_START: those from before are forgotten, or (not accepted) hold again. */
void guest_settings_settle(struct guest *g, bool is_accepted);
