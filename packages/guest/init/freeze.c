/*
 * FREEZE and THAW. Everything but init, its supervisors and its workers is stopped, again and again until two looks in a
 * row found every thread at rest; commands asked for meanwhile are held. What was stopped before stays stopped after.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "init.h"

enum { PATIENCE_MS = 2000, CLEAN_PASSES = 2 };

static void answer(struct init *init, int errnum) {
  uint8_t bytes[8];
  struct writer payload = w_fixed(bytes, sizeof bytes);
  w_u32(&payload, init->freeze.token);
  w_u32(&payload, (uint32_t)errnum);
  link_send(&init->link, (struct frame){.type = FRAME_FROZEN, .payload = {bytes, payload.used}});
}

static bool is_ours(const struct init *init, const struct tree_process *process) {
  if (process->pid == init->self || process->pid == init->spare.pid) return true;
  return process_keeper(init, process->pid) != NULL;
}

static bool is_inside(const struct init *init, const struct tree *tree, const struct tree_process *process) {
  if (is_ours(init, process)) return false;
  return init->self == 1 || tree_branch(tree, process->pid, init->self) != 0;
}

static bool was_stopped(const struct freeze *freeze, pid_t pid) {
  for (size_t index = 0; index < freeze->before_count; index++) {
    if (freeze->before[index] == pid) return true;
  }
  return false;
}

static bool remember(struct freeze *freeze, const struct tree *tree) {
  freeze->before = calloc(tree->count + 1, sizeof *freeze->before);
  if (freeze->before == NULL) return false;
  for (size_t index = 0; index < tree->count; index++) {
    if (tree->items[index].state == 'T') freeze->before[freeze->before_count++] = tree->items[index].pid;
  }
  return true;
}

/* Children are continued before their parents, which then find nobody stopped to report. */
static void let_go(struct init *init) {
  struct freeze *freeze = &init->freeze;
  struct tree tree;
  bool known = tree_read(&tree);
  for (size_t index = known ? tree.count : 0; index > 0; index--) {
    const struct tree_process *process = &tree.items[index - 1];
    if (is_inside(init, &tree, process) && !was_stopped(freeze, process->pid)) kill(process->pid, SIGCONT);
  }
  if (known) tree_free(&tree);
  /* Nothing may stay stopped for want of memory to tell who was. */
  else if (init->self == 1) kill(-1, SIGCONT);
  free(freeze->before);
  *freeze = (struct freeze){.state = FREEZE_NONE};
  process_start_held(init);
}

static bool stop_pass(struct init *init, const struct tree *tree) {
  bool clean = true;
  for (size_t index = 0; index < tree->count; index++) {
    const struct tree_process *process = &tree->items[index];
    /* Looked at even when its first thread is dead: others may live on. */
    if (!is_inside(init, tree, process) || tree_is_stopped(process->pid)) continue;
    clean = false;
    kill(process->pid, SIGSTOP);
  }
  return clean;
}

static void run_pass(struct init *init) {
  struct freeze *freeze = &init->freeze;
  struct tree tree;
  if (!tree_read(&tree)) return;
  if (freeze->first_pass && !remember(freeze, &tree)) {
    tree_free(&tree);
    return;
  }
  freeze->first_pass = false;
  freeze->clean_passes = stop_pass(init, &tree) ? freeze->clean_passes + 1 : 0;
  tree_free(&tree);
  if (freeze->clean_passes < CLEAN_PASSES) return;
  freeze->state = FREEZE_DONE;
  answer(init, 0);
}

void freeze_tick(struct init *init) {
  if (init->freeze.state != FREEZE_STOPPING) return;
  run_pass(init);
  if (init->freeze.state != FREEZE_STOPPING || now_ms() < init->freeze.deadline_ms) return;
  answer(init, ETIMEDOUT);
  let_go(init);
}

bool freeze_start(struct init *init, uint32_t token) {
  if (init->freeze.state != FREEZE_NONE) return false;
  init->freeze = (struct freeze){.state = FREEZE_STOPPING, .token = token, .first_pass = true};
  init->freeze.deadline_ms = now_ms() + PATIENCE_MS;
  return true;
}

bool freeze_thaw(struct init *init, uint32_t token) {
  struct freeze *freeze = &init->freeze;
  /* A THAW may cross the FROZEN that says it came to nothing. */
  if (freeze->state == FREEZE_NONE) return true;
  if (freeze->token != token) return false;
  if (freeze->state == FREEZE_STOPPING) answer(init, ECANCELED);
  let_go(init);
  return true;
}
