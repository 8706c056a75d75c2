/* reference: what the tables of the script API and of the indicators say, as files for editors and
 * people. Each function appends a whole file to a buffer, whose code says whether all of it fitted.
 * The files are kept in the repository (lua/types, docs/reference), and a test compares. Pure. */
#pragma once

#include "base/buffer.h"

/* lua/types/strategy.lua: annotations of LuaCATS for the whole API. */
void reference_types(struct buffer *out);
/* docs/reference/script-api.md */
void reference_script_api(struct buffer *out);
/* docs/reference/indicators.md */
void reference_indicators(struct buffer *out);
