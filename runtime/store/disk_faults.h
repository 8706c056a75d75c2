/* disk_faults: the disk of a run, which fails on request where the program is built with
 * TRADINGBOOST_FAULT_POINTS, for tests; otherwise it is the machine's own and nothing else.
 *
 * The environment variable TRADINGBOOST_FAULT_DISK says what fails: FILE.CALL:ERROR:FIRST[:TIMES].
 * FILE is journal or snapshot; CALL is write, sync, allocate or rename; ERROR is EIO or ENOSPC;
 * from the FIRST such call on, TIMES of them fail (1). "journal.sync:EIO:40:3". A sync that fails
 * loses what was written since the last one, as a machine may: those bytes read as zeros then. Each
 * failure is told on stderr with the machine's time in milliseconds. Any thread. */
#pragma once

#include "store/disk.h"

#ifdef TRADINGBOOST_FAULT_POINTS
const struct disk *disk_with_faults(void);
#define DISK_OF_RUN disk_with_faults()
#else
#define DISK_OF_RUN (&disk_system)
#endif
