#ifndef CAISSON_WORKER_H
#define CAISSON_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct init;

/* A SPAWN as it was asked for; every pointer is into `memory`. */
struct command {
  char *memory;
  char **argv;
  char **env;
  int argc;
  const char *cwd;
  bool has_stdin;
  bool merged;
  bool terminal;
  bool builtin;
  uint16_t columns;
  uint16_t rows;
  uint64_t open_files;
};

/* The child's ends, all above 2; `report` is -1 for a builtin. */
struct plumbing {
  int in;
  int out;
  int err;
  int report;
};

/* Where a supervisor has what it reports through. */
enum { REPORT_FD = 3 };

enum stage { STAGE_CWD, STAGE_EXEC, STAGE_FORK, STAGE_PTY };

enum report_kind { REPORT_STARTED, REPORT_FAILED, REPORT_ENDED };

/* What a supervisor tells init, whole records through a pipe of their own. */
struct report {
  uint32_t kind;
  uint32_t stage;
  int32_t errnum;
  int32_t pid;
  int32_t status;
  int32_t unused;
  uint64_t cpu_us;
  uint64_t peak_bytes;
};

struct rusage;
uint64_t usage_cpu_us(const struct rusage *usage);
uint64_t usage_peak_bytes(const struct rusage *usage);

/* What a supervisor does once it is one: runs the command, reports, stays until no descendant is left. */
_Noreturn void worker_serve(const struct command *command, const struct plumbing *plumbing);
/* Both fork; the pid, or -1 and errno. */
pid_t worker_supervise(const struct command *command, const struct plumbing *plumbing);
pid_t worker_builtin(const struct init *init, const struct command *command, const struct plumbing *plumbing);

#endif
