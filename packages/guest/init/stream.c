/* The table of open streams, by id. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <unistd.h>

#include "init.h"

static size_t bucket_of(uint32_t id) {
  return (id >> 1) % STREAM_BUCKETS;
}

struct stream *stream_open(struct init *init, uint32_t id, enum stream_kind kind) {
  struct stream *stream = calloc(1, sizeof *stream);
  if (stream == NULL) contain_end(init, 1);
  stream->id = id;
  stream->kind = kind;
  stream->slave = -1;
  stream->input.window = CREDIT_INITIAL;
  struct watch *watches[] = {&stream->input.watch, &stream->outputs[0].watch, &stream->outputs[1].watch,
                             &stream->report};
  for (size_t index = 0; index < 4; index++) {
    watches[index]->fd = -1;
    watches[index]->stream = stream;
  }
  for (uint8_t index = 0; index < 2; index++) {
    stream->outputs[index].channel = kind == STREAM_CONNECTION ? 0 : (uint8_t)(index + 1);
    stream->outputs[index].credit = CREDIT_INITIAL;
  }
  struct stream **bucket = &init->streams.buckets[bucket_of(id)];
  stream->next = *bucket;
  *bucket = stream;
  init->streams.count++;
  return stream;
}

struct stream *stream_find(const struct init *init, uint32_t id) {
  struct stream *stream = init->streams.buckets[bucket_of(id)];
  while (stream != NULL && stream->id != id) stream = stream->next;
  return stream;
}

void stream_hang_up(struct stream *stream) {
  if (stream->slave >= 0) close(stream->slave);
  stream->slave = -1;
}

void stream_close(struct init *init, struct stream *stream) {
  struct stream **place = &init->streams.buckets[bucket_of(stream->id)];
  while (*place != NULL && *place != stream) place = &(*place)->next;
  if (*place == NULL) return;
  *place = stream->next;
  init->streams.count--;
  input_drop(init, &stream->input);
  output_drop(init, &stream->outputs[0]);
  output_drop(init, &stream->outputs[1]);
  watch_close(init, &stream->report);
  stream_hang_up(stream);
  free(stream->held);
  stream->held = NULL;
  stream->next = init->streams.ended;
  init->streams.ended = stream;
}

void streams_sweep(struct init *init) {
  while (init->streams.ended != NULL) {
    struct stream *stream = init->streams.ended;
    init->streams.ended = stream->next;
    free(stream);
  }
}

struct stream *stream_next(const struct init *init, const struct stream *after) {
  if (after != NULL && after->next != NULL) return after->next;
  size_t index = after == NULL ? 0 : bucket_of(after->id) + 1;
  for (; index < STREAM_BUCKETS; index++) {
    if (init->streams.buckets[index] != NULL) return init->streams.buckets[index];
  }
  return NULL;
}

void stream_send(struct init *init, const struct stream *stream, struct frame head) {
  head.stream = stream->id;
  link_send(&init->link, head);
}

struct output *stream_output(struct stream *stream, uint8_t channel) {
  if (stream->kind == STREAM_CONNECTION) return channel == 0 ? &stream->outputs[0] : NULL;
  return channel == 1 || channel == 2 ? &stream->outputs[channel - 1] : NULL;
}
