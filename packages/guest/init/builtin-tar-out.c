/* Writes a pax tar of what lies below a path. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"
#include "builtin-tar.h"
#include "builtin-tree.h"

enum { PATH_ROOM = 65536, CHUNK = 131072, NAME_BYTES = 100, OCTAL_DIGITS = 11 };

struct pack {
  char *path;
  size_t length;
  uint8_t *chunk;
  int code;
};

/* What one header says. */
struct pack_entry {
  const char *path;
  const char *link;
  const struct stat *found;
  uint8_t type;
  uint64_t size;
};

static bool pack_place(struct pack *run, struct tree_place place, int depth);

static bool too_big(uint64_t number) {
  return number >> (3 * OCTAL_DIGITS) != 0;
}

static void put_octal(uint8_t *field, size_t digits, uint64_t number) {
  for (size_t i = digits; i > 0; i--, number >>= 3) field[i - 1] = (uint8_t)('0' + (number & 7));
}

static void put_text(uint8_t *field, const char *text, size_t size) {
  size_t length = strlen(text);
  memcpy(field, text, length < size ? length : size);
}

static bool write_header(const struct pack_entry *entry) {
  uint8_t block[TAR_BLOCK] = {0};
  int64_t mtime = entry->found->st_mtim.tv_sec;
  put_text(block, entry->path, NAME_BYTES);
  put_octal(block + 100, 7, entry->found->st_mode & 07777);
  put_octal(block + 108, 7, 0);
  put_octal(block + 116, 7, 0);
  put_octal(block + 124, OCTAL_DIGITS, too_big(entry->size) ? 0 : entry->size);
  put_octal(block + 136, OCTAL_DIGITS, mtime < 0 || too_big((uint64_t)mtime) ? 0 : (uint64_t)mtime);
  block[156] = entry->type;
  if (entry->link) put_text(block + 157, entry->link, NAME_BYTES);
  memcpy(block + 257, "ustar\00000", 8);
  memset(block + 148, ' ', 8);
  uint64_t sum = 0;
  for (size_t i = 0; i < TAR_BLOCK; i++) sum += block[i];
  put_octal(block + 148, 6, sum);
  block[154] = 0;
  return pipe_write(STDOUT_FILENO, block, sizeof block);
}

static bool pad(uint64_t size) {
  static const uint8_t zeros[TAR_BLOCK];
  size_t over = size % TAR_BLOCK;
  return over == 0 || pipe_write(STDOUT_FILENO, zeros, TAR_BLOCK - over);
}

/* The record's length counts its own digits. */
static void add_record(struct writer *records, const char *key, const char *value) {
  size_t rest = strlen(key) + strlen(value) + 3, length = rest + 1;
  char digits[24];
  while ((size_t)snprintf(digits, sizeof digits, "%zu", length) + rest != length)
    length = rest + strlen(digits);
  w_raw(records, digits, strlen(digits));
  w_raw(records, " ", 1);
  w_raw(records, key, strlen(key));
  w_raw(records, "=", 1);
  w_raw(records, value, strlen(value));
  w_raw(records, "\n", 1);
}

static bool write_extension(const struct pack_entry *entry) {
  struct writer records = w_growing(4 * PATH_ROOM);
  char size[24];
  if (strlen(entry->path) > NAME_BYTES) add_record(&records, "path", entry->path);
  if (entry->link && strlen(entry->link) > NAME_BYTES) add_record(&records, "linkpath", entry->link);
  if (too_big(entry->size)) {
    snprintf(size, sizeof size, "%llu", (unsigned long long)entry->size);
    add_record(&records, "size", size);
  }
  struct pack_entry header = {.path = "pax", .found = entry->found, .type = TAR_PAX, .size = records.used};
  bool done = !records.bad;
  if (records.used > 0)
    done = done && write_header(&header) && pipe_write(STDOUT_FILENO, records.bytes, records.used) && pad(records.used);
  w_free(&records);
  return done;
}

static bool write_entry(const struct pack_entry *entry) {
  return write_extension(entry) && write_header(entry);
}

/* A file that shrinks meanwhile is filled up, so that the rest of the tar can be read, and told of. */
static bool write_content(struct pack *run, int file, uint64_t size) {
  for (uint64_t left = size; left > 0;) {
    size_t part = left < CHUNK ? (size_t)left : CHUNK;
    int64_t got = pipe_read(file, run->chunk, part);
    if (got < (int64_t)part) {
      if (got >= 0) errno = EIO;
      run->code = pipe_fail("read", run->path);
      memset(run->chunk + (got > 0 ? got : 0), 0, part - (size_t)(got > 0 ? got : 0));
    }
    if (!pipe_write(STDOUT_FILENO, run->chunk, part)) return false;
    left -= part;
  }
  return pad(size);
}

/*
 * What policy hides lets nobody read, its owner neither: it is left out like a socket. Anything else
 * that cannot be read makes the whole fail in the end.
 */
