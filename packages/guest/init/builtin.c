#include "builtin.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "setup.h"

struct builtin_entry {
  const char *name;
  int arguments;
  int (*run)(const struct builtin_context *context);
};

static const struct builtin_entry builtins[] = {
    {"tar-out", 1, builtin_tar_out},
    {"tar-in", 1, builtin_tar_in},
    {"remove", 1, builtin_remove},
    {"copy", 2, builtin_copy},
    {"watch", 2, builtin_watch},
    {"sentinel", 0, builtin_sentinel},
    {"changes", 2, builtin_changes},
    {"upper-read", 2, builtin_upper_read},
    {"upper-readlink", 2, builtin_upper_readlink},
    {"discard", 1, builtin_discard},
    {"listening", 0, builtin_listening},
    {"owners", 1, builtin_owners},
    {"processes", 0, builtin_processes},
    {"usage", 0, builtin_usage},
};

static const struct builtin_entry *find(const char *name) {
  for (size_t i = 0; i < sizeof builtins / sizeof *builtins; i++)
    if (strcmp(builtins[i].name, name) == 0) return &builtins[i];
  return NULL;
}

bool builtin_known(const char *name) {
  return find(name) != NULL;
}

int builtin_run(const struct builtin_context *context) {
  const struct builtin_entry *entry = context->argc > 0 ? find(context->argv[0]) : NULL;
  errno = EINVAL;
  if (!entry) return pipe_fail("builtin", context->argc > 0 ? context->argv[0] : "");
  if (context->argc != entry->arguments + 1) return pipe_fail("arguments", entry->name);
  /* A reader that went away is an error to report, not a death. */
  signal(SIGPIPE, SIG_IGN);
  return entry->run(context);
}

const struct setup_overlay *builtin_overlay(const struct builtin_context *context, const char *argument) {
  uint64_t index = 0;
  const struct setup_overlay *found = NULL;
  if (parse_number(argument, UINT32_MAX, &index)) found = setup_overlay_find(context->setup, (uint32_t)index);
  if (found) return found;
  errno = ENOENT;
  pipe_fail("overlay", argument);
  return NULL;
}
