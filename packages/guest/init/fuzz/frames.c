/* What the host sends before anything is believed: frames, SETUP, SPAWN and the path of a CALL. No effects. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../file.h"
#include "../link.h"
#include "../protocol.h"
#include "../setup-read.h"
#include "../spawn.h"

static void decode_setup(struct span payload) {
  struct reader fields = r_over(payload.bytes, payload.size);
  struct setup_plan plan;
  r_u16(&fields);
  if (setup_read(&fields, &plan) && plan.steps[plan.step_count - 1].kind != OPERATION_LOCK) abort();
  setup_plan_free(&plan);
}

static void decode_spawn(struct span payload) {
  struct command command;
  if (spawn_parse(payload, &command) && (command.argc < 1 || command.argv[command.argc] != NULL)) abort();
  free(command.memory);
}

static void decode_call(struct span payload) {
  struct reader fields = r_over(payload.bytes, payload.size);
  struct file_path path;
  if (r_u8(&fields) == CALL_STAT) r_u8(&fields);
  file_take_path(&fields, &path);
  if (!fields.bad && strlen(path.text) > PATH_BYTES_MAX) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  uint8_t *copy = malloc(size + 1);
  if (!copy) return 0;
  memcpy(copy, data, size);
  struct link link = {.fd = -1, .in = {.bytes = copy, .end = size, .capacity = size}};
  struct frame frame;
  while (link_next(&link, &frame) == 1) {
    if (frame.type == FRAME_SETUP) decode_setup(frame.payload);
    if (frame.type == FRAME_SPAWN) decode_spawn(frame.payload);
    if (frame.type == FRAME_CALL) decode_call(frame.payload);
  }
  free(copy);
  return 0;
}
