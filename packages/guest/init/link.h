#ifndef CAISSON_LINK_H
#define CAISSON_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

struct frame {
  uint8_t type;
  uint8_t flags;
  uint32_t stream;
  struct span payload;
};

/* A buffer whose pages exist only once they were touched; `start` to `end` is in use. */
struct span_buffer {
  uint8_t *bytes;
  size_t start;
  size_t end;
  size_t capacity;
};

/* The two directions of the host's byte stream, buffered within fixed bounds. */
struct link {
  int fd;
  struct span_buffer in;
  struct span_buffer out;
  /* How far into a buffer pages were touched since they were last given back. */
  size_t touched;
};

bool link_open(struct link *link, int fd);
/* Waits for one whole frame, for the time before the event loop runs. False: lost, or too long. */
bool link_wait(struct link *link, struct frame *frame);
/* Writes everything, waiting as needed. */
bool link_drain(struct link *link);

enum link_state { LINK_MORE, LINK_IDLE, LINK_LOST };

/* Reads once without waiting. */
enum link_state link_fill(struct link *link);
/* Takes the next whole frame; its payload is valid until the next fill. -1: over the bound, 0: none yet, 1: taken. */
int link_next(struct link *link, struct frame *frame);
/* Writes without waiting: LINK_MORE when something stays behind, LINK_IDLE when not. */
enum link_state link_flush(struct link *link);

/* Whether a frame of the host may be answered now without running out of room, and whether DATA may be added. */
bool link_takes_frames(const struct link *link);
bool link_takes_data(const struct link *link);

/* Room for a payload at the end of the out-buffer, to be filled in place and then sent by link_commit. */
struct writer link_compose(struct link *link);
void link_commit(struct link *link, struct frame head, const struct writer *payload);
/* Sends a frame whose payload is head.payload. */
void link_send(struct link *link, struct frame head);
/* Gives pages that bulk output touched back to the system; only when nothing waits in the out-buffer. */
void link_trim(struct link *link);

#endif
