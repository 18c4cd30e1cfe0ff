#ifndef CAISSON_SETUP_DOORS_H
#define CAISSON_SETUP_DOORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SETUP_DOORS_MAX = 64, DOOR_TCP = 0, DOOR_UDP = 1 };

/* An address inside at which the host's process serves. */
struct setup_door {
  uint8_t protocol;
  uint8_t address[4];
  uint16_t port;
};

/* One DOORS operation. */
struct setup_doors {
  /* The IPC channel to the host's process; it is closed when the doors were handed over. */
  uint32_t channel;
  struct setup_door *list;
  size_t count;
};

struct setup_run;

/* Opens every door, hands it to the host and closes the channel. */
bool setup_doors(struct setup_run *run, const struct setup_doors *doors);

#endif
