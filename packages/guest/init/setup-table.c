#define _GNU_SOURCE
#include "setup-table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOUNT_POINT_FIELD = 4 };

/* mountinfo writes space, tab, newline and backslash as three octal digits. */
static void unescape(char *text) {
  char *to = text;
  for (const char *from = text; *from; to++) {
    if (from[0] == '\\' && from[1] && from[2] && from[3]) {
      *to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
      from += 4;
    } else {
      *to = *from++;
    }
  }
  *to = 0;
}

static bool within(const char *path, const char *folder) {
  size_t length = strlen(folder);
  while (length > 0 && folder[length - 1] == '/') length--;
  return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

static char *mount_point_of(char *line) {
  char *field = line;
  for (int i = 0; i < MOUNT_POINT_FIELD; i++) {
    field = strchr(field, ' ');
    if (!field) return NULL;
    field++;
  }
  char *end = strchr(field, ' ');
  if (!end) return NULL;
  *end = 0;
  unescape(field);
  return field;
}

static bool append(struct mount_table *table, const char *path) {
  char **grown = realloc(table->paths, (table->count + 1) * sizeof *grown);
  if (!grown) return false;
  table->paths = grown;
  grown[table->count] = strdup(path);
  return grown[table->count++] != NULL;
}

static bool read_lines(FILE *file, const char *path, struct mount_table *table) {
  char *line = NULL;
  size_t room = 0;
  bool complete = true;
  while (complete && getline(&line, &room, file) > 0) {
    const char *found = mount_point_of(line);
    if (found && within(found, path)) complete = append(table, found);
  }
  free(line);
  return complete && !ferror(file);
}

bool mount_table_read(const char *path, struct mount_table *table) {
  *table = (struct mount_table){0};
  FILE *file = fopen("/proc/self/mountinfo", "re");
  if (!file) return false;
  bool complete = read_lines(file, path, table);
  int failure = errno;
  fclose(file);
  if (!complete) mount_table_free(table);
  errno = failure;
  return complete;
}

void mount_table_free(struct mount_table *table) {
  for (size_t i = 0; i < table->count; i++) free(table->paths[i]);
  free(table->paths);
  *table = (struct mount_table){0};
}
