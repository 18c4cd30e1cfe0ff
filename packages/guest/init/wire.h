#ifndef CAISSON_WIRE_H
#define CAISSON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The encoding of PROTOCOL.md: little-endian numbers and length-prefixed bytes. A reader never passes its end: the first
 * misfit sets `bad` and everything after it reads as zero, so a caller checks once, after the last field.
 */
struct reader {
  const uint8_t *at;
  const uint8_t *end;
  bool bad;
};

/* Bytes that belong to someone else; not NUL-terminated. */
struct span {
  const uint8_t *bytes;
  size_t size;
};

struct reader r_over(const void *bytes, size_t size);
size_t r_left(const struct reader *reader);
/* Whether everything was read and nothing was bad. */
bool r_done(const struct reader *reader);
uint8_t r_u8(struct reader *reader);
uint16_t r_u16(struct reader *reader);
uint32_t r_u32(struct reader *reader);
uint64_t r_u64(struct reader *reader);
int64_t r_i64(struct reader *reader);
/* Points into the reader's own bytes. */
struct span r_bytes(struct reader *reader);
/* As r_bytes; a NUL inside is bad. */
struct span r_str(struct reader *reader);
/* Copies a str with a NUL behind it; bad (and "" in `out`) when it does not fit or has a NUL inside. */
bool r_cstr(struct reader *reader, char *out, size_t capacity);
/* The count of a list whose items take at least `item_bytes` each; bad when so many cannot follow. */
uint32_t r_count(struct reader *reader, size_t item_bytes);

/*
 * Grows up to `limit` bytes; what does not fit, or for which there is no memory, sets `bad` and is left out whole.
 * A writer made by w_fixed never grows and owns nothing.
 */
struct writer {
  uint8_t *bytes;
  size_t used;
  size_t capacity;
  size_t limit;
  bool bad;
  bool borrowed;
};

struct writer w_growing(size_t limit);
struct writer w_fixed(void *bytes, size_t capacity);
void w_free(struct writer *writer);
/* Room for `size` bytes, which count as written; NULL when there is none. */
uint8_t *w_room(struct writer *writer, size_t size);
void w_u8(struct writer *writer, uint8_t value);
void w_u16(struct writer *writer, uint16_t value);
void w_u32(struct writer *writer, uint32_t value);
void w_u64(struct writer *writer, uint64_t value);
void w_i64(struct writer *writer, int64_t value);
/* Bytes without a length in front. */
void w_raw(struct writer *writer, const void *bytes, size_t size);
/* u32 length and bytes, for `bytes` and `str`. */
void w_bytes(struct writer *writer, const void *bytes, size_t size);
void w_str(struct writer *writer, const char *text);
/* Overwrites a u32 that was written at offset `at`, for counts that are known afterwards. */
void w_patch_u32(struct writer *writer, size_t at, uint32_t value);

#endif
