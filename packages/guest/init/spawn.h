#ifndef CAISSON_SPAWN_H
#define CAISSON_SPAWN_H

#include "worker.h"
#include "wire.h"

/* Reads a SPAWN; false when it is malformed. The caller frees `memory`. */
bool spawn_parse(struct span payload, struct command *command);

#endif
