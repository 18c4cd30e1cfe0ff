#ifndef CAISSON_PLUMBING_H
#define CAISSON_PLUMBING_H

#include <stdbool.h>

#include "worker.h"

struct init;
struct stream;

/* Both ends of a command's streams; -1 where there is none. */
struct ends {
  struct plumbing child;
  int in;
  int out;
  int err;
  int report;
};

/* Pipes or a terminal, all close-on-exec; false with errno and nothing left open. */
bool plumbing_open(const struct init *init, const struct command *command, struct ends *ends);
/* Adds the pipe that a fresh supervisor reports through; false with errno. */
bool plumbing_report(struct ends *ends);
/* Closes the child's ends; hands init's ends to the stream, or closes them too when nothing `runs`. */
void plumbing_keep(struct init *init, struct stream *stream, const struct ends *ends, bool runs);

#endif
