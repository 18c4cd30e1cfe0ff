/*
 * A supervisor forked ahead of time, so that a command need not wait for fork(2). It is what a fresh one is: forked from
 * init, undumpable, without the link, without any descriptor but its channel and /dev/null. It serves one command and is
 * then that command's supervisor. Commands can kill or stop it as they can every process of their user: it is let go
 * then, and until there is another one commands get fresh supervisors.
 */
#define _GNU_SOURCE
#include "spare.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "init.h"
#include "setup-kernel.h"
#include "spawn.h"
#include "worker.h"

/* An order larger than that is rare, and would not be sure to fit into the socket. */
enum { ORDER_MAX = 65536, STREAMS = 3, LATER_MS = 10, AFTER_LOSS_MS = 50 };

union control {
  char bytes[CMSG_SPACE(STREAMS * sizeof(int))];
  struct cmsghdr align;
};

static struct msghdr message(struct iovec *part, union control *control) {
  return (struct msghdr){
    .msg_iov = part,
    .msg_iovlen = 1,
    .msg_control = control->bytes,
    .msg_controllen = sizeof control->bytes,
  };
}

static bool send_order(int channel, const struct spare_order *order) {
  int streams[STREAMS] = {order->plumbing->in, order->plumbing->out, order->plumbing->err};
  struct iovec part = {(void *)(uintptr_t)order->payload.bytes, order->payload.size};
  union control control = {{0}};
  struct msghdr head = message(&part, &control);
  struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof streams);
  memcpy(CMSG_DATA(rights), streams, sizeof streams);
  return sendmsg(channel, &head, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)order->payload.size;
}

static bool take_order(struct span *payload, struct plumbing *plumbing) {
  static uint8_t bytes[ORDER_MAX];
  struct iovec part = {bytes, sizeof bytes};
  union control control;
  struct msghdr head = message(&part, &control);
  ssize_t got = recvmsg(REPORT_FD, &head, MSG_CMSG_CLOEXEC);
  if (got <= 0 || (head.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return false;
  int streams[STREAMS];
  const struct cmsghdr *rights = CMSG_FIRSTHDR(&head);
  if (rights == NULL || rights->cmsg_len != CMSG_LEN(sizeof streams)) return false;
  memcpy(streams, CMSG_DATA(rights), sizeof streams);
  *payload = (struct span){bytes, (size_t)got};
  *plumbing = (struct plumbing){streams[0], streams[1], streams[2], REPORT_FD};
  return true;
}

/* All that can be done before the command is known. The end of init closes the channel, which ends the wait. */
static _Noreturn void wait_for_order(const struct init *init, int channel) {
  struct span payload;
  struct plumbing plumbing;
  struct command command;
  for (int fd = 0; fd < REPORT_FD; fd++) {
    if (dup2(init->null, fd) < 0) _exit(1);
  }
  if (channel != REPORT_FD && dup3(channel, REPORT_FD, O_CLOEXEC) < 0) _exit(1);
  if (kernel_close_range(REPORT_FD + 1, UINT_MAX) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) _exit(1);
  if (!take_order(&payload, &plumbing) || !spawn_parse(payload, &command)) _exit(1);
  if (command.open_files == 0) command.open_files = init->setup.open_files;
  worker_serve(&command, &plumbing);
}

static void let_go(struct init *init) {
  close(init->spare.channel);
  init->spare = (struct spare){.channel = -1, .due_ms = now_ms() + AFTER_LOSS_MS};
}

pid_t spare_take(struct init *init, const struct spare_order *order, int *report) {
  struct spare *spare = &init->spare;
  if (spare->pid == 0 || order->payload.size > ORDER_MAX) return 0;
  if (!send_order(spare->channel, order)) {
    /* Dead already, or about to be: nobody else may get it. */
    kill(spare->pid, SIGKILL);
    let_go(init);
    return 0;
  }
  pid_t pid = spare->pid;
  *report = spare->channel;
  *spare = (struct spare){.channel = -1, .due_ms = now_ms() + LATER_MS};
  return pid;
}

void spare_refill(struct init *init) {
  struct spare *spare = &init->spare;
  if (spare->pid != 0 || now_ms() < spare->due_ms) return;
  int ends[2];
  spare->due_ms = now_ms() + AFTER_LOSS_MS;
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return;
  pid_t pid = fork();
  if (pid == 0) wait_for_order(init, ends[1]);
  close(ends[1]);
  if (pid > 0) *spare = (struct spare){.pid = pid, .channel = ends[0]};
  else close(ends[0]);
}

void spare_hurry(struct init *init) {
  uint64_t now = now_ms();
  /* Not after a loss: a command that kills each one would keep init busy. */
  if (init->spare.due_ms <= now + LATER_MS) init->spare.due_ms = now;
}

int spare_patience(const struct init *init) {
  if (init->spare.pid != 0) return -1;
  uint64_t now = now_ms();
  return init->spare.due_ms > now ? (int)(init->spare.due_ms - now) : 0;
}

bool spare_child(struct init *init, pid_t pid, bool stopped) {
  if (pid != init->spare.pid) return false;
  /* It is reaped as a stranger once it is dead. */
  if (stopped) kill(pid, SIGKILL);
  let_go(init);
  return true;
}
