/* SPAWN from the wire into the shape that execve(2) wants, in one piece of memory. */
#define _GNU_SOURCE
#include "spawn.h"

#include <stdlib.h>
#include <string.h>

struct arena {
  char *at;
  char **pointers;
};

static char *take(struct arena *arena, struct span text) {
  char *start = arena->at;
  if (text.size > 0) memcpy(start, text.bytes, text.size);
  start[text.size] = 0;
  arena->at += text.size + 1;
  return start;
}

/* Every string takes four bytes of length on the wire, which pay for its NUL. */
static char **take_list(struct reader *reader, struct arena *arena, int *count) {
  uint32_t items = r_count(reader, 4);
  char **list = arena->pointers;
  arena->pointers += items + 1;
  for (uint32_t index = 0; index < items; index++) {
    struct span text = r_str(reader);
    list[index] = reader->bad ? NULL : take(arena, text);
  }
  list[items] = NULL;
  *count = (int)items;
  return list;
}

bool spawn_parse(struct span payload, struct command *command) {
  struct reader reader = r_over(payload.bytes, payload.size);
  size_t most = payload.size / 4 + 4;
  *command = (struct command){.memory = malloc(most * sizeof(char *) + payload.size + 64)};
  if (command->memory == NULL) return false;
  struct arena arena = {command->memory + most * sizeof(char *), (char **)(void *)command->memory};
  int variables = 0;
  command->argv = take_list(&reader, &arena, &command->argc);
  command->env = take_list(&reader, &arena, &variables);
  struct span cwd = r_str(&reader);
  command->cwd = take(&arena, cwd);
  uint8_t flags[4];
  flags[0] = r_u8(&reader);
  flags[1] = r_u8(&reader);
  flags[2] = r_u8(&reader);
  command->columns = r_u16(&reader);
  command->rows = r_u16(&reader);
  flags[3] = r_u8(&reader);
  command->open_files = r_u64(&reader);
  command->has_stdin = flags[0] == 1;
  command->merged = flags[1] == 1;
  command->terminal = flags[2] == 1;
  command->builtin = flags[3] == 1;
  bool known = flags[0] <= 1 && flags[1] <= 1 && flags[2] <= 1 && flags[3] <= 1;
  if (r_done(&reader) && known && command->argc > 0 && !(command->builtin && command->terminal)) return true;
  free(command->memory);
  command->memory = NULL;
  return false;
}
