/* script_write: puts files of a script in the place of those on the disk: all are written beside
 * them and made durable first, then renamed one after the other, the entry file last. Who watches
 * the folder sees no half of a file. A few short writes on the caller's thread; no time. */
#pragma once

#include "script/message.h"

/* path: as script_source has it, a file or a folder with init.lua. A text of NULL takes the file
 * away. E_ARGUMENT: a name that is none of such a script; E_IO: nothing was changed, or (said so)
 * not all. */
MUST_CHECK int
script_files_write(const char *path, const struct script_file *files, int count, struct err *e);
