#ifndef CAISSON_TREE_H
#define CAISSON_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* One process as /proc showed it. */
struct tree_process {
  pid_t pid;
  pid_t parent;
  pid_t group;
  char state;
};

/* Every process that could be seen, by rising pid. Not one instant: what forks meanwhile may be missing. */
struct tree {
  struct tree_process *items;
  size_t count;
};

bool tree_read(struct tree *tree);
void tree_free(struct tree *tree);
const struct tree_process *tree_find(const struct tree *tree, pid_t pid);
/* The ancestor of `pid`, or itself, whose parent is `root`; 0 when it does not descend from `root`. */
pid_t tree_branch(const struct tree *tree, pid_t pid, pid_t root);
/* The same by going up from `pid`, without a look at all the others. */
pid_t tree_climb(pid_t pid, pid_t root);
bool tree_is_dead(const struct tree_process *process);
/* Whether every thread is stopped or dead; the state of a process is only that of its first thread. */
bool tree_is_stopped(pid_t pid);

#endif
