#ifndef CAISSON_BUILTIN_LIST_H
#define CAISSON_BUILTIN_LIST_H

#include "builtin.h"

/* Every builtin by its own name; argc was checked. Each gives an exit code. */
int builtin_tar_out(const struct builtin_context *context);
int builtin_tar_in(const struct builtin_context *context);
int builtin_remove(const struct builtin_context *context);
int builtin_copy(const struct builtin_context *context);
int builtin_watch(const struct builtin_context *context);
int builtin_sentinel(const struct builtin_context *context);
int builtin_changes(const struct builtin_context *context);
int builtin_upper_read(const struct builtin_context *context);
int builtin_upper_readlink(const struct builtin_context *context);
int builtin_discard(const struct builtin_context *context);
int builtin_listening(const struct builtin_context *context);
int builtin_processes(const struct builtin_context *context);
int builtin_owners(const struct builtin_context *context);
int builtin_usage(const struct builtin_context *context);

struct setup_overlay;

/* The overlay that an argument names; NULL after saying so on stderr. */
const struct setup_overlay *builtin_overlay(const struct builtin_context *context, const char *argument);

#endif
