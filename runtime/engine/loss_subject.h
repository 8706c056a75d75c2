/* loss_subject: an account or a user, as what limits of loss are about: what it is worth, and which
 * activations trade for it. Time and prices are the engine's; its thread; nothing is freed here but
 * the names of a user without accounts. */
#pragma once

#include "engine/engine_state.h"

struct subject {
    bool is_user;
    uint32_t index;
    struct loss_watch *loss;
};

struct subject account_subject(struct engine *e, uint32_t account);
struct subject user_subject(struct engine *e, uint32_t user);
/* Balance and open profit: at marks, which recovery knows too, or at the last prices. */
MUST_CHECK int
subject_worth(const struct engine *e, const struct subject *s, bool at_marks, struct money *out);
/* The next activation of the subject after `activation`; NO_ACTIVATION: before the first, and none.
 */
uint32_t subject_next(const struct engine *e, const struct subject *s, uint32_t activation);
/* With all accounts, and all users. */
void subjects_do(struct engine *e, void (*what)(struct engine *e, const struct subject *s));

/* Whether a halt holds; the engine counts those that do. */
void halt_set(struct engine *e, struct loss_watch *w, enum loss_limit which, bool is_on);
/* loss_halts.c */
void halt_describe(
    const struct engine *e, const struct subject *s, enum loss_limit which, struct record *record
);
/* Its record, and to the sink. */
void halt_tell(struct engine *e, const struct subject *s, enum loss_limit which, const char *who);
