/* commands: the table of the program's commands, each run by a file command_NAME.c. */
#pragma once

#include "app/arguments.h"

extern const struct command_spec commands[]; /* ended by a row without a name */

int command_backtest(const struct arguments *arguments);
int command_check(const struct arguments *arguments);
int command_doctor(const struct arguments *arguments);
int command_reference(const struct arguments *arguments);
int command_journal(const struct arguments *arguments);
int command_run(const struct arguments *arguments);
int command_script(const struct arguments *arguments);
int command_token(const struct arguments *arguments);
int command_version(const struct arguments *arguments);
/* Not in the table: people do not start them. */
int command_worker(void);
int command_checker(int count, char **words);
