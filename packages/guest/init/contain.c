/*
 * Nobody is left behind. A tree is what descends from a supervisor; an orphan is what descends from a child of init that
 * is neither supervisor nor worker, left by a supervisor that was killed from inside. Passes over /proc are repeated
 * from the event loop until nothing is found. A tree that grows as fast as it is killed is stopped first, since what is
 * stopped fills the process limit; one that even so is not contained costs the sandbox all its processes.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

enum { PLAIN_PASSES = 4, KILL_EVERY = 16, CLEAN_PASSES = 2, PATIENCE_MS = 1000 };

struct pass {
  struct tree tree;
  int signal;
  size_t orphans;
  size_t living;
  size_t moving;
};

/* Kills one process or, in the place of everything, each that descends from init when it is not alone in its world. */
static void kill_all(const struct init *init) {
  if (init->self == 1) {
    kill(-1, SIGKILL);
    return;
  }
  struct tree tree;
  if (!tree_read(&tree)) return;
  for (size_t index = 0; index < tree.count; index++) {
    if (tree_branch(&tree, tree.items[index].pid, init->self) != 0) kill(tree.items[index].pid, SIGKILL);
  }
  tree_free(&tree);
}

_Noreturn void contain_end(const struct init *init, int code) {
  kill_all(init);
  _exit(code);
}

static bool is_doomed(const struct init *init, struct pass *pass, const struct tree_process *process) {
  pid_t branch = tree_branch(&pass->tree, process->pid, init->self);
  if (branch == 0) {
    /* As PID 1 everything descends from init, and an ancestor that vanished meanwhile hides how. */
    if (init->self == 1 && process->pid != 1 && process->parent != 0) pass->orphans++;
    return false;
  }
  if (branch == init->spare.pid) return false;
  const struct stream *stream = process_keeper(init, branch);
  if (stream != NULL) return stream->killing && process->pid != stream->keeper;
  pass->orphans++;
  return init->containment.orphans;
}

static void sweep(const struct init *init, struct pass *pass) {
  for (size_t index = 0; index < pass->tree.count; index++) {
    const struct tree_process *process = &pass->tree.items[index];
    if (!is_doomed(init, pass, process)) continue;
    /* Threads may live on under a first one that is dead, so the dead are killed too. */
    kill(process->pid, pass->signal);
    if (tree_is_dead(process) && tree_is_stopped(process->pid)) continue;
    pass->living++;
    if (process->state != 'T') pass->moving++;
  }
}

static bool streams_under_way(struct init *init) {
  bool any = false;
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = stream_next(init, stream)) {
    if (stream->keeper == 0 && !stream->lost) stream->killing = false;
    any = any || stream->killing;
  }
  return any;
}

static void orphans_gone(struct init *init) {
  init->containment.orphans = false;
  struct stream *after = NULL;
  for (struct stream *stream = stream_next(init, NULL); stream != NULL; stream = after) {
    after = stream_next(init, stream);
    if (stream->lost) process_lost(init, stream);
  }
}

static int choose(unsigned passes) {
  return passes < PLAIN_PASSES || passes % KILL_EVERY == 0 ? SIGKILL : SIGSTOP;
}

static void run_pass(struct init *init) {
  struct containment *state = &init->containment;
  struct pass pass = {.signal = choose(state->passes)};
  uint64_t begun = now_ms();
  if (!tree_read(&pass.tree)) {
    kill_all(init);
    state->next_ms = begun + 10;
    return;
  }
  sweep(init, &pass);
  if (pass.moving == 0 && pass.signal == SIGSTOP) {
    pass.signal = SIGKILL;
    sweep(init, &pass);
  }
  tree_free(&pass.tree);
  state->passes++;
  state->clean_passes = pass.orphans == 0 ? state->clean_passes + 1 : 0;
  if (state->orphans && state->clean_passes >= CLEAN_PASSES) orphans_gone(init);
  /* One kill(-1) is atomic where forks are concerned: nothing slips through it. */
  if (begun >= state->deadline_ms) {
    state->deadline_ms = begun + PATIENCE_MS;
    if (pass.living > 0) kill_all(init);
  }
  /* A long walk is followed by as long a rest, so that the other streams keep half of the time. */
  state->next_ms = now_ms() + 2 + (now_ms() - begun);
}

void contain_tick(struct init *init) {
  struct containment *state = &init->containment;
  if (!state->active || now_ms() < state->next_ms) return;
  state->active = streams_under_way(init) || state->orphans;
  if (state->active) run_pass(init);
  else state->passes = 0;
}

bool contain_active(const struct init *init) {
  return init->containment.active;
}

static void begin(struct init *init) {
  if (!init->containment.active) {
    init->containment.passes = 0;
    init->containment.deadline_ms = now_ms() + PATIENCE_MS;
  }
  init->containment.active = true;
  init->containment.clean_passes = 0;
  init->containment.next_ms = 0;
}

void contain_stream(struct init *init, struct stream *stream) {
  if (stream->keeper == 0 && !stream->lost) return;
  stream->killing = true;
  begin(init);
}

void contain_orphans(struct init *init) {
  init->containment.orphans = true;
  begin(init);
}

void contain_signal_tree(const struct stream *stream, int number) {
  struct tree tree;
  if (stream->keeper == 0 || !tree_read(&tree)) return;
  for (size_t index = 0; index < tree.count; index++) {
    pid_t pid = tree.items[index].pid;
    if (tree_branch(&tree, pid, stream->keeper) != 0) kill(pid, number);
  }
  tree_free(&tree);
}

void contain_signal_group(const struct stream *stream, int number) {
  struct tree tree;
  if (stream->keeper == 0) return;
  if (!stream->ending.known) {
    kill(-stream->command, number);
    return;
  }
  /* The leader was reaped, so its number may name another group by now: only its own descendants are meant. */
  if (!tree_read(&tree)) return;
  for (size_t index = 0; index < tree.count; index++) {
    const struct tree_process *process = &tree.items[index];
    if (process->group != stream->command) continue;
    if (tree_branch(&tree, process->pid, stream->keeper) != 0) kill(process->pid, number);
  }
  tree_free(&tree);
}
