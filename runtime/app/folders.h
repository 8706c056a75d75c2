/* folders: a folder with those above it, for its owner alone. No time; any thread. */
#pragma once

/* Makes what is missing on the way to the path, without its last part; what could not be made shows
 * when that is used. */
void folders_make_above(const char *path);
