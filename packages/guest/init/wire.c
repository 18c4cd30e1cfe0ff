/* The wire's numbers and strings, byte by byte, so that neither alignment nor the host's byte order matters. */
#include "wire.h"

#include <stdlib.h>
#include <string.h>

struct reader r_over(const void *bytes, size_t size) {
  const uint8_t *at = bytes;
  return (struct reader){.at = at, .end = at + size, .bad = false};
}

size_t r_left(const struct reader *reader) {
  return (size_t)(reader->end - reader->at);
}

bool r_done(const struct reader *reader) {
  return !reader->bad && reader->at == reader->end;
}

static uint64_t number(struct reader *reader, size_t size) {
  if (reader->bad || r_left(reader) < size) {
    reader->bad = true;
    return 0;
  }
  uint64_t value = 0;
  for (size_t index = size; index > 0; index--) value = value << 8 | reader->at[index - 1];
  reader->at += size;
  return value;
}

uint8_t r_u8(struct reader *reader) {
  return (uint8_t)number(reader, 1);
}

uint16_t r_u16(struct reader *reader) {
  return (uint16_t)number(reader, 2);
}

uint32_t r_u32(struct reader *reader) {
  return (uint32_t)number(reader, 4);
}

uint64_t r_u64(struct reader *reader) {
  return number(reader, 8);
}

int64_t r_i64(struct reader *reader) {
  return (int64_t)number(reader, 8);
}

struct span r_bytes(struct reader *reader) {
  size_t size = r_u32(reader);
  if (reader->bad || r_left(reader) < size) {
    reader->bad = true;
    return (struct span){NULL, 0};
  }
  struct span span = {reader->at, size};
  reader->at += size;
  return span;
}

struct span r_str(struct reader *reader) {
  struct span span = r_bytes(reader);
  if (span.size == 0 || memchr(span.bytes, 0, span.size) == NULL) return span;
  reader->bad = true;
  return (struct span){NULL, 0};
}

bool r_cstr(struct reader *reader, char *out, size_t capacity) {
  struct span span = r_str(reader);
  if (span.size >= capacity) reader->bad = true;
  if (reader->bad) {
    if (capacity > 0) out[0] = 0;
    return false;
  }
  if (span.size > 0) memcpy(out, span.bytes, span.size);
  out[span.size] = 0;
  return true;
}

uint32_t r_count(struct reader *reader, size_t item_bytes) {
  uint32_t count = r_u32(reader);
  if (!reader->bad && (item_bytes == 0 || count <= r_left(reader) / item_bytes)) return count;
  reader->bad = true;
  return 0;
}

struct writer w_growing(size_t limit) {
  return (struct writer){.limit = limit};
}

struct writer w_fixed(void *bytes, size_t capacity) {
  return (struct writer){.bytes = bytes, .capacity = capacity, .limit = capacity, .borrowed = true};
}

void w_free(struct writer *writer) {
  if (!writer->borrowed) free(writer->bytes);
  *writer = (struct writer){.limit = writer->limit};
}

static bool grow(struct writer *writer, size_t needed) {
  size_t capacity = writer->capacity < 256 ? 256 : writer->capacity * 2;
  if (capacity < needed) capacity = needed;
  if (capacity > writer->limit) capacity = writer->limit;
  uint8_t *bytes = realloc(writer->bytes, capacity);
  if (bytes == NULL) return false;
  writer->bytes = bytes;
  writer->capacity = capacity;
  return true;
}

uint8_t *w_room(struct writer *writer, size_t size) {
  bool fits = !writer->bad && size <= writer->limit - writer->used;
  size_t needed = writer->used + size;
  if (fits && needed > writer->capacity) fits = !writer->borrowed && grow(writer, needed);
  if (!fits) {
    writer->bad = true;
    return NULL;
  }
  uint8_t *room = writer->bytes + writer->used;
  writer->used = needed;
  return room;
}

static void put(uint8_t *at, uint64_t value, size_t size) {
  for (size_t index = 0; index < size; index++) at[index] = (uint8_t)(value >> (8 * index));
}

static void append(struct writer *writer, uint64_t value, size_t size) {
  uint8_t *at = w_room(writer, size);
  if (at != NULL) put(at, value, size);
}

void w_u8(struct writer *writer, uint8_t value) {
  append(writer, value, 1);
}

void w_u16(struct writer *writer, uint16_t value) {
  append(writer, value, 2);
}

void w_u32(struct writer *writer, uint32_t value) {
  append(writer, value, 4);
}

void w_u64(struct writer *writer, uint64_t value) {
  append(writer, value, 8);
}

void w_i64(struct writer *writer, int64_t value) {
  append(writer, (uint64_t)value, 8);
}

void w_raw(struct writer *writer, const void *bytes, size_t size) {
  uint8_t *at = w_room(writer, size);
  if (at != NULL && size > 0) memcpy(at, bytes, size);
}

void w_bytes(struct writer *writer, const void *bytes, size_t size) {
  if (size > UINT32_MAX) writer->bad = true;
  uint8_t *at = w_room(writer, size + 4);
  if (at == NULL) return;
  put(at, size, 4);
  if (size > 0) memcpy(at + 4, bytes, size);
}

void w_str(struct writer *writer, const char *text) {
  w_bytes(writer, text, strlen(text));
}

void w_patch_u32(struct writer *writer, size_t at, uint32_t value) {
  if (at <= writer->used && writer->used - at >= 4) put(writer->bytes + at, value, 4);
}
