#ifndef CAISSON_TERMINAL_H
#define CAISSON_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>

struct terminal {
  int master;
  int slave;
};

/* A new pseudo-terminal of that size; false with errno. */
bool terminal_open(struct terminal *terminal, uint16_t columns, uint16_t rows);
void terminal_resize(int master, uint16_t columns, uint16_t rows);

#endif
