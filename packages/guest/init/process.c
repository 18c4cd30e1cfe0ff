/*
 * The life of a command as the host sees it: SPAWN, SPAWNED, bytes, EXIT, GONE. What happened to the processes comes
 * from the supervisor's report and from reaping; what may be told yet is decided in one place, process_progress.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "builtin.h"
#include "init.h"
#include "plumbing.h"
#include "spawn.h"
#include "terminal.h"
#include "worker.h"

enum { SIGNAL_MAX = 64, GROUP = 0, TREE = 1 };

/* A command as it was parsed and as it came. */
struct request {
  const struct command *command;
  struct span payload;
};

static void send_spawned(struct init *init, const struct stream *stream, const struct report *result) {
  static const char *const names[] = {"cwd", "exec", "fork", "pty"};
  uint8_t bytes[32];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u32(&payload, (uint32_t)result->errnum);
  w_u32(&payload, (uint32_t)result->pid);
  if (result->errnum != 0) w_str(&payload, names[result->stage <= STAGE_PTY ? result->stage : STAGE_FORK]);
  stream_send(init, stream, (struct frame){.type = FRAME_SPAWNED, .payload = {bytes, payload.used}});
}

/* The command never ran: SPAWNED with the reason is the stream's last frame, unless the host waits for GONE only. */
static void fail(struct init *init, struct stream *stream, const struct report *result) {
  if (stream->reset) stream_send(init, stream, (struct frame){.type = FRAME_GONE});
  else send_spawned(init, stream, result);
  stream_close(init, stream);
}

static void deliver(struct init *init, struct stream *stream, int number, int scope) {
  if (stream->kind == STREAM_BUILTIN) {
    if (stream->keeper > 0) kill(stream->keeper, number);
  } else if (scope == TREE && number == SIGKILL) {
    contain_stream(init, stream);
  } else if (scope == TREE) {
    contain_signal_tree(stream, number);
  } else {
    contain_signal_group(stream, number);
  }
}

static void started(struct init *init, struct stream *stream, const struct report *report) {
  stream->command = report->pid;
  stream->started = true;
  if (!stream->reset) send_spawned(init, stream, report);
  output_start(init, &stream->outputs[0]);
  output_start(init, &stream->outputs[1]);
  if (stream->early_signal != 0) deliver(init, stream, stream->early_signal, GROUP);
  if (stream->input.watch.fd >= 0) input_open(init, &stream->input, stream->input.watch.fd);
}

static void ended(struct init *init, struct stream *stream, const struct report *report) {
  stream_hang_up(stream);
  stream->ending = (struct ending){true, report->status, report->cpu_us, report->peak_bytes};
  /* Both are marked first: EXIT waits for the two of them. */
  for (size_t index = 0; index < 2; index++) stream->outputs[index].draining = stream->outputs[index].watch.fd >= 0;
  output_drain(init, &stream->outputs[0], false);
  output_drain(init, &stream->outputs[1], false);
  process_progress(init, stream);
}

static void read_report(struct init *init, struct watch *watch, uint32_t events) {
  (void)events;
  struct stream *stream = watch->stream;
  struct report report;
  while (watch->fd >= 0) {
    ssize_t got = read(watch->fd, &report, sizeof report);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got != sizeof report) {
      watch_close(init, watch);
      return;
    }
    if (report.kind == REPORT_STARTED) started(init, stream, &report);
    else if (report.kind == REPORT_FAILED) fail(init, stream, &report);
    else ended(init, stream, &report);
  }
}

static void send_exit(struct init *init, struct stream *stream) {
  const struct ending *ending = &stream->ending;
  bool signalled = WIFSIGNALED(ending->status);
  uint8_t bytes[32];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u8(&payload, signalled ? 1 : 0);
  w_u32(&payload, (uint32_t)(signalled ? WTERMSIG(ending->status) : WEXITSTATUS(ending->status)));
  w_u64(&payload, ending->cpu_us);
  w_u64(&payload, ending->peak_bytes);
  w_u8(&payload, setup_scratch_full(&init->setup) ? 1 : 0);
  stream_send(init, stream, (struct frame){.type = FRAME_EXIT, .payload = {bytes, payload.used}});
  stream->exited = true;
}

