#define _GNU_SOURCE
#include <string.h>

#include "builtin-tar.h"

/* Where the fields of a header lie. */
enum {
  AT_NAME = 0, NAME_BYTES = 100, AT_MODE = 100, AT_SIZE = 124, AT_MTIME = 136, AT_CHECKSUM = 148, AT_TYPE = 156,
  AT_LINK = 157, AT_MAGIC = 257, AT_PREFIX = 345, PREFIX_BYTES = 155, SHORT_NUMBER = 8, LONG_NUMBER = 12,
};

static const uint64_t SIZE_MAX_SANE = UINT64_C(1) << 53;

bool tar_is_zero(const uint8_t *block) {
  for (size_t i = 0; i < TAR_BLOCK; i++)
    if (block[i]) return false;
  return true;
}

/* Octal digits among spaces and NULs. */
static bool read_octal(const uint8_t *field, size_t size, uint64_t *number) {
  size_t at = 0;
  uint64_t value = 0;
  while (at < size && field[at] == ' ') at++;
  for (; at < size && field[at] >= '0' && field[at] <= '7'; at++) value = value << 3 | (uint64_t)(field[at] - '0');
  for (; at < size; at++)
    if (field[at] != ' ' && field[at] != 0) return false;
  *number = value;
  return true;
}

/* GNU's base-256: the first bit set, then a big-endian number. Negative ones are only met as times. */
static bool read_number(const uint8_t *field, size_t size, uint64_t *number) {
  if (!(field[0] & 0x80)) return read_octal(field, size, number);
  uint64_t value = field[0] & 0x7f;
  for (size_t i = 1; i < size; i++) {
    if (value >> 53) return false;
    value = value << 8 | field[i];
  }
  *number = value;
  return true;
}

static bool checksum_fits(const uint8_t *block) {
  uint64_t wanted = 0, sum = 0;
  if (!read_octal(block + AT_CHECKSUM, SHORT_NUMBER, &wanted)) return false;
  for (size_t i = 0; i < TAR_BLOCK; i++)
    sum += i >= AT_CHECKSUM && i < AT_CHECKSUM + SHORT_NUMBER ? ' ' : block[i];
  return sum == wanted;
}

static void copy_field(char *to, const uint8_t *field, size_t size) {
  size_t length = strnlen((const char *)field, size);
  memcpy(to, field, length);
  to[length] = 0;
}

static void read_name(const uint8_t *block, char *path) {
  size_t length = 0;
  /* GNU's own format says "ustar  " and keeps other things where the prefix would be. */
  if (memcmp(block + AT_MAGIC, "ustar\0", 6) == 0 && block[AT_PREFIX]) {
    copy_field(path, block + AT_PREFIX, PREFIX_BYTES);
    length = strlen(path);
    path[length++] = '/';
  }
  copy_field(path + length, block + AT_NAME, NAME_BYTES);
}

static bool type_is_known(uint8_t type) {
  return type != 0 && strchr("01234567xgLK", type) != NULL;
}

bool tar_read_header(const uint8_t *block, struct tar_entry *entry) {
  uint64_t mode = 0, mtime = 0;
  if (!checksum_fits(block)) return false;
  entry->type = block[AT_TYPE] == 0 || block[AT_TYPE] == '7' ? TAR_FILE : block[AT_TYPE];
  if (!type_is_known(entry->type)) return false;
  if (!read_octal(block + AT_MODE, SHORT_NUMBER, &mode)) return false;
  if (!read_number(block + AT_SIZE, LONG_NUMBER, &entry->size) || entry->size > SIZE_MAX_SANE) return false;
  if (!read_number(block + AT_MTIME, LONG_NUMBER, &mtime)) mtime = 0;
  entry->mode = (uint32_t)(mode & 0777);
  entry->mtime = (int64_t)mtime;
  read_name(block, entry->path);
  copy_field(entry->link, block + AT_LINK, NAME_BYTES);
  size_t length = strlen(entry->path);
  /* How archives from before ustar mark a folder. */
  if (entry->type == TAR_FILE && length > 0 && entry->path[length - 1] == '/') entry->type = TAR_FOLDER;
  if (entry->type >= TAR_HARD_LINK && entry->type <= TAR_FIFO) entry->size = 0;
  return true;
}

