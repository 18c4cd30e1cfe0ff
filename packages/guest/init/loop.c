/*
 * The event loop. Sources of bulk data wait in an epoll of their own, which rests as a whole while the link is full; so
 * a host that does not read costs one system call, and frames of the host are still taken.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

enum { EVENTS_A_TURN = 64, FRAMES_A_TURN = 256, TRIM_AFTER_MS = 1000, PASS_MS = 2 };

uint64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool loop_open(struct loop *loop) {
  loop->all = epoll_create1(EPOLL_CLOEXEC);
  loop->sources = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  return loop->all >= 0 && loop->sources >= 0 && epoll_ctl(loop->all, EPOLL_CTL_ADD, loop->sources, &event) == 0;
}

/* An armed descriptor reports hang-up and error whatever it waits for, so one that waits for nothing is taken out. */
void watch_for(struct init *init, struct watch *watch, uint32_t events) {
  if (watch->fd < 0 || (watch->armed && watch->events == events)) return;
  int loop = watch->source ? init->loop.sources : init->loop.all;
  struct epoll_event event = {.events = events, .data.ptr = watch};
  int change = events == 0 ? EPOLL_CTL_DEL : watch->armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  if (events == 0 && !watch->armed) return;
  /* Without it a stream would hang for ever; the kernel refuses only for want of memory or a watch limit. */
  if (epoll_ctl(loop, change, watch->fd, &event) != 0) contain_end(init, 1);
  watch->armed = events != 0;
  watch->events = events;
}

void watch_close(struct init *init, struct watch *watch) {
  if (watch->fd < 0) return;
  watch_for(init, watch, 0);
  close(watch->fd);
  watch->fd = -1;
}

static void dispatch(struct init *init, int loop, int timeout) {
  struct epoll_event events[EVENTS_A_TURN];
  int count = epoll_wait(loop, events, EVENTS_A_TURN, timeout);
  if (count < 0 && errno != EINTR) contain_end(init, 1);
  bool sources = false;
  for (int index = 0; index < count; index++) {
    struct watch *watch = events[index].data.ptr;
    if (watch == NULL) sources = true;
    else if (watch->fd >= 0 && watch->armed) watch->ready(init, watch, events[index].events);
  }
  if (sources && link_takes_data(&init->link)) dispatch(init, init->loop.sources, 0);
}

static void take_frames(struct init *init) {
  struct frame frame;
  for (int count = 0; count < FRAMES_A_TURN && link_takes_frames(&init->link); count++) {
    int taken = link_next(&init->link, &frame);
    if (taken == 0) return;
    if (taken < 0 || !serve_frame(init, &frame)) contain_end(init, 1);
  }
}

static void rest_sources(struct init *init, bool rest) {
  if (rest == init->loop.sources_rest) return;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
  int change = rest ? EPOLL_CTL_DEL : EPOLL_CTL_ADD;
  if (epoll_ctl(init->loop.all, change, init->loop.sources, &event) != 0) contain_end(init, 1);
  init->loop.sources_rest = rest;
  if (!rest) outputs_resume(init);
}

/* Sends what the turn made and decides what the next one waits for. */
static void settle(struct init *init) {
  enum link_state state = link_flush(&init->link);
  if (state == LINK_LOST) contain_end(init, 1);
  uint32_t events = (state == LINK_MORE ? EPOLLOUT : 0u) | (link_takes_frames(&init->link) ? EPOLLIN : 0u);
  watch_for(init, &init->link_watch, events);
  /* While the host is behind, commands fill their pipes instead: fewer and longer frames once it catches up. */
  rest_sources(init, state == LINK_MORE);
}

static bool frame_is_waiting(const struct init *init) {
  struct link probe = init->link;
  struct frame frame;
  return link_takes_frames(&init->link) && link_next(&probe, &frame) != 0;
}

static int patience(const struct init *init) {
  if (frame_is_waiting(init)) return 0;
  if (init->freeze.state == FREEZE_STOPPING || contain_active(init)) return PASS_MS;
  int refill = spare_patience(init);
  if (refill >= 0) return refill;
  return init->link.touched > 65536 ? TRIM_AFTER_MS : -1;
}

_Noreturn void loop_run(struct init *init) {
  for (;;) {
    take_frames(init);
    contain_tick(init);
    freeze_tick(init);
    streams_sweep(init);
    settle(init);
    spare_refill(init);
    int timeout = patience(init);
    uint64_t before = timeout == TRIM_AFTER_MS ? now_ms() : 0;
    dispatch(init, init->loop.all, timeout);
    if (timeout == TRIM_AFTER_MS && now_ms() - before >= TRIM_AFTER_MS) link_trim(&init->link);
  }
}