static bool leave_out(struct pack *run, const struct stat *found) {
  if (errno == EACCES && (found->st_mode & 0444) == 0) pipe_note("left out, no permission", run->path);
  else if (errno != ENOENT) run->code = pipe_fail("open", run->path);
  return true;
}

static bool pack_file(struct pack *run, struct tree_place place, const struct stat *seen) {
  struct stat found;
  int file = openat(place.folder, place.name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (file < 0) return leave_out(run, seen);
  struct pack_entry entry = {.path = run->path, .found = &found, .type = TAR_FILE};
  bool done = fstat(file, &found) == 0;
  if (done && S_ISREG(found.st_mode)) {
    entry.size = (uint64_t)found.st_size;
    done = write_entry(&entry) && write_content(run, file, entry.size);
  }
  int failure = errno;
  close(file);
  errno = failure;
  return done;
}

static bool pack_link(struct pack *run, struct tree_place place, const struct stat *found) {
  char text[4097];
  ssize_t length = readlinkat(place.folder, place.name, text, sizeof text - 1);
  if (length < 0) return leave_out(run, found);
  text[length] = 0;
  struct pack_entry entry = {.path = run->path, .link = text, .found = found, .type = TAR_SYMLINK};
  return write_entry(&entry);
}

static bool pack_contents(struct pack *run, int folder, int depth) {
  struct tree_names names;
  if (!tree_list(folder, &names)) return run->code = pipe_fail("list", run->path), true;
  bool done = true;
  for (size_t i = 0; done && i < names.count; i++)
    done = pack_place(run, (struct tree_place){folder, names.list[i]}, depth);
  int failure = errno;
  tree_names_free(&names);
  errno = failure;
  return done;
}

static bool pack_folder(struct pack *run, struct tree_place place, int depth) {
  struct stat found = {0};
  if (depth >= TREE_DEPTH_MAX) return errno = ELOOP, run->code = pipe_fail("open", run->path), true;
  int folder = openat(place.folder, place.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) {
    int failure = errno;
    if (fstatat(place.folder, place.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return true;
    errno = failure;
    return leave_out(run, &found);
  }
  struct pack_entry entry = {.path = run->path, .found = &found, .type = TAR_FOLDER};
  bool done = fstat(folder, &found) == 0 && write_entry(&entry) && pack_contents(run, folder, depth + 1);
  int failure = errno;
  close(folder);
  errno = failure;
  return done;
}

static bool pack_kind(struct pack *run, struct tree_place place, int depth) {
  struct stat found;
  if (fstatat(place.folder, place.name, &found, AT_SYMLINK_NOFOLLOW) != 0) return true;
  struct pack_entry entry = {.path = run->path, .found = &found, .type = TAR_FIFO};
  switch (found.st_mode & S_IFMT) {
    case S_IFREG: return pack_file(run, place, &found);
    case S_IFDIR: return pack_folder(run, place, depth);
    case S_IFLNK: return pack_link(run, place, &found);
    case S_IFIFO: return write_entry(&entry);
    default: pipe_note("left out, a socket or device", run->path); return true;
  }
}

static bool pack_place(struct pack *run, struct tree_place place, int depth) {
  size_t before = run->length, length = strlen(place.name);
  if (before + length + 2 > PATH_ROOM) return errno = ENAMETOOLONG, run->code = pipe_fail("path", run->path), true;
  if (before > 0) run->path[run->length++] = '/';
  memcpy(run->path + run->length, place.name, length + 1);
  run->length += length;
  bool done = pack_kind(run, place, depth);
  run->length = before;
  run->path[before] = 0;
  return done;
}

/* A path that is no folder makes a tar of one entry, under its last name. */
static bool pack_single(struct pack *run, const char *path) {
  char parent[TAR_PATH_MAX + 1];
  const char *slash = strrchr(path, '/');
  if (!slash || strlen(path) > TAR_PATH_MAX) return errno = EINVAL, false;
  memcpy(parent, path, (size_t)(slash - path));
  parent[slash - path] = 0;
  int folder = open(slash == path ? "/" : parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  bool done = pack_place(run, (struct tree_place){folder, slash + 1}, 0);
  int failure = errno;
  close(folder);
  errno = failure;
  return done;
}

static bool pack_all(struct pack *run, const char *path) {
  static const uint8_t end[2 * TAR_BLOCK];
  int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 && errno != ENOTDIR) return false;
  bool done = folder < 0 ? pack_single(run, path) : pack_contents(run, folder, 0);
  if (folder >= 0) close(folder);
  return done && pipe_write(STDOUT_FILENO, end, sizeof end);
}

int builtin_tar_out(const struct builtin_context *context) {
  struct pack run = {.path = calloc(1, PATH_ROOM), .chunk = malloc(CHUNK)};
  bool done = run.path && run.chunk && pack_all(&run, context->argv[1]);
  int code = done ? run.code : pipe_fail("tar-out", context->argv[1]);
  free(run.path);
  free(run.chunk);
  return code;
}
