#ifndef CAISSON_INIT_H
#define CAISSON_INIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "link.h"
#include "protocol.h"
#include "setup.h"
#include "spare.h"
#include "tree.h"

struct init;
struct watch;
struct stream;

/* --- loop.c: what is waited for --- */

/* A descriptor in the event loop. `events` 0 keeps it out of the loop; a closed one has fd -1 and is never called. */
struct watch {
  int fd;
  uint32_t events;
  bool armed;
  /* Command output and the like, which rests while the link is full. */
  bool source;
  void (*ready)(struct init *init, struct watch *watch, uint32_t events);
  struct stream *stream;
};

struct loop {
  int all;
  int sources;
  bool sources_rest;
};

bool loop_open(struct loop *loop);
void watch_for(struct init *init, struct watch *watch, uint32_t events);
void watch_close(struct init *init, struct watch *watch);
/* Serves until the link is lost; does not return. */
_Noreturn void loop_run(struct init *init);

/* --- channel.c: bytes and credit --- */

/* Guest to host. */
struct output {
  struct watch watch;
  uint8_t channel;
  /* Neither terminal nor socket: what it holds can be counted, and it can be widened. */
  bool pipe;
  /* What the host still lets us send. */
  uint32_t credit;
  /* EXIT waits until this many bytes, all that was written before the end, or everything there is, were sent. */
  bool draining;
  uint64_t drain_left;
  /* No legitimate writer is left: what is there is sent, then the end. */
  bool last;
};

/* Host to guest. */
struct input {
  struct watch watch;
  uint8_t *bytes;
  size_t start;
  size_t end;
  /* What the host may still send, and what it may get back. */
  uint32_t window;
  uint32_t owed;
  bool ended;
  bool terminal;
  bool socket;
  /* There is no such channel: its end may be told, but no bytes. */
  bool silent;
};

void output_open(struct init *init, struct output *output, int fd);
/* Waits for bytes, once the command runs. */
void output_start(struct init *init, struct output *output);
void output_pump(struct init *init, struct output *output);
void output_drain(struct init *init, struct output *output, bool last);
/* Ends the channel without a word. */
void output_drop(struct init *init, struct output *output);
/* After sources rested for a full link: goes on with what an EXIT waits for. */
void outputs_resume(struct init *init);
bool output_grant(struct init *init, struct output *output, uint32_t credit);
void input_open(struct init *init, struct input *input, int fd);
/* False: more than the window, or after the end. */
bool input_data(struct init *init, struct input *input, struct span data);
bool input_end(struct init *init, struct input *input);
void input_drop(struct init *init, struct input *input);

/* --- stream.c --- */

struct ending {
  bool known;
  int status;
  uint64_t cpu_us;
  uint64_t peak_bytes;
};

enum stream_kind { STREAM_COMMAND, STREAM_BUILTIN, STREAM_CONNECTION };

struct stream {
  uint32_t id;
  enum stream_kind kind;
  struct stream *next;
  struct input input;
  /* A command's stdout and stderr; a connection has its bytes in the first. */
  struct output outputs[2];
  /* The supervisor of a command, or the builtin's worker; 0 when none runs. */
  pid_t keeper;
  pid_t command;
  /*
   * The command's side of its terminal, held open while it runs: without it, a command that closes its own would look
   * ended, and giving the terminal up would send it SIGHUP.
   */
  int slave;
  struct watch report;
  struct ending ending;
  /* SPAWNED 0 was sent; EXIT was sent; the host gave it up; it ran into a dead supervisor. */
  bool started;
  bool exited;
  bool reset;
  bool lost;
  /* A tree kill is under way. */
  bool killing;
  /* A signal that came before the command ran. */
  uint8_t early_signal;
  /* A SPAWN that waits for THAW. */
  uint8_t *held;
  size_t held_size;
  /* A connection's attempt, and whether the host sent its end. */
  bool connecting;
  bool second_try;
  uint16_t port;
};

enum { STREAM_BUCKETS = 256 };

struct streams {
  struct stream *buckets[STREAM_BUCKETS];
  struct stream *ended;
  size_t count;
  uint32_t last;
};

struct stream *stream_open(struct init *init, uint32_t id, enum stream_kind kind);
struct stream *stream_find(const struct init *init, uint32_t id);
/* Lets go of the command's side of a terminal. */
void stream_hang_up(struct stream *stream);
/* Closes what it holds; its memory goes at the end of the turn. */
void stream_close(struct init *init, struct stream *stream);
void streams_sweep(struct init *init);
struct stream *stream_next(const struct init *init, const struct stream *after);
void stream_send(struct init *init, const struct stream *stream, struct frame head);
struct output *stream_output(struct stream *stream, uint8_t channel);

/* --- process.c, worker.c, terminal.c --- */

bool process_spawn(struct init *init, const struct frame *frame);
bool process_frame(struct init *init, struct stream *stream, const struct frame *frame);
/* All orphans of the stream's dead supervisor are gone. */
void process_lost(struct init *init, struct stream *stream);
void process_progress(struct init *init, struct stream *stream);
void process_start_held(struct init *init);
/* Whose supervisor or worker that is, or NULL. */
struct stream *process_keeper(const struct init *init, pid_t pid);
void process_reap(struct init *init);

/* --- contain.c: signals to trees, and nobody left behind --- */

struct containment {
  /* Something is being killed; among it what a dead supervisor left behind. */
  bool active;
  bool orphans;
  unsigned passes;
  unsigned clean_passes;
  uint64_t next_ms;
  /* When everything inside is killed, as nothing less was enough. */
  uint64_t deadline_ms;
};

void contain_stream(struct init *init, struct stream *stream);
void contain_orphans(struct init *init);
/* One pass when it is due. */
void contain_tick(struct init *init);
bool contain_active(const struct init *init);
void contain_signal_tree(const struct stream *stream, int number);
void contain_signal_group(const struct stream *stream, int number);
_Noreturn void contain_end(const struct init *init, int code);

/* --- freeze.c --- */

enum freeze_state { FREEZE_NONE, FREEZE_STOPPING, FREEZE_DONE };

struct freeze {
  enum freeze_state state;
  uint32_t token;
  uint64_t deadline_ms;
  unsigned clean_passes;
  bool first_pass;
  /* Those that somebody else had stopped before. */
  pid_t *before;
  size_t before_count;
};

bool freeze_start(struct init *init, uint32_t token);
bool freeze_thaw(struct init *init, uint32_t token);
void freeze_tick(struct init *init);

/* --- file.c, connect.c --- */

bool file_call(struct init *init, const struct frame *frame);
bool connect_open(struct init *init, const struct frame *frame);
bool connect_frame(struct init *init, struct stream *stream, const struct frame *frame);
void connect_progress(struct init *init, struct stream *stream);
/* The socket failed: RESET. */
void connect_broken(struct init *init, struct stream *stream, int errnum);

/* --- serve.c --- */

/* False: the host broke the protocol. */
bool serve_frame(struct init *init, const struct frame *frame);

struct init {
  struct setup setup;
  struct link link;
  struct loop loop;
  struct watch link_watch;
  struct watch signal_watch;
  struct streams streams;
  struct containment containment;
  struct freeze freeze;
  struct spare spare;
  pid_t self;
  /* /dev/null, opened before anything hostile could replace it. */
  int null;
};

uint64_t now_ms(void);

#endif
