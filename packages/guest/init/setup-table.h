#ifndef CAISSON_SETUP_TABLE_H
#define CAISSON_SETUP_TABLE_H

#include <stdbool.h>
#include <stddef.h>

/* Mount points, in the order in which they were mounted. */
struct mount_table {
  char **paths;
  size_t count;
};

/* Those of this mount namespace at and below `path`. False with errno. */
bool mount_table_read(const char *path, struct mount_table *table);
void mount_table_free(struct mount_table *table);

#endif
