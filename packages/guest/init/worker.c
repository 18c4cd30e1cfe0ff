/*
 * What runs between init and a command. A supervisor holds nothing but four descriptors and waits, as the reaper of all
 * that descends from its command; every signal that can be blocked is blocked. A builtin's worker keeps, besides its
 * three streams, the descriptors of the set-up.
 */
#define _GNU_SOURCE
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builtin.h"
#include "init.h"
#include "setup-kernel.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct failure {
  int errnum;
  enum stage stage;
};

uint64_t usage_cpu_us(const struct rusage *usage) {
  uint64_t seconds = (uint64_t)usage->ru_utime.tv_sec + (uint64_t)usage->ru_stime.tv_sec;
  return seconds * 1000000 + (uint64_t)usage->ru_utime.tv_usec + (uint64_t)usage->ru_stime.tv_usec;
}

uint64_t usage_peak_bytes(const struct rusage *usage) {
  return (uint64_t)usage->ru_maxrss * 1024;
}

static const char *path_of(char *const *env) {
  for (; *env != NULL; env++) {
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  }
  return DEFAULT_PATH;
}

/* Tries every folder of PATH; "not permitted" is remembered, since a later folder may have one that is. */
static int search(const struct command *command) {
  const char *name = command->argv[0];
  const char *folder = path_of(command->env);
  int result = ENOENT;
  char path[PATH_MAX];
  while (folder != NULL) {
    const char *end = strchrnul(folder, ':');
    int length = (int)(end - folder);
    int size = snprintf(path, sizeof path, "%.*s%s%s", length, folder, length > 0 ? "/" : "", name);
    /* An execve(2) of nothing costs more than a look. */
    errno = ENAMETOOLONG;
    if (size > 0 && (size_t)size < sizeof path && access(path, F_OK) == 0) execve(path, command->argv, command->env);
    if (errno == EACCES) result = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) return errno;
    folder = *end == ':' ? end + 1 : NULL;
  }
  return result;
}

/* Runs in memory that it shares with the supervisor, which waits: it may only call the kernel and fill `failure`. */
/* The bound of open files; where the host's own hard limit is lower, that one holds. */
static bool bound_files(uint64_t wanted) {
  struct rlimit files;
  if (wanted == 0) return true;
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return false;
  if (files.rlim_max == RLIM_INFINITY || files.rlim_max > wanted) files.rlim_max = wanted;
  files.rlim_cur = files.rlim_max;
  return setrlimit(RLIMIT_NOFILE, &files) == 0;
}

static _Noreturn __attribute__((noinline)) void become(const struct command *command,
                                                       volatile struct failure *failure) {
  setsid();
  if (command->terminal && ioctl(STDOUT_FILENO, TIOCSCTTY, 0) != 0) {
    failure->stage = STAGE_PTY;
    failure->errnum = errno;
    _exit(127);
  }
  if (chdir(command->cwd) != 0) {
    failure->stage = STAGE_CWD;
    failure->errnum = errno;
    _exit(127);
  }
  bool bounded = bound_files(command->open_files);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  failure->stage = STAGE_EXEC;
  if (bounded && command->argv[0][0] == 0) errno = ENOENT;
  else if (bounded && strchr(command->argv[0], '/') != NULL) execve(command->argv[0], command->argv, command->env);
  else if (bounded) errno = search(command);
  failure->errnum = errno;
  _exit(127);
}

static bool place(const struct plumbing *plumbing) {
  if (dup2(plumbing->in, 0) < 0 || dup2(plumbing->out, 1) < 0 || dup2(plumbing->err, 2) < 0) return false;
  if (plumbing->report < 0) return true;
  if (plumbing->report != REPORT_FD && dup3(plumbing->report, REPORT_FD, O_CLOEXEC) < 0) return false;
  return kernel_close_range(REPORT_FD + 1, UINT_MAX) == 0;
}

