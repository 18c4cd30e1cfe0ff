#ifndef CAISSON_SPARE_H
#define CAISSON_SPARE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire.h"

struct init;
struct plumbing;

/* A supervisor that was forked ahead of its command, and init's end of the socket to it. */
struct spare {
  pid_t pid;
  int channel;
  /* When the next one may be forked, on the clock of now_ms. */
  uint64_t due_ms;
};

/* What a spare starts and with which streams. */
struct spare_order {
  struct span payload;
  const struct plumbing *plumbing;
};

/*
 * Hands a command to the spare: its pid, and in `report` the descriptor that it will report through, which is the
 * caller's now. 0 when there is none, or none that answers; a fresh supervisor is what does it then.
 */
pid_t spare_take(struct init *init, const struct spare_order *order, int *report);
/* Forks the next one when it is due. Not between a command and its start: it is work for a quiet moment. */
void spare_refill(struct init *init);
/* A command is gone: the next one may come at once. */
void spare_hurry(struct init *init);
/* Milliseconds until spare_refill has something to do, -1 for never. */
int spare_patience(const struct init *init);
/* A child of that number ended or was stopped; false when it is not the spare. */
bool spare_child(struct init *init, pid_t pid, bool stopped);

#endif
