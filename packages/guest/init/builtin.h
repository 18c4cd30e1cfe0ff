#ifndef CAISSON_BUILTIN_H
#define CAISSON_BUILTIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct setup;

/* What a builtin may look at. Builtins run in a forked worker: stdin, stdout and stderr are 0, 1 and 2. */
struct builtin_context {
  const struct setup *setup;
  int argc;
  char *const *argv;
  /* The stream whose command `pid` belongs to, or 0; may be NULL. */
  uint32_t (*stream_of)(void *owner, pid_t pid);
  void *owner;
};

bool builtin_known(const char *name);

/* Runs context->argv[0] and gives the exit code. */
int builtin_run(const struct builtin_context *context);

#endif
