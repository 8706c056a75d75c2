/* The hidden command: a script worker, started by the program itself (worker/pool.h). */
#include "app/commands.h"

#include "worker/worker_main.h"

int command_worker(void) {
    return worker_main();
}
