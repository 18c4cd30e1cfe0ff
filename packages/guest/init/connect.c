/* Connections to what listens inside: a socket whose two directions are the stream's channel 0. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init.h"

enum { TCP, UNIX };

static void send_connected(struct init *init, const struct stream *stream, int errnum) {
  uint8_t bytes[4];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u32(&payload, (uint32_t)errnum);
  stream_send(init, stream, (struct frame){.type = FRAME_CONNECTED, .payload = {bytes, sizeof bytes}});
}

static void refuse(struct init *init, struct stream *stream, int errnum) {
  send_connected(init, stream, errnum);
  stream_close(init, stream);
}

/* The connection broke in the middle: the host hears why, and nothing more. */
static void broken(struct init *init, struct stream *stream, int errnum) {
  uint8_t bytes[4];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u32(&payload, (uint32_t)errnum);
  stream_send(init, stream, (struct frame){.type = FRAME_RESET, .payload = {bytes, sizeof bytes}});
  stream_close(init, stream);
}

static void established(struct init *init, struct stream *stream, int fd) {
  int writing = fcntl(fd, F_DUPFD_CLOEXEC, 4);
  int one = 1;
  if (writing < 0) {
    int errnum = errno;
    close(fd);
    refuse(init, stream, errnum);
    return;
  }
  /* Fails on Unix sockets, which do not delay. */
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  stream->connecting = false;
  stream->input.socket = true;
  send_connected(init, stream, 0);
  input_open(init, &stream->input, writing);
  output_open(init, &stream->outputs[0], fd);
}

static int attempt(struct init *init, struct stream *stream);

static void finished(struct init *init, struct watch *watch, uint32_t events) {
  (void)events;
  struct stream *stream = watch->stream;
  int errnum = 0;
  socklen_t size = sizeof errnum;
  if (getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &errnum, &size) != 0) errnum = errno;
  if (errnum == 0) {
    int fd = watch->fd;
    watch_for(init, watch, 0);
    watch->fd = -1;
    established(init, stream, fd);
    return;
  }
  watch_close(init, watch);
  if (stream->second_try) {
    refuse(init, stream, errnum);
    return;
  }
  stream->second_try = true;
  errnum = attempt(init, stream);
  if (errnum != 0) refuse(init, stream, errnum);
}

/* Waits for a connect(2) under way with the watch that a command's report would use. */
static int begin(struct init *init, struct stream *stream, int fd) {
  stream->report.fd = fd;
  stream->report.ready = finished;
  watch_for(init, &stream->report, EPOLLOUT);
  return 0;
}

static int connect_to(struct init *init, struct stream *stream, const struct sockaddr_storage *address) {
  socklen_t size = address->ss_family == AF_UNIX   ? sizeof(struct sockaddr_un)
                   : address->ss_family == AF_INET ? sizeof(struct sockaddr_in)
                                                   : sizeof(struct sockaddr_in6);
  int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  if (connect(fd, (const struct sockaddr *)address, size) == 0 || errno == EINPROGRESS) return begin(init, stream, fd);
  int errnum = errno;
  close(fd);
  return errnum;
}

/* TCP on 127.0.0.1 and, as a second try, on ::1. */
static int attempt(struct init *init, struct stream *stream) {
  struct sockaddr_storage address = {0};
  if (!stream->second_try) {
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    four->sin_family = AF_INET;
    four->sin_port = htons(stream->port);
    four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int errnum = connect_to(init, stream, &address);
    if (errnum == 0) return 0;
    stream->second_try = true;
    memset(&address, 0, sizeof address);
  }
  struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(stream->port);
  six->sin6_addr = in6addr_loopback;
  int errnum = connect_to(init, stream, &address);
  /* Without IPv6 the answer is about IPv4: nothing listens. */
  return errnum == EAFNOSUPPORT || errnum == EADDRNOTAVAIL ? ECONNREFUSED : errnum;
}

static int attempt_unix(struct init *init, struct stream *stream, struct span path) {
  struct sockaddr_storage address = {0};
  struct sockaddr_un *name = (struct sockaddr_un *)&address;
  if (path.size == 0 || path.bytes[0] != '/') return EINVAL;
  if (path.size >= sizeof name->sun_path) return ENAMETOOLONG;
  name->sun_family = AF_UNIX;
  memcpy(name->sun_path, path.bytes, path.size);
  stream->second_try = true;
  return connect_to(init, stream, &address);
}

bool connect_open(struct init *init, const struct frame *frame) {
  struct reader fields = r_over(frame->payload.bytes, frame->payload.size);
  uint8_t kind = r_u8(&fields);
  uint16_t port = r_u16(&fields);
  struct span path = r_str(&fields);
  if (!r_done(&fields) || kind > UNIX) return false;
  struct stream *stream = stream_open(init, frame->stream, STREAM_CONNECTION);
  stream->connecting = true;
  stream->port = port;
  int errnum = kind == TCP ? attempt(init, stream) : attempt_unix(init, stream, path);
  if (errnum != 0) refuse(init, stream, errnum);
  return true;
}

bool connect_frame(struct init *init, struct stream *stream, const struct frame *frame) {
  if (frame->type != FRAME_RESET || frame->payload.size != 4) return false;
  stream_close(init, stream);
  return true;
}

void connect_progress(struct init *init, struct stream *stream) {
  if (stream->connecting || stream_find(init, stream->id) != stream) return;
  bool reading = stream->outputs[0].watch.fd >= 0;
  bool writing = stream->input.watch.fd >= 0;
  if (!reading && !writing && stream->input.ended) stream_close(init, stream);
}

void connect_broken(struct init *init, struct stream *stream, int errnum) {
  if (stream_find(init, stream->id) == stream) broken(init, stream, errnum);
}