void process_progress(struct init *init, struct stream *stream) {
  struct output *outputs = stream->outputs;
  if (!stream->ending.known) return;
  if (!stream->exited && !stream->reset) {
    if (outputs[0].draining || outputs[1].draining) return;
    send_exit(init, stream);
  }
  if (stream->keeper != 0 || stream->lost) return;
  /* Who still holds a pipe now got it from another stream's process: it is not this command's any more. */
  for (size_t index = 0; index < 2; index++) {
    if (outputs[index].watch.fd < 0) continue;
    if (!outputs[index].last) output_drain(init, &outputs[index], true);
    return;
  }
  if (stream_find(init, stream->id) != stream) return;
  stream_send(init, stream, (struct frame){.type = FRAME_GONE});
  stream_close(init, stream);
  spare_hurry(init);
}

static pid_t fork_keeper(struct init *init, const struct request *request, struct ends *ends) {
  const struct command *command = request->command;
  if (command->builtin) return worker_builtin(init, command, &ends->child);
  const struct spare_order order = {request->payload, &ends->child};
  int report = -1;
  pid_t pid = spare_take(init, &order, &report);
  if (pid > 0) {
    ends->report = report;
    return pid;
  }
  return plumbing_report(ends) ? worker_supervise(command, &ends->child) : -1;
}

static void launch(struct init *init, struct stream *stream, const struct request *request) {
  const struct command *command = request->command;
  struct report result = {.stage = STAGE_FORK};
  struct ends ends;
  if (command->builtin && !builtin_known(command->argv[0])) {
    result.errnum = ENOENT;
    result.stage = STAGE_EXEC;
  } else if (!plumbing_open(init, command, &ends)) {
    result.errnum = errno;
    result.stage = command->terminal ? STAGE_PTY : STAGE_FORK;
  } else {
    pid_t pid = fork_keeper(init, request, &ends);
    result.errnum = pid < 0 ? errno : 0;
    plumbing_keep(init, stream, &ends, pid > 0);
    stream->keeper = pid > 0 ? pid : 0;
    result.pid = pid;
  }
  if (result.errnum != 0) {
    fail(init, stream, &result);
    return;
  }
  stream->report.ready = read_report;
  watch_for(init, &stream->report, EPOLLIN);
  if (command->builtin) started(init, stream, &result);
}

static bool hold(struct stream *stream, struct span payload) {
  stream->held = malloc(payload.size);
  if (stream->held == NULL) return false;
  memcpy(stream->held, payload.bytes, payload.size);
  stream->held_size = payload.size;
  return true;
}

bool process_spawn(struct init *init, const struct frame *frame) {
  struct command command;
  if (!spawn_parse(frame->payload, &command)) return false;
  struct stream *stream = stream_open(init, frame->stream, command.builtin ? STREAM_BUILTIN : STREAM_COMMAND);
  bool fine = true;
  if (command.open_files == 0) command.open_files = init->setup.open_files;
  stream->input.silent = !command.has_stdin;
  stream->input.terminal = command.terminal;
  stream->outputs[0].pipe = !command.terminal;
  stream->outputs[1].pipe = true;
  if (init->freeze.state != FREEZE_NONE && !command.builtin) fine = hold(stream, frame->payload);
  else launch(init, stream, &(struct request){&command, frame->payload});
  free(command.memory);
  return fine;
}

void process_start_held(struct init *init) {
  struct stream *after = NULL;
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = after) {
    after = stream_next(init, stream);
    struct command command;
    if (stream->held == NULL) continue;
    const struct span payload = {stream->held, stream->held_size};
    if (!spawn_parse(payload, &command)) contain_end(init, 1);
    stream->held = NULL;
    if (command.open_files == 0) command.open_files = init->setup.open_files;
    launch(init, stream, &(struct request){&command, payload});
    free((void *)(uintptr_t)payload.bytes);
    free(command.memory);
  }
}

