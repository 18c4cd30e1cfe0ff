/*
 * Bytes of one channel and the credit that paces them. Output goes from the pipe straight into the link's buffer; input
 * that the reader does not take yet is kept, at most one window of it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"

enum {
  PIPE_BYTES = 65536,
  WIDE_PIPE_BYTES = 1048576,
  /* More than a terminal's buffers hold. */
  TERMINAL_BYTES = 131072,
  GIVE_BACK = 65536,
  END_OF_TEXT = 4,
};

static void progress(struct init *init, struct stream *stream) {
  if (stream->kind == STREAM_CONNECTION) connect_progress(init, stream);
  else process_progress(init, stream);
}

static void output_end(struct init *init, struct output *output) {
  stream_send(init, output->watch.stream, (struct frame){.type = FRAME_EOF, .flags = output->channel});
  output_drop(init, output);
}

/* A terminal whose other side is closed says EIO; a socket that fails must not look like a clean end. */
static void output_over(struct init *init, struct output *output, int errnum) {
  struct stream *stream = output->watch.stream;
  if (errnum != 0 && stream->kind == STREAM_CONNECTION) connect_broken(init, stream, errnum);
  else output_end(init, output);
}

void output_drop(struct init *init, struct output *output) {
  watch_close(init, &output->watch);
  output->draining = false;
}

/* How much one read may take: credit, the bound of a frame, and none while the link is full. */
static size_t allowance(const struct init *init, const struct output *output) {
  if (!link_takes_data(&init->link)) return 0;
  return output->credit < DATA_MAX ? output->credit : DATA_MAX;
}

static ssize_t send_chunk(struct init *init, struct output *output, size_t most) {
  struct writer payload = link_compose(&init->link);
  if (most > payload.capacity) most = payload.capacity;
  ssize_t got = read(output->watch.fd, payload.bytes, most);
  if (got <= 0) return got;
  payload.used = (size_t)got;
  struct frame head = {.type = FRAME_DATA, .flags = output->channel, .stream = output->watch.stream->id};
  link_commit(&init->link, head, &payload);
  output->credit -= (uint32_t)got;
  output->drain_left -= output->drain_left < (uint64_t)got ? output->drain_left : (uint64_t)got;
  /* A pipe that was found full belongs to somebody who writes much; without permission it stays as it is. */
  if (got >= PIPE_BYTES && output->pipe) fcntl(output->watch.fd, F_SETPIPE_SZ, WIDE_PIPE_BYTES);
  return got;
}

static void drained(struct init *init, struct output *output) {
  output->draining = false;
  if (output->last) output_end(init, output);
}

void output_pump(struct init *init, struct output *output) {
  do {
    size_t most = output->watch.fd < 0 ? 0 : allowance(init, output);
    if (most == 0) break;
    ssize_t got = send_chunk(init, output, most);
    if (got < 0 && errno == EAGAIN) drained(init, output);
    else if (got == 0 || (got < 0 && errno != EINTR)) output_over(init, output, got < 0 ? errno : 0);
    else if (output->draining && output->drain_left == 0) drained(init, output);
  } while (output->draining);
  watch_for(init, &output->watch, output->credit > 0 ? (uint32_t)EPOLLIN : 0u);
  progress(init, output->watch.stream);
}

static void output_ready(struct init *init, struct watch *watch, uint32_t events) {
  (void)events;
  if (!link_takes_data(&init->link)) return;
  bool second = watch == &watch->stream->outputs[1].watch;
  output_pump(init, &watch->stream->outputs[second ? 1 : 0]);
}

/* A command may write before its supervisor told that it runs. SPAWNED comes first, so nothing is read until then. */
static bool may_flow(const struct stream *stream) {
  return stream->kind == STREAM_CONNECTION || stream->started;
}

void output_start(struct init *init, struct output *output) {
  if (may_flow(output->watch.stream)) watch_for(init, &output->watch, output->credit > 0 ? (uint32_t)EPOLLIN : 0u);
}

void output_open(struct init *init, struct output *output, int fd) {
  output->watch.fd = fd;
  output->watch.source = true;
  output->watch.ready = output_ready;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  output_start(init, output);
}

void output_drain(struct init *init, struct output *output, bool last) {
  if (output->watch.fd < 0) return;
  int held = 0;
  bool counted = output->pipe && ioctl(output->watch.fd, FIONREAD, &held) == 0;
  output->drain_left = counted ? (uint64_t)held : TERMINAL_BYTES;
  output->draining = true;
  output->last = last;
  /* Neither credit nor room is needed to send nothing. */
  if (counted && held == 0) drained(init, output);
  output_pump(init, output);
}

void outputs_resume(struct init *init) {
  struct stream *after = NULL;
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = after) {
    after = stream_next(init, stream);
    for (size_t index = 0; index < 2; index++) {
      if (stream->outputs[index].draining) output_pump(init, &stream->outputs[index]);
    }
  }
}

bool output_grant(struct init *init, struct output *output, uint32_t credit) {
  if (credit == 0 || credit > CREDIT_GRANT_MAX || output->credit > UINT32_MAX / 2) return false;
  output->credit += credit;
  output_start(init, output);
  if (output->draining) output_pump(init, output);
  return true;
}

