/* state_text: a captured self.state as JSON, for people and tables. The bytes are as script's
 * state_tags.h says; whatever does not follow it is E_DATA. Pure. */
#pragma once

#include "base/json_write.h"

MUST_CHECK int state_text(const char *bytes, size_t length, struct buffer *out);
