/*
 * The host's byte stream. Output is composed in place, at the end of one bounded buffer, so that a command's bytes are
 * copied once by read(2) and once by write(2). DATA is only added below a low mark, host frames are only taken below a
 * higher one, and the rest is room for the few frames that come unasked: so nothing that must arrive is ever dropped.
 */
#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "protocol.h"

enum {
  IN_BYTES = FRAME_PAYLOAD_MAX + 65536 + FRAME_HEADER_BYTES,
  OUT_BYTES = 4 * 1048576,
  OUT_DATA_MARK = 393216,
  OUT_FRAME_MARK = 1048576,
  KEEP_TOUCHED = 65536,
};

static bool reserve(struct span_buffer *buffer, size_t capacity) {
  void *bytes = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (bytes == MAP_FAILED) return false;
  /* Children have no business with the traffic of others, and fork is faster without it. */
  if (madvise(bytes, capacity, MADV_DONTFORK) != 0) return false;
  *buffer = (struct span_buffer){.bytes = bytes, .capacity = capacity};
  return true;
}

bool link_open(struct link *link, int fd) {
  *link = (struct link){.fd = fd};
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return false;
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return false;
  return reserve(&link->in, IN_BYTES) && reserve(&link->out, OUT_BYTES);
}

static void compact(struct span_buffer *buffer) {
  size_t used = buffer->end - buffer->start;
  if (buffer->start == 0) return;
  if (used > 0) memmove(buffer->bytes, buffer->bytes + buffer->start, used);
  buffer->start = 0;
  buffer->end = used;
}

enum link_state link_fill(struct link *link) {
  compact(&link->in);
  /* Full of frames that were not taken yet; a read of nothing would look like the end. */
  if (link->in.end == link->in.capacity) return LINK_IDLE;
  ssize_t got = read(link->fd, link->in.bytes + link->in.end, link->in.capacity - link->in.end);
  if (got > 0) {
    link->in.end += (size_t)got;
    if (link->in.end > link->touched) link->touched = link->in.end;
    return LINK_MORE;
  }
  return got < 0 && (errno == EAGAIN || errno == EINTR) ? LINK_IDLE : LINK_LOST;
}

int link_next(struct link *link, struct frame *frame) {
  struct reader head = r_over(link->in.bytes + link->in.start, link->in.end - link->in.start);
  if (r_left(&head) < FRAME_HEADER_BYTES) return 0;
  size_t size = r_u32(&head);
  frame->type = r_u8(&head);
  frame->flags = r_u8(&head);
  frame->stream = r_u32(&head);
  if (size > FRAME_PAYLOAD_MAX) return -1;
  if (r_left(&head) < size) return 0;
  frame->payload = (struct span){head.at, size};
  link->in.start += FRAME_HEADER_BYTES + size;
  return 1;
}

static bool wait_for(int fd, short events) {
  struct pollfd wanted = {.fd = fd, .events = events};
  int found = poll(&wanted, 1, -1);
  return found > 0 || (found < 0 && errno == EINTR);
}

bool link_wait(struct link *link, struct frame *frame) {
  for (;;) {
    int taken = link_next(link, frame);
    if (taken != 0) return taken > 0;
    enum link_state state = link_fill(link);
    if (state == LINK_LOST) return false;
    if (state == LINK_IDLE && !wait_for(link->fd, POLLIN)) return false;
  }
}

enum link_state link_flush(struct link *link) {
  struct span_buffer *out = &link->out;
  while (out->start < out->end) {
    ssize_t put = write(link->fd, out->bytes + out->start, out->end - out->start);
    if (put > 0) {
      out->start += (size_t)put;
      continue;
    }
    if (put < 0 && errno == EINTR) continue;
    return put < 0 && errno == EAGAIN ? LINK_MORE : LINK_LOST;
  }
  out->start = 0;
  out->end = 0;
  return LINK_IDLE;
}

bool link_drain(struct link *link) {
  for (;;) {
    enum link_state state = link_flush(link);
    if (state != LINK_MORE) return state == LINK_IDLE;
    if (!wait_for(link->fd, POLLOUT)) return false;
  }
}

static size_t waiting(const struct link *link) {
  return link->out.end - link->out.start;
}

bool link_takes_frames(const struct link *link) {
  return waiting(link) <= OUT_FRAME_MARK;
}

bool link_takes_data(const struct link *link) {
  return waiting(link) < OUT_DATA_MARK;
}

struct writer link_compose(struct link *link) {
  struct span_buffer *out = &link->out;
  if (out->capacity - out->end < FRAME_HEADER_BYTES + FRAME_PAYLOAD_MAX) compact(out);
  size_t room = out->capacity - out->end;
  /* The marks keep this from happening; if it did, going on would lose a frame and the host would wait for ever. */
  if (room < FRAME_HEADER_BYTES + 64) _exit(1);
  size_t most = room - FRAME_HEADER_BYTES;
  return w_fixed(out->bytes + out->end + FRAME_HEADER_BYTES, most < FRAME_PAYLOAD_MAX ? most : FRAME_PAYLOAD_MAX);
}

void link_commit(struct link *link, struct frame head, const struct writer *payload) {
  if (payload->bad) _exit(1);
  struct writer header = w_fixed(link->out.bytes + link->out.end, FRAME_HEADER_BYTES);
  w_u32(&header, (uint32_t)payload->used);
  w_u8(&header, head.type);
  w_u8(&header, head.flags);
  w_u32(&header, head.stream);
  link->out.end += FRAME_HEADER_BYTES + payload->used;
  if (link->out.end > link->touched) link->touched = link->out.end;
}

void link_send(struct link *link, struct frame head) {
  struct writer payload = link_compose(link);
  w_raw(&payload, head.payload.bytes, head.payload.size);
  link_commit(link, head, &payload);
}

void link_trim(struct link *link) {
  if (waiting(link) > 0 || link->touched <= KEEP_TOUCHED) return;
  if (link->in.start == link->in.end) madvise(link->in.bytes, link->in.capacity, MADV_DONTNEED);
  madvise(link->out.bytes + KEEP_TOUCHED, link->out.capacity - KEEP_TOUCHED, MADV_DONTNEED);
  link->touched = KEEP_TOUCHED;
}
