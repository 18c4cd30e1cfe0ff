/*
 * DOORS: sockets that listen inside and are served by the host's process. They are handed over on the IPC channel that
 * Node.js opens to a child (doc/api/child_process, `subprocess.send` with a handle): one line of JSON with one descriptor
 * each, and one line back. The channel is a way into the host's process, so it is closed here, before anything that
 * could be hostile runs.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "setup-doors.h"
#include "setup-steps.h"

enum { BACKLOG = 511, PATIENCE_MS = 10000, LINE_MAX_BYTES = 160 };

static const char acknowledgement[] = "{\"cmd\":\"NODE_HANDLE_ACK\"}\n";

static bool fail_at(struct setup_run *run, const struct setup_door *door) {
  char name[48];
  int failure = errno;
  snprintf(name, sizeof name, "%s %u.%u.%u.%u:%u", door->protocol == DOOR_TCP ? "tcp" : "udp", door->address[0],
           door->address[1], door->address[2], door->address[3], door->port);
  return setup_fail_with(run, failure, name);
}

static bool loopback_is_up(void) {
  struct ifreq request = {.ifr_name = "lo"};
  int probe = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool asked = ioctl(probe, SIOCGIFFLAGS, &request) == 0;
  close(probe);
  if (asked && (request.ifr_flags & IFF_UP) == 0) errno = ENETDOWN;
  return asked && (request.ifr_flags & IFF_UP) != 0;
}

/*
 * The namespace is new, so no address is in use by an ended connection, and without SO_REUSEADDR nobody inside can share
 * an address with a door.
 */
static int open_door(const struct setup_door *door) {
  bool is_stream = door->protocol == DOOR_TCP;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(door->port)};
  memcpy(&address.sin_addr, door->address, sizeof door->address);
  int opened = socket(AF_INET, (is_stream ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (opened < 0) return -1;
  if (bind(opened, (struct sockaddr *)&address, sizeof address) == 0 && (!is_stream || listen(opened, BACKLOG) == 0))
    return opened;
  int failure = errno;
  close(opened);
  errno = failure;
  return -1;
}

/* The line as Node.js itself writes it for a `net.Server` and for a `dgram.Socket`; `msg` is what the host's listener gets. */
static int compose(char *line, const struct setup_door *door, size_t index) {
  const char *type = door->protocol == DOOR_TCP ? "\"net.Server\"" : "\"dgram.Socket\",\"dgramType\":\"udp4\"";
  return snprintf(line, LINE_MAX_BYTES, "{\"cmd\":\"NODE_HANDLE\",\"type\":%s,\"msg\":{\"door\":%zu}}\n", type, index);
}

static bool hand_over(int channel, int opened, struct iovec line) {
  union {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
  } control = {{0}};
  struct msghdr message = {.msg_iov = &line, .msg_iovlen = 1, .msg_control = control.bytes};
  message.msg_controllen = sizeof control.bytes;
  struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof opened);
  memcpy(CMSG_DATA(rights), &opened, sizeof opened);
  ssize_t sent = sendmsg(channel, &message, MSG_NOSIGNAL);
  if (sent >= 0 && (size_t)sent != line.iov_len) errno = EIO;
  return sent >= 0 && (size_t)sent == line.iov_len;
}

static bool give(struct setup_run *run, const struct setup_doors *doors, size_t index) {
  const struct setup_door *door = &doors->list[index];
  char line[LINE_MAX_BYTES];
  int opened = open_door(door);
  if (opened < 0) return fail_at(run, door);
  int length = compose(line, door, index);
  bool given = hand_over((int)doors->channel, opened, (struct iovec){line, (size_t)length});
  int failure = errno;
  close(opened);
  errno = failure;
  return given ? true : fail_at(run, door);
}

static int64_t clock_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Bytes of the channel, as soon as there are any; 0 at its end, -1 with errno. */
static ssize_t receive(int channel, char *bytes, size_t room, int64_t deadline) {
  for (;;) {
    int64_t left = deadline - clock_ms();
    struct pollfd wait = {.fd = channel, .events = POLLIN};
    int ready = left > 0 ? poll(&wait, 1, (int)left) : 0;
    if (ready == 0) return errno = ETIMEDOUT, -1;
    if (ready < 0 && errno != EINTR) return -1;
    if (ready < 0) continue;
    ssize_t got = recv(channel, bytes, room, MSG_DONTWAIT);
    if (got >= 0 || (errno != EAGAIN && errno != EINTR)) return got;
  }
}

/* Each door is answered by the same line, so what may come is known to the byte. */
static bool await_answers(struct setup_run *run, const struct setup_doors *doors) {
  const size_t length = sizeof acknowledgement - 1;
  size_t left = doors->count * length, at = 0;
  int64_t deadline = clock_ms() + PATIENCE_MS;
  while (left > 0) {
    char bytes[256];
    ssize_t got = receive((int)doors->channel, bytes, left < sizeof bytes ? left : sizeof bytes, deadline);
    if (got < 0) return setup_fail(run, "the host's answer");
    if (got == 0) return setup_fail_with(run, EPIPE, "the host closed the channel");
    for (ssize_t i = 0; i < got; i++, at++)
      if (bytes[i] != acknowledgement[at % length]) return setup_fail_with(run, EPROTO, "the host's answer");
    left -= (size_t)got;
  }
  return true;
}

static bool is_channel(const struct setup_run *run, int descriptor) {
  int family = 0;
  socklen_t length = sizeof family;
  if (descriptor == run->state->link) return errno = EBADF, false;
  if (getsockopt(descriptor, SOL_SOCKET, SO_DOMAIN, &family, &length) != 0) return false;
  if (family != AF_UNIX) errno = ENOTSOCK;
  return family == AF_UNIX;
}

bool setup_doors(struct setup_run *run, const struct setup_doors *doors) {
  int channel = (int)doors->channel;
  if (!is_channel(run, channel) || fcntl(channel, F_SETFD, FD_CLOEXEC) != 0) return setup_fail(run, "channel");
  if (!loopback_is_up()) return setup_fail(run, "lo");
  for (size_t i = 0; i < doors->count; i++)
    if (!give(run, doors, i)) return false;
  if (!await_answers(run, doors)) return false;
  return close(channel) == 0 ? true : setup_fail(run, "channel");
}