static void tell(const struct report *report) {
  while (write(REPORT_FD, report, sizeof *report) < 0 && errno == EINTR) continue;
}

/* Reaps until no descendant is left, which is what its own end means to init. */
static _Noreturn void keep_watch(pid_t command) {
  for (;;) {
    int status = 0;
    struct rusage usage;
    pid_t pid = wait4(-1, &status, 0, &usage);
    if (pid < 0 && errno != EINTR) _exit(0);
    if (pid < 0 || pid != command) continue;
    struct report ended = {.kind = REPORT_ENDED, .pid = pid, .status = status};
    ended.cpu_us = usage_cpu_us(&usage);
    ended.peak_bytes = usage_peak_bytes(&usage);
    tell(&ended);
    command = 0;
  }
}

_Noreturn void worker_serve(const struct command *command, const struct plumbing *plumbing) {
  volatile struct failure failure = {0, STAGE_FORK};
  struct report report = {.kind = REPORT_FAILED, .stage = STAGE_FORK};
  /* Without a place for the report there is no way to say why; init sees a supervisor that ended too early. */
  if (!place(plumbing) || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) _exit(1);
  pid_t pid = vfork();
  if (pid == 0) become(command, &failure);
  if (pid < 0) {
    report.errnum = errno;
    tell(&report);
    _exit(0);
  }
  report.kind = failure.errnum == 0 ? REPORT_STARTED : REPORT_FAILED;
  report.stage = failure.stage;
  report.errnum = failure.errnum;
  report.pid = pid;
  tell(&report);
  close(0);
  close(1);
  close(2);
  keep_watch(failure.errnum == 0 ? pid : 0);
}

pid_t worker_supervise(const struct command *command, const struct plumbing *plumbing) {
  pid_t pid = fork();
  if (pid == 0) worker_serve(command, plumbing);
  return pid;
}

static int by_number(const void *left, const void *right) {
  int a = *(const int *)left;
  int b = *(const int *)right;
  return a < b ? -1 : a > b;
}

/* Closes everything above 2 but the descriptors of the set-up. */
static bool close_foreign(const struct setup *setup) {
  int kept[2 * SETUP_OVERLAYS_MAX + SETUP_SCRATCH_MAX];
  size_t count = 0;
  for (size_t index = 0; index < setup->overlay_count; index++) {
    kept[count++] = setup->overlays[index].upper;
    kept[count++] = setup->overlays[index].lower;
  }
  for (size_t index = 0; index < setup->scratch_count; index++) kept[count++] = setup->scratch[index];
  qsort(kept, count, sizeof kept[0], by_number);
  int from = 3;
  for (size_t index = 0; index < count; index++) {
    if (kept[index] < from) continue;
    if (kept[index] > from && kernel_close_range((unsigned)from, (unsigned)kept[index] - 1) != 0) return false;
    from = kept[index] + 1;
  }
  return kernel_close_range((unsigned)from, UINT_MAX) == 0;
}

static uint32_t stream_of(void *owner, pid_t pid) {
  const struct init *init = owner;
  pid_t keeper = tree_climb(pid, init->self);
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = stream_next(init, stream)) {
    if (keeper != 0 && stream->keeper == keeper && keeper != pid) return stream->id;
  }
  return 0;
}

pid_t worker_builtin(const struct init *init, const struct command *command, const struct plumbing *plumbing) {
  pid_t pid = fork();
  if (pid != 0) return pid;
  if (!place(plumbing) || !close_foreign(&init->setup)) _exit(126);
  setsid();
  struct init *own = (struct init *)(uintptr_t)init;
  struct builtin_context context = {
    .setup = &init->setup,
    .argc = command->argc,
    .argv = command->argv,
    .stream_of = stream_of,
    .owner = own,
  };
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  if (command->cwd[0] != 0 && chdir(command->cwd) != 0) _exit(126);
  _exit(builtin_run(&context));
}