static size_t held(const struct input *input) {
  return input->end - input->start;
}

void input_drop(struct init *init, struct input *input) {
  watch_close(init, &input->watch);
  free(input->bytes);
  input->bytes = NULL;
  input->start = 0;
  input->end = 0;
}

/* The reader is gone: the host hears it once, gets no more credit, and what is under way is thrown away. */
static void input_broken(struct init *init, struct input *input) {
  struct stream *stream = input->watch.stream;
  if (stream->kind == STREAM_CONNECTION) {
    connect_broken(init, stream, EPIPE);
    return;
  }
  input_drop(init, input);
  stream_send(init, stream, (struct frame){.type = FRAME_EOF});
}

static ssize_t put(const struct input *input, const uint8_t *bytes, size_t size) {
  return input->socket ? send(input->watch.fd, bytes, size, MSG_NOSIGNAL) : write(input->watch.fd, bytes, size);
}

static void give_back(struct init *init, struct input *input, size_t taken) {
  input->owed += (uint32_t)taken;
  if (input->owed < GIVE_BACK || input->ended) return;
  uint8_t bytes[4];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u32(&payload, input->owed);
  input->window += input->owed;
  input->owed = 0;
  stream_send(init, input->watch.stream,
              (struct frame){.type = FRAME_WINDOW, .payload = {payload.bytes, payload.used}});
}

/* What was taken, 0 when it would wait, -1 when the reader is gone. */
static ssize_t try_put(const struct input *input, const uint8_t *bytes, size_t size) {
  ssize_t taken = put(input, bytes, size);
  if (taken >= 0) return taken;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

/* A terminal's end is a character; anything else is closed, for writing at least. */
static bool finish(struct init *init, struct input *input) {
  static const uint8_t end = END_OF_TEXT;
  if (input->terminal && try_put(input, &end, 1) == 0) return false;
  if (input->socket) shutdown(input->watch.fd, SHUT_WR);
  input_drop(init, input);
  if (input->socket) connect_progress(init, input->watch.stream);
  return true;
}

/* A pipe is watched for its reader's end. A hung-up terminal would report without pause, so it is not watched idle. */
static uint32_t idle_events(const struct input *input) {
  return input->socket || input->terminal ? 0u : (uint32_t)EPOLLERR;
}

static void input_ready(struct init *init, struct watch *watch, uint32_t events) {
  struct input *input = &watch->stream->input;
  ssize_t taken = 0;
  if (held(input) > 0) taken = try_put(input, input->bytes + input->start, held(input));
  if (taken < 0 || (held(input) == 0 && !input->socket && (events & EPOLLERR) != 0 && !input->terminal)) {
    input_broken(init, input);
    return;
  }
  input->start += (size_t)taken;
  if (taken > 0) give_back(init, input, (size_t)taken);
  if (held(input) > 0) return;
  free(input->bytes);
  input->bytes = NULL;
  input->start = 0;
  input->end = 0;
  if (input->ended && finish(init, input)) return;
  watch_for(init, watch, input->ended ? (uint32_t)EPOLLOUT : idle_events(input));
}

void input_open(struct init *init, struct input *input, int fd) {
  input->watch.fd = fd;
  input->watch.ready = input_ready;
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
  bool waiting = held(input) > 0 || input->ended;
  watch_for(init, &input->watch, waiting ? (uint32_t)EPOLLOUT : idle_events(input));
}

static void keep(struct init *init, struct input *input, struct span data) {
  if (input->bytes == NULL) input->bytes = malloc(CREDIT_INITIAL + GIVE_BACK);
  if (input->bytes == NULL) contain_end(init, 1);
  if (input->end + data.size > CREDIT_INITIAL + GIVE_BACK) {
    memmove(input->bytes, input->bytes + input->start, held(input));
    input->end -= input->start;
    input->start = 0;
  }
  memcpy(input->bytes + input->end, data.bytes, data.size);
  input->end += data.size;
}

bool input_data(struct init *init, struct input *input, struct span data) {
  if (input->ended || input->silent || data.size == 0 || data.size > DATA_MAX || data.size > input->window) return false;
  input->window -= (uint32_t)data.size;
  struct stream *stream = input->watch.stream;
  bool open = input->watch.fd >= 0;
  bool early = stream->kind == STREAM_CONNECTION ? stream->connecting : !stream->started;
  if (!open && !early) return true;
  ssize_t taken = 0;
  if (open && held(input) == 0 && !early) taken = try_put(input, data.bytes, data.size);
  if (taken < 0) {
    input_broken(init, input);
    return true;
  }
  if (taken > 0) give_back(init, input, (size_t)taken);
  if ((size_t)taken == data.size) return true;
  keep(init, input, (struct span){data.bytes + taken, data.size - (size_t)taken});
  if (open && !early) watch_for(init, &input->watch, EPOLLOUT);
  return true;
}

bool input_end(struct init *init, struct input *input) {
  if (input->ended) return input->silent;
  input->ended = true;
  /* Before the command runs there is nobody to tell: input_open will. */
  if (input->watch.ready != NULL) watch_for(init, &input->watch, EPOLLOUT);
  return true;
}