static bool read_decimal(const char *text, size_t size, uint64_t *number) {
  uint64_t value = 0;
  size_t at = 0;
  for (; at < size && text[at] >= '0' && text[at] <= '9'; at++) {
    value = value * 10 + (uint64_t)(text[at] - '0');
    if (value > SIZE_MAX_SANE) return false;
  }
  /* Fractions of a second are dropped. */
  *number = value;
  return at > 0 && (at == size || text[at] == '.');
}

static bool keep_text(const char *value, size_t size, char *to) {
  if (size == 0 || size > TAR_PATH_MAX || memchr(value, 0, size)) return false;
  memcpy(to, value, size);
  to[size] = 0;
  return true;
}

struct pax_record {
  const char *key;
  size_t key_length;
  const char *value;
  size_t value_length;
};

static bool key_is(const struct pax_record *record, const char *key) {
  return record->key_length == strlen(key) && memcmp(record->key, key, record->key_length) == 0;
}

static bool keep_record(const struct pax_record *record, struct tar_extension *extension) {
  uint64_t number = 0;
  if (key_is(record, "path")) return extension->has_path = keep_text(record->value, record->value_length, extension->path);
  if (key_is(record, "linkpath"))
    return extension->has_link = keep_text(record->value, record->value_length, extension->link);
  if (key_is(record, "size"))
    return extension->has_size = read_decimal(record->value, record->value_length, &extension->size);
  if (key_is(record, "mtime") && read_decimal(record->value, record->value_length, &number)) {
    extension->has_mtime = true;
    extension->mtime = (int64_t)number;
  }
  /* A sparse file's data is not its content. */
  return record->key_length < 10 || memcmp(record->key, "GNU.sparse", 10) != 0;
}

/* `LENGTH KEY=VALUE\n`, where LENGTH counts all of it; how much was taken, 0 when malformed. */
static size_t take_record(const char *text, size_t size, struct pax_record *record) {
  size_t length = 0, at = 0;
  for (; at < size && at < 8 && text[at] >= '0' && text[at] <= '9'; at++) length = length * 10 + (size_t)(text[at] - '0');
  if (at == 0 || at >= size || text[at] != ' ' || length > size || length <= at + 2 || text[length - 1] != '\n') return 0;
  const char *key = text + at + 1, *equals = memchr(key, '=', length - at - 2);
  if (!equals || equals == key) return 0;
  *record = (struct pax_record){.key = key, .key_length = (size_t)(equals - key), .value = equals + 1};
  record->value_length = (size_t)(text + length - 1 - record->value);
  return length;
}

bool tar_read_pax(const uint8_t *bytes, size_t size, struct tar_extension *extension) {
  const char *text = (const char *)bytes;
  while (size > 0) {
    struct pax_record record;
    size_t taken = take_record(text, size, &record);
    if (taken == 0 || !keep_record(&record, extension)) return false;
    text += taken;
    size -= taken;
  }
  return true;
}

bool tar_read_long(const uint8_t *bytes, size_t size, char *name) {
  size_t length = strnlen((const char *)bytes, size);
  return keep_text((const char *)bytes, length, name);
}

void tar_extend(struct tar_entry *entry, const struct tar_extension *extension) {
  if (extension->has_path) memcpy(entry->path, extension->path, sizeof entry->path);
  if (extension->has_link) memcpy(entry->link, extension->link, sizeof entry->link);
  if (extension->has_size && entry->type == TAR_FILE) entry->size = extension->size;
  if (extension->has_mtime) entry->mtime = extension->mtime;
}

bool tar_clean_path(char *path) {
  enum { COMPONENT_MAX = 255 };
  char *to = path;
  if (*path == '/') return false;
  for (const char *from = path; *from;) {
    size_t length = strcspn(from, "/");
    bool dot = length == 1 && from[0] == '.';
    if (length > COMPONENT_MAX || (length == 2 && from[0] == '.' && from[1] == '.')) return false;
    if (length > 0 && !dot) {
      if (to != path) *to++ = '/';
      memmove(to, from, length);
      to += length;
    }
    from += length;
    while (*from == '/') from++;
  }
  *to = 0;
  return true;
}
