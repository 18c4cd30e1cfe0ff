/* The descriptors between init and one command. */
#define _GNU_SOURCE
#include "plumbing.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "init.h"
#include "terminal.h"

static bool make_pipe(int *reading, int *writing) {
  int both[2];
  if (pipe2(both, O_CLOEXEC) != 0) return false;
  *reading = both[0];
  *writing = both[1];
  return true;
}

static void close_one(int fd) {
  if (fd >= 0) close(fd);
}

/* One descriptor of the child may stand for several streams; /dev/null belongs to init. */
static void close_child(const struct init *init, const struct ends *ends) {
  const struct plumbing *child = &ends->child;
  if (child->in != init->null && child->in != child->out) close_one(child->in);
  if (child->err != child->out) close_one(child->err);
  close_one(child->out);
  close_one(child->report);
}

static void close_own(const struct ends *ends) {
  close_one(ends->in);
  close_one(ends->out);
  close_one(ends->err);
  close_one(ends->report);
}

static bool open_terminal(const struct command *command, struct ends *ends) {
  struct terminal terminal;
  if (!terminal_open(&terminal, command->columns, command->rows)) return false;
  ends->out = terminal.master;
  ends->child.out = terminal.slave;
  ends->child.err = terminal.slave;
  if (!command->has_stdin) return true;
  ends->child.in = terminal.slave;
  /* A descriptor of its own, since the event loop waits for the two directions apart. */
  ends->in = fcntl(terminal.master, F_DUPFD_CLOEXEC, 4);
  return ends->in >= 0;
}

static bool open_pipes(const struct command *command, struct ends *ends) {
  if (command->has_stdin && !make_pipe(&ends->child.in, &ends->in)) return false;
  if (!make_pipe(&ends->out, &ends->child.out)) return false;
  ends->child.err = ends->child.out;
  return command->merged || make_pipe(&ends->err, &ends->child.err);
}

bool plumbing_open(const struct init *init, const struct command *command, struct ends *ends) {
  *ends = (struct ends){.child = {init->null, -1, -1, -1}, .in = -1, .out = -1, .err = -1, .report = -1};
  bool opened = command->terminal ? open_terminal(command, ends) : open_pipes(command, ends);
  if (opened) return true;
  int errnum = errno;
  close_child(init, ends);
  close_own(ends);
  errno = errnum;
  return false;
}

bool plumbing_report(struct ends *ends) {
  return make_pipe(&ends->report, &ends->child.report);
}

void plumbing_keep(struct init *init, struct stream *stream, const struct ends *ends, bool runs) {
  int errnum = errno;
  if (!runs) {
    close_child(init, ends);
    close_own(ends);
    errno = errnum;
    return;
  }
  if (stream->input.terminal) stream->slave = fcntl(ends->child.out, F_DUPFD_CLOEXEC, 4);
  close_child(init, ends);
  stream->input.watch.fd = ends->in;
  stream->report.fd = ends->report;
  if (ends->report >= 0) fcntl(ends->report, F_SETFL, O_NONBLOCK);
  output_open(init, &stream->outputs[0], ends->out);
  if (ends->err >= 0) output_open(init, &stream->outputs[1], ends->err);
}
