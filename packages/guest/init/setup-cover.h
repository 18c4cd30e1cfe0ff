#ifndef CAISSON_SETUP_COVER_H
#define CAISSON_SETUP_COVER_H

#include "setup-steps.h"

/* What hides a denied path: an empty read-only folder and file without any permission, made on first use. */
struct cover {
  struct setup_run *run;
  const struct mount_order *order;
  size_t order_number;
  /* O_PATH; -1 until made. */
  int folder;
  int file;
};

struct cover_place {
  /* O_PATH descriptor of what is to be hidden. */
  int onto;
  /* Its absolute path inside. */
  const char *path;
  bool directory;
};

struct cover cover_start(struct setup_run *run, size_t order_number);
bool cover_place(struct cover *cover, const struct cover_place *place);
void cover_end(struct cover *cover);

#endif
