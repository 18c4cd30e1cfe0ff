#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "setup-kernel.h"
#include "setup-steps.h"

/* Opening writes nothing. */
static bool opens_for_writing(int proc, const char *name) {
  int file = openat(proc, name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
  if (file >= 0) close(file);
  return file >= 0;
}

static bool bind_read_only(int proc, const char *name) {
  int found = openat(proc, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (found < 0) return false;
  bool bound = kernel_bind(found, found, KERNEL_ATTR_RDONLY) == 0;
  int failure = errno;
  close(found);
  errno = failure;
  return bound;
}

/* Some files ask for more than their mode on opening (mtrr). Those are bound too, should a later kernel ask for less. */
static bool may_be_written(int proc, const char *name) {
  return opens_for_writing(proc, name) || faccessat(proc, name, W_OK, AT_EACCESS) == 0;
}

static bool close_file(struct setup_run *run, int proc, const char *name) {
  if (!may_be_written(proc, name)) return true;
  if (!bind_read_only(proc, name)) return setup_fail(run, name);
  return opens_for_writing(proc, name) ? setup_fail_with(run, EACCES, name) : true;
}

/* irq, fs, bus, driver …: whatever is in them is the machine's, not a process's. `sys` has an operation of its own. */
static bool is_machine_folder(const struct dirent *entry) {
  return entry->d_type == DT_DIR && entry->d_name[0] != '.' && !isdigit((unsigned char)entry->d_name[0]) &&
         strcmp(entry->d_name, "sys") != 0;
}

static bool close_entries(struct setup_run *run, DIR *list) {
  int proc = dirfd(list);
  errno = 0;
  for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
    if (entry->d_type == DT_REG && !close_file(run, proc, entry->d_name)) return false;
    if (is_machine_folder(entry) && !bind_read_only(proc, entry->d_name)) return setup_fail(run, entry->d_name);
    errno = 0;
  }
  if (errno != 0) return setup_fail(run, "/proc");
  return close_file(run, proc, "sys/kernel/core_pattern");
}

bool setup_proc_check(struct setup_run *run) {
  DIR *list = opendir("/proc");
  if (!list) return setup_fail(run, "/proc");
  bool closed = close_entries(run, list);
  closedir(list);
  return closed;
}
