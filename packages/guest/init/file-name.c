/* What files are called and what is known about them. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "protocol.h"

enum { LIST_BYTES = 524288 };

void file_take_path(struct reader *fields, struct file_path *path) {
  r_cstr(fields, path->text, sizeof path->text);
}

/* Reads one path as the last field; FILE_MALFORMED, EINVAL when it is not absolute, or 0. */
static int last_path(struct reader *fields, struct file_path *path) {
  file_take_path(fields, path);
  if (!r_done(fields)) return FILE_MALFORMED;
  return path->text[0] == '/' ? 0 : EINVAL;
}

static uint8_t kind_of(mode_t mode) {
  if (S_ISREG(mode)) return KIND_FILE;
  if (S_ISDIR(mode)) return KIND_DIRECTORY;
  if (S_ISLNK(mode)) return KIND_SYMLINK;
  if (S_ISFIFO(mode)) return KIND_FIFO;
  return S_ISSOCK(mode) ? KIND_SOCKET : KIND_DEVICE;
}

static int64_t nanoseconds(struct timespec time) {
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int file_stat(struct reader *fields, struct writer *reply) {
  struct file_path path;
  uint8_t follow = r_u8(fields);
  int errnum = last_path(fields, &path);
  if (errnum != 0 || follow > 1) return errnum != 0 ? errnum : FILE_MALFORMED;
  struct stat found;
  if (fstatat(AT_FDCWD, path.text, &found, AT_NO_AUTOMOUNT | (follow ? 0 : AT_SYMLINK_NOFOLLOW)) != 0) return errno;
  w_u8(reply, kind_of(found.st_mode));
  w_u64(reply, (uint64_t)found.st_size);
  w_u32(reply, found.st_mode & 07777);
  w_u32(reply, found.st_uid);
  w_u32(reply, found.st_gid);
  w_u32(reply, (uint32_t)found.st_nlink);
  w_u64(reply, found.st_ino);
  w_i64(reply, nanoseconds(found.st_mtim));
  w_i64(reply, nanoseconds(found.st_atim));
  w_i64(reply, nanoseconds(found.st_ctim));
  return 0;
}

static uint8_t entry_kind(int folder, const struct dirent *entry) {
  switch (entry->d_type) {
    case DT_REG: return KIND_FILE;
    case DT_DIR: return KIND_DIRECTORY;
    case DT_LNK: return KIND_SYMLINK;
    case DT_FIFO: return KIND_FIFO;
    case DT_SOCK: return KIND_SOCKET;
    case DT_UNKNOWN: break;
    default: return KIND_DEVICE;
  }
  struct stat found;
  return fstatat(folder, entry->d_name, &found, AT_SYMLINK_NOFOLLOW) == 0 ? kind_of(found.st_mode) : KIND_FILE;
}

/* Appends names until the reply is full; `next` is where to go on, 0 at the end. */
static int list_from(DIR *folder, struct writer *reply, uint64_t *next) {
  size_t bound = reply->used + LIST_BYTES;
  uint32_t count = 0;
  size_t count_at = reply->used;
  w_u32(reply, 0);
  const struct dirent *entry = NULL;
  errno = 0;
  *next = 0;
  while ((entry = readdir(folder)) != NULL) {
    bool dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    if (!dots) {
      w_str(reply, entry->d_name);
      w_u8(reply, entry_kind(dirfd(folder), entry));
      count++;
    }
    *next = (uint64_t)telldir(folder);
    if (reply->used + NAME_MAX + 8 > bound) break;
    errno = 0;
  }
  if (entry == NULL) *next = 0;
  w_patch_u32(reply, count_at, count);
  return entry == NULL ? errno : 0;
}

int file_list(struct reader *fields, struct writer *reply) {
  struct file_path path;
  file_take_path(fields, &path);
  uint64_t offset = r_u64(fields);
  if (!r_done(fields)) return FILE_MALFORMED;
  if (path.text[0] != '/' || offset > LONG_MAX) return EINVAL;
  int fd = open(path.text, O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  DIR *folder = fd < 0 ? NULL : fdopendir(fd);
  if (folder == NULL) {
    int errnum = errno;
    if (fd >= 0) close(fd);
    return errnum;
  }
  if (offset > 0) seekdir(folder, (long)offset);
  uint64_t next = 0;
  size_t at = reply->used;
  w_u64(reply, 0);
  int errnum = list_from(folder, reply, &next);
  w_patch_u32(reply, at, (uint32_t)next);
  w_patch_u32(reply, at + 4, (uint32_t)(next >> 32));
  closedir(folder);
  return errnum;
}

static int make_directory(const char *path, mode_t mode) {
  struct stat found;
  if (mkdir(path, mode) == 0) return 0;
  int errnum = errno;
  return errnum == EEXIST && stat(path, &found) == 0 && S_ISDIR(found.st_mode) ? 0 : errnum;
}

int file_make_directory(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path path;
  uint8_t recursive = r_u8(fields);
  uint32_t mode = r_u32(fields);
  int errnum = last_path(fields, &path);
  if (errnum != 0 || recursive > 1) return errnum != 0 ? errnum : FILE_MALFORMED;
  if (mode > 07777) return EINVAL;
  if (recursive == 0) return mkdir(path.text, (mode_t)mode) == 0 ? 0 : errno;
  for (char *slash = strchr(path.text + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = 0;
    errnum = make_directory(path.text, 0777);
    *slash = '/';
    /* A folder on the way may be there and not be ours to make (EROFS, EACCES): the last one decides. */
    if (errnum == ENOTDIR || errnum == ENAMETOOLONG || errnum == ELOOP || errnum == EEXIST) return errnum;
  }
  return make_directory(path.text, (mode_t)mode);
}

int file_unlink(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path path;
  struct stat found;
  int errnum = last_path(fields, &path);
  if (errnum != 0) return errnum;
  if (lstat(path.text, &found) != 0) return errno;
  return unlinkat(AT_FDCWD, path.text, S_ISDIR(found.st_mode) ? AT_REMOVEDIR : 0) == 0 ? 0 : errno;
}

/* Two texts, the second of them a path of ours. */
static int take_two(struct reader *fields, struct file_path *first, struct file_path *second) {
  file_take_path(fields, first);
  return last_path(fields, second);
}

int file_rename(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path from;
  struct file_path to;
  int errnum = take_two(fields, &from, &to);
  if (errnum != 0) return errnum;
  if (from.text[0] != '/') return EINVAL;
  return rename(from.text, to.text) == 0 ? 0 : errno;
}

int file_symlink(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path target;
  struct file_path path;
  int errnum = take_two(fields, &target, &path);
  if (errnum != 0) return errnum;
  return symlink(target.text, path.text) == 0 ? 0 : errno;
}

int file_chmod(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path path;
  uint32_t mode = r_u32(fields);
  int errnum = last_path(fields, &path);
  if (errnum != 0) return errnum;
  if (mode > 07777) return EINVAL;
  return chmod(path.text, (mode_t)mode) == 0 ? 0 : errno;
}

int file_read_link(struct reader *fields, struct writer *reply) {
  struct file_path path;
  struct file_path target;
  int errnum = last_path(fields, &path);
  if (errnum != 0) return errnum;
  ssize_t size = readlink(path.text, target.text, sizeof target.text);
  if (size < 0) return errno;
  w_bytes(reply, target.text, (size_t)size);
  return 0;
}

static struct timespec time_of(int64_t total) {
  int64_t seconds = total / 1000000000;
  int64_t rest = total % 1000000000;
  if (rest < 0) return (struct timespec){.tv_sec = seconds - 1, .tv_nsec = (long)(rest + 1000000000)};
  return (struct timespec){.tv_sec = seconds, .tv_nsec = (long)rest};
}

int file_times(struct reader *fields, struct writer *reply) {
  (void)reply;
  struct file_path path;
  struct timespec times[2];
  times[0] = time_of(r_i64(fields));
  times[1] = time_of(r_i64(fields));
  int errnum = last_path(fields, &path);
  if (errnum != 0) return errnum;
  return utimensat(AT_FDCWD, path.text, times, 0) == 0 ? 0 : errno;
}

int file_real_path(struct reader *fields, struct writer *reply) {
  struct file_path path;
  char found[PATH_MAX];
  int errnum = last_path(fields, &path);
  if (errnum != 0) return errnum;
  if (realpath(path.text, found) == NULL) return errno;
  w_str(reply, found);
  return 0;
}
