#define _GNU_SOURCE
#include "builtin-pipe.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool pipe_write(int descriptor, const void *bytes, size_t size) {
  const char *at = bytes;
  while (size > 0) {
    ssize_t written = write(descriptor, at, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    at += written;
    size -= (size_t)written;
  }
  return true;
}

bool pipe_flush(struct writer *records) {
  if (records->bad) return errno = ENOMEM, false;
  bool written = pipe_write(STDOUT_FILENO, records->bytes, records->used);
  records->used = 0;
  return written;
}

int64_t pipe_read(int descriptor, void *bytes, size_t size) {
  char *to = bytes;
  size_t total = 0;
  while (total < size) {
    ssize_t got = read(descriptor, to + total, size - total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return -1;
    if (got == 0) break;
    total += (size_t)got;
  }
  return (int64_t)total;
}

bool pipe_read_all(int descriptor, struct writer *into) {
  char chunk[16384];
  for (;;) {
    int64_t got = pipe_read(descriptor, chunk, sizeof chunk);
    if (got < 0) return false;
    w_raw(into, chunk, (size_t)got);
    if (into->bad) return errno = E2BIG, false;
    if ((size_t)got < sizeof chunk) return true;
  }
}

const char *errno_name(int number) {
  static const char *const names[] = {
      [EPERM] = "EPERM",         [ENOENT] = "ENOENT",   [EINTR] = "EINTR",           [EIO] = "EIO",
      [E2BIG] = "E2BIG",         [EBADF] = "EBADF",     [EAGAIN] = "EAGAIN",         [ENOMEM] = "ENOMEM",
      [EACCES] = "EACCES",       [EBUSY] = "EBUSY",     [EEXIST] = "EEXIST",         [EXDEV] = "EXDEV",
      [ENODEV] = "ENODEV",       [ENOTDIR] = "ENOTDIR", [EISDIR] = "EISDIR",         [EINVAL] = "EINVAL",
      [ENFILE] = "ENFILE",       [EMFILE] = "EMFILE",   [ETXTBSY] = "ETXTBSY",       [EFBIG] = "EFBIG",
      [ENOSPC] = "ENOSPC",       [EROFS] = "EROFS",     [EMLINK] = "EMLINK",         [EPIPE] = "EPIPE",
      [ENAMETOOLONG] = "ENAMETOOLONG", [ENOSYS] = "ENOSYS", [ENOTEMPTY] = "ENOTEMPTY", [ELOOP] = "ELOOP",
      [ENODATA] = "ENODATA",     [EPROTO] = "EPROTO",   [EOVERFLOW] = "EOVERFLOW",   [EBADMSG] = "EBADMSG",
      [EOPNOTSUPP] = "EOPNOTSUPP", [EDQUOT] = "EDQUOT", [ESTALE] = "ESTALE",         [ENXIO] = "ENXIO",
  };
  bool known = number > 0 && (size_t)number < sizeof names / sizeof *names && names[number];
  return known ? names[number] : "EUNKNOWN";
}

int pipe_fail(const char *stage, const char *path) {
  dprintf(STDERR_FILENO, "%s %s: %s\n", errno_name(errno), stage, path);
  return 1;
}

void pipe_note(const char *what, const char *path) {
  dprintf(STDERR_FILENO, "%s: %s\n", what, path);
}

bool parse_number(const char *text, uint64_t most, uint64_t *number) {
  uint64_t value = 0;
  if (!*text) return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9') return false;
    uint64_t digit = (uint64_t)(*text - '0');
    if (value > (most - digit) / 10 || digit > most) return false;
    value = value * 10 + digit;
  }
  *number = value;
  return true;
}
