/* What each frame of the host does. Anything out of order is the host's mistake and ends the sandbox. */
#define _GNU_SOURCE
#include "init.h"

static bool control(struct init *init, const struct frame *frame) {
  struct reader reader = r_over(frame->payload.bytes, frame->payload.size);
  uint32_t token = 0;
  switch (frame->type) {
    case FRAME_PING:
      if (frame->payload.size != 8) return false;
      link_send(&init->link, (struct frame){.type = FRAME_PONG, .payload = frame->payload});
      return true;
    case FRAME_PONG:
      return frame->payload.size == 8;
    case FRAME_END:
      if (frame->payload.size != 0) return false;
      contain_end(init, 0);
    case FRAME_FREEZE:
      token = r_u32(&reader);
      return r_done(&reader) && freeze_start(init, token);
    case FRAME_THAW:
      token = r_u32(&reader);
      return r_done(&reader) && freeze_thaw(init, token);
    default:
      return false;
  }
}

/* An id is new, was used (a frame for it crossed its end), or is wrong. */
static bool opens(struct init *init, const struct frame *frame) {
  if (frame->stream % 2 == 0 || frame->stream <= init->streams.last) return false;
  if (init->streams.count >= STREAMS_MAX || frame->flags != 0) return false;
  init->streams.last = frame->stream;
  if (frame->type == FRAME_SPAWN) return process_spawn(init, frame);
  return frame->type == FRAME_CALL ? file_call(init, frame) : connect_open(init, frame);
}

static bool window(struct init *init, struct stream *stream, const struct frame *frame) {
  struct reader reader = r_over(frame->payload.bytes, frame->payload.size);
  uint32_t credit = r_u32(&reader);
  struct output *output = stream_output(stream, frame->flags);
  return r_done(&reader) && output != NULL && output_grant(init, output, credit);
}

static bool on_stream(struct init *init, struct stream *stream, const struct frame *frame) {
  if (stream->reset) return true;
  switch (frame->type) {
    case FRAME_DATA:
      return frame->flags == 0 && input_data(init, &stream->input, frame->payload);
    case FRAME_EOF:
      return frame->flags == 0 && frame->payload.size == 0 && input_end(init, &stream->input);
    case FRAME_WINDOW:
      return window(init, stream, frame);
    default:
      if (frame->flags != 0) return false;
      return stream->kind == STREAM_CONNECTION ? connect_frame(init, stream, frame)
                                               : process_frame(init, stream, frame);
  }
}

static bool is_known(uint8_t type) {
  return (type >= FRAME_DATA && type <= FRAME_RESET) || type == FRAME_SIGNAL || type == FRAME_RESIZE;
}

bool serve_frame(struct init *init, const struct frame *frame) {
  if (frame->stream == 0) return frame->flags == 0 && control(init, frame);
  if (frame->type == FRAME_SPAWN || frame->type == FRAME_CALL || frame->type == FRAME_CONNECT) {
    return opens(init, frame);
  }
  if (!is_known(frame->type)) return false;
  struct stream *stream = stream_find(init, frame->stream);
  if (stream != NULL) return on_stream(init, stream, frame);
  /* The stream ended while this was on its way. */
  return frame->stream % 2 == 1 && frame->stream <= init->streams.last;
}
