/* data_lock: one process a data directory. <data_dir>/lock is held by flock for the life of the
 * process, so that it is free again however the process ends, and names its holder. Any thread. */
#pragma once

#include "base/err.h"

/* Makes data_dir when it is not there. *lock goes to data_lock_give. E_STATE names the process that
 * holds it. */
MUST_CHECK int data_lock_take(const char *data_dir, int *lock, struct err *e);
void data_lock_give(int lock);
