/*
 * init: PID 1 of a sandbox. It performs the host's SETUP, gives up every privilege, says HELLO, and then serves commands,
 * files and connections until the link is lost. PROTOCOL.md is the contract.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "enter.h"
#include "init.h"

enum { EXIT_USAGE = 2, GAPS_MAX = FRAME_PAYLOAD_MAX - 64 };

static int read_arguments(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--version") == 0) {
    printf("%d\n", PROTOCOL_VERSION);
    exit(0);
  }
  if (argc > 3 && strcmp(argv[1], "--enter") == 0) enter_and_become(argv + 2);
  char *end = NULL;
  long fd = argc == 3 && strcmp(argv[1], "--link") == 0 ? strtol(argv[2], &end, 10) : -1;
  if (fd >= 3 && fd < 65536 && end != argv[2] && *end == 0) return (int)fd;
  fprintf(stderr, "usage: caisson-init --link FD (3 or more) | --enter FD,... PROGRAM ARGUMENT... | --version\n");
  exit(EXIT_USAGE);
}

static _Noreturn void refuse(struct init *init, const struct setup_error *error) {
  struct writer payload = link_compose(&init->link);
  w_u16(&payload, PROTOCOL_VERSION);
  w_str(&payload, error->stage);
  w_u32(&payload, (uint32_t)error->errnum);
  w_bytes(&payload, error->detail, strnlen(error->detail, sizeof error->detail));
  link_commit(&init->link, (struct frame){.type = FRAME_FAIL}, &payload);
  link_drain(&init->link);
  _exit(1);
}

static _Noreturn void refuse_at(struct init *init, const char *stage, int errnum) {
  refuse(init, &(struct setup_error){.stage = stage, .errnum = errnum});
}

/* Every disposition as execve(2) would leave it and everything blocked: children begin from here. */
static void quiet_signals(void) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  for (int number = 1; number <= SIGRTMAX; number++) signal(number, SIG_DFL);
}

static void raise_file_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static void perform_setup(struct init *init, struct writer *gaps) {
  struct frame frame;
  if (!link_wait(&init->link, &frame)) _exit(1);
  struct reader fields = r_over(frame.payload.bytes, frame.payload.size);
  if (frame.type != FRAME_SETUP || frame.stream != 0 || frame.flags != 0) refuse_at(init, "protocol", EPROTO);
  if (r_u16(&fields) != PROTOCOL_VERSION || fields.bad) refuse_at(init, "version", EPROTONOSUPPORT);
  struct setup_error error = {.stage = "setup"};
  init->setup.link = init->link.fd;
  if (!setup_perform(&fields, &init->setup, &error, gaps)) refuse(init, &error);
  if (gaps->bad) refuse_at(init, "gaps", ENOMEM);
  if (!r_done(&fields)) refuse_at(init, "protocol", EPROTO);
}

/* Descriptors 0 to 2 are filled, so that nothing that matters ever gets their numbers. */
static bool open_null(struct init *init) {
  do {
    init->null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
  } while (init->null >= 0 && init->null < 3);
  return init->null >= 0;
}

static void say_hello(struct init *init, const struct writer *gaps) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  struct writer payload = link_compose(&init->link);
  w_u16(&payload, PROTOCOL_VERSION);
  w_u32(&payload, 0);
  w_u32(&payload, (uint32_t)init->self);
  w_u64(&payload, (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
  w_raw(&payload, gaps->bytes, gaps->used);
  link_commit(&init->link, (struct frame){.type = FRAME_HELLO}, &payload);
}

static void link_ready(struct init *init, struct watch *watch, uint32_t events) {
  (void)watch;
  if ((events & ~(uint32_t)EPOLLOUT) == 0) return;
  /* What is buffered is worked off first, so the buffer cannot be too full for the frame that it holds. */
  if (link_takes_frames(&init->link) && link_fill(&init->link) == LINK_LOST) contain_end(init, 1);
}

static void signal_ready(struct init *init, struct watch *watch, uint32_t events) {
  (void)events;
  struct signalfd_siginfo info[8];
  while (read(watch->fd, info, sizeof info) > 0) continue;
  process_reap(init);
}

static bool open_loop(struct init *init) {
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  if (!loop_open(&init->loop)) return false;
  init->signal_watch = (struct watch){.fd = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK), .ready = signal_ready};
  if (init->signal_watch.fd < 0) return false;
  init->link_watch = (struct watch){.fd = init->link.fd, .ready = link_ready};
  watch_for(init, &init->signal_watch, EPOLLIN);
  watch_for(init, &init->link_watch, EPOLLIN);
  return true;
}

int main(int argc, char **argv) {
  int fd = read_arguments(argc, argv);
  struct init *init = calloc(1, sizeof *init);
  if (init == NULL || !link_open(&init->link, fd)) return EXIT_USAGE;
  init->self = getpid();
  quiet_signals();
  raise_file_limit();
  struct writer gaps = w_growing(GAPS_MAX);
  perform_setup(init, &gaps);
  if (prctl(PR_SET_DUMPABLE, 0) != 0 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) refuse_at(init, "process", errno);
  if (!open_null(init) || !open_loop(init)) refuse_at(init, "loop", errno);
  init->spare.channel = -1;
  say_hello(init, &gaps);
  w_free(&gaps);
  loop_run(init);
}
