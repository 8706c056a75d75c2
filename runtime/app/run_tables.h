/* run_tables: lists of what was for HTTP, from the tables that the run makes of its journal. What is
 * asked goes to the store's thread; the answer comes back in a turn of the loop. The loop's thread;
 * nothing is kept beside what waits. */
#pragma once

#include "app/run.h"
#include "gateway/tables.h"

struct tables_port run_tables(struct run *run);