static void give_up(struct init *init, struct stream *stream) {
  if (stream->reset) return;
  stream->reset = true;
  input_drop(init, &stream->input);
  output_drop(init, &stream->outputs[0]);
  output_drop(init, &stream->outputs[1]);
  if (stream->held != NULL) {
    fail(init, stream, NULL);
    return;
  }
  deliver(init, stream, SIGKILL, TREE);
  process_progress(init, stream);
}

static bool take_signal(struct init *init, struct stream *stream, struct reader *reader) {
  uint8_t number = r_u8(reader);
  uint8_t scope = r_u8(reader);
  if (!r_done(reader) || number == 0 || number > SIGNAL_MAX || scope > TREE) return false;
  if (stream->held != NULL) {
    fail(init, stream, &(struct report){.errnum = EINTR, .stage = STAGE_FORK});
  } else if (!stream->started && !(scope == TREE && number == SIGKILL)) {
    stream->early_signal = number;
  } else {
    deliver(init, stream, number, scope);
  }
  return true;
}

static bool take_size(const struct stream *stream, struct reader *reader) {
  uint16_t columns = r_u16(reader);
  uint16_t rows = r_u16(reader);
  if (!r_done(reader) || !stream->input.terminal) return false;
  if (stream->outputs[0].watch.fd >= 0) terminal_resize(stream->outputs[0].watch.fd, columns, rows);
  return true;
}

bool process_frame(struct init *init, struct stream *stream, const struct frame *frame) {
  struct reader reader = r_over(frame->payload.bytes, frame->payload.size);
  if (frame->type == FRAME_SIGNAL) return take_signal(init, stream, &reader);
  if (frame->type == FRAME_RESIZE) return take_size(stream, &reader);
  if (frame->type != FRAME_RESET || frame->payload.size != 4) return false;
  give_up(init, stream);
  return true;
}

/* A supervisor that did not end by itself was killed from inside: its orphans are init's now, and doomed. */
static void keeper_ended(struct init *init, struct stream *stream, const struct report *end) {
  bool proper = WIFEXITED(end->status) && WEXITSTATUS(end->status) == 0;
  read_report(init, &stream->report, 0);
  if (stream_find(init, stream->id) != stream) return;
  stream->keeper = 0;
  if (stream->kind == STREAM_BUILTIN) {
    ended(init, stream, end);
  } else if (!proper || !stream->started || !stream->ending.known) {
    stream->lost = true;
    contain_orphans(init);
  }
  process_progress(init, stream);
}

void process_lost(struct init *init, struct stream *stream) {
  stream->lost = false;
  if (!stream->started) {
    fail(init, stream, &(struct report){.errnum = ECHILD, .stage = STAGE_FORK});
    return;
  }
  if (!stream->ending.known) ended(init, stream, &(struct report){.status = SIGKILL});
  else process_progress(init, stream);
}

static void reaped(struct init *init, const struct report *end) {
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = stream_next(init, stream)) {
    if (stream->keeper == end->pid) {
      keeper_ended(init, stream, end);
      return;
    }
    if (stream->lost && stream->started && stream->command == end->pid && !stream->ending.known) {
      ended(init, stream, end);
      return;
    }
  }
}

struct stream *process_keeper(const struct init *init, pid_t pid) {
  struct stream *stream = stream_next(init, NULL);
  while (stream != NULL && stream->keeper != pid) stream = stream_next(init, stream);
  return stream;
}

void process_reap(struct init *init) {
  struct report end = {.kind = REPORT_ENDED};
  struct rusage usage;
  while ((end.pid = wait4(-1, &end.status, WNOHANG | WUNTRACED, &usage)) > 0) {
    end.cpu_us = usage_cpu_us(&usage);
    end.peak_bytes = usage_peak_bytes(&usage);
    if (spare_child(init, end.pid, WIFSTOPPED(end.status))) continue;
    if (!WIFSTOPPED(end.status)) reaped(init, &end);
    /* A supervisor or worker that a command stopped would never tell of the end. */
    else if (process_keeper(init, end.pid) != NULL) kill(end.pid, SIGCONT);
  }
}
