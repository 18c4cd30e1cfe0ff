#ifndef CAISSON_BUILTIN_PIPE_H
#define CAISSON_BUILTIN_PIPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* A builtin's way in and out: records on stdout, everything of stdin, one line of failure on stderr. */

/* Writes everything; false with errno. */
bool pipe_write(int descriptor, const void *bytes, size_t size);

/* Writes what a writer holds to stdout and empties it. False when it is bad or stdout is gone. */
bool pipe_flush(struct writer *records);

/* Reads to the end of `descriptor`, at most what `into` may hold. False with errno (E2BIG when there is more). */
bool pipe_read_all(int descriptor, struct writer *into);

/* Reads exactly `size` bytes unless the end comes first; what was read, or -1. */
int64_t pipe_read(int descriptor, void *bytes, size_t size);

/* `ERRNO_NAME stage: path` on stderr, from errno; gives 1. */
int pipe_fail(const char *stage, const char *path);

/* A line on stderr about something left out. */
void pipe_note(const char *what, const char *path);

const char *errno_name(int number);

/* A decimal number without sign, at most `most`; false for anything else. */
bool parse_number(const char *text, uint64_t most, uint64_t *number);

#endif
