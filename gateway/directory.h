/* directory: which activations a user has, and which activation has an id. It reads on from where it
 * was in the engine's numbers, and all anew after one of them went to another activation
 * (directory_clear). One thread; the owner frees. */
#pragma once

#include "engine/inspect.h"

struct directory;

MUST_CHECK int directory_new(struct directory **out, const struct engine *engine, struct err *e);
void directory_free(struct directory *d);

/* Before the place of an activation goes to another. */
void directory_clear(struct directory *d);

/* The activations of a user in the order of their numbers; −1 behind the last. */
int directory_first(struct directory *d, const char *user);
int directory_next(const struct directory *d, int activation);
/* −1: there is none. */
int directory_find(struct directory *d, const char *id);
