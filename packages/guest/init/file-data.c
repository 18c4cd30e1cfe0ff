/* The contents of files. Only regular ones: anything else could hold init up or answer without end. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "protocol.h"

enum { REPLACE, APPEND, NEW, CONTINUE };

/* An open regular file, or -1 and errno. */
static int open_regular(const char *path, int flags, mode_t mode) {
  if (path[0] != '/') {
    errno = EINVAL;
    return -1;
  }
  int fd = open(path, flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, mode);
  struct stat found;
  if (fd < 0 || (fstat(fd, &found) == 0 && S_ISREG(found.st_mode))) return fd;
  close(fd);
  errno = S_ISDIR(found.st_mode) ? EISDIR : EINVAL;
  return -1;
}

int file_read(struct reader *fields, struct writer *reply) {
  struct file_path path;
  file_take_path(fields, &path);
  uint64_t offset = r_u64(fields);
  uint32_t most = r_u32(fields);
  if (!r_done(fields) || most > FILE_DATA_MAX) return FILE_MALFORMED;
  if (offset > INT64_MAX) return EINVAL;
  int fd = open_regular(path.text, O_RDONLY, 0);
  if (fd < 0) return errno;
  struct stat found;
  int errnum = fstat(fd, &found) == 0 ? 0 : errno;
  w_u64(reply, errnum == 0 ? (uint64_t)found.st_size : 0);
  size_t head = reply->used;
  w_u32(reply, 0);
  size_t total = 0;
  while (errnum == 0 && total < most && !reply->bad) {
    uint8_t *room = w_room(reply, most - total);
    ssize_t got = room == NULL ? 0 : pread(fd, room, most - total, (off_t)(offset + total));
    if (got < 0) errnum = errno;
    reply->used = head + 4 + total + (got > 0 ? (size_t)got : 0);
    if (got <= 0) break;
    total += (size_t)got;
  }
  close(fd);
  w_patch_u32(reply, head, (uint32_t)total);
  return errnum;
}

static int put_all(int fd, struct span data, uint64_t offset) {
  size_t done = 0;
  while (done < data.size) {
    ssize_t put = offset == UINT64_MAX ? write(fd, data.bytes + done, data.size - done)
                                       : pwrite(fd, data.bytes + done, data.size - done, (off_t)(offset + done));
    if (put < 0) return errno;
    if (put == 0) return EIO;
    done += (size_t)put;
  }
  return 0;
}

int file_write(struct reader *fields, struct writer *reply) {
  static const int flags[] = {O_CREAT | O_TRUNC, O_CREAT | O_APPEND, O_CREAT | O_EXCL, 0};
  (void)reply;
  uint8_t how = r_u8(fields);
  uint32_t mode = r_u32(fields);
  uint64_t offset = r_u64(fields);
  struct file_path path;
  file_take_path(fields, &path);
  struct span data = r_bytes(fields);
  if (!r_done(fields) || how > CONTINUE || data.size > FILE_DATA_MAX) return FILE_MALFORMED;
  if (offset > INT64_MAX - FILE_DATA_MAX || mode > 07777) return EINVAL;
  int fd = open_regular(path.text, O_WRONLY | flags[how], (mode_t)mode);
  if (fd < 0) return errno;
  int errnum = put_all(fd, data, how == APPEND ? UINT64_MAX : how == CONTINUE ? offset : 0);
  if (close(fd) != 0 && errnum == 0) errnum = errno;
  return errnum;
}

int file_truncate(struct reader *fields, struct writer *reply) {
  (void)reply;
  uint64_t size = r_u64(fields);
  struct file_path path;
  file_take_path(fields, &path);
  if (!r_done(fields)) return FILE_MALFORMED;
  if (size > INT64_MAX) return EINVAL;
  int fd = open_regular(path.text, O_WRONLY, 0);
  if (fd < 0) return errno;
  int errnum = ftruncate(fd, (off_t)size) == 0 ? 0 : errno;
  close(fd);
  return errnum;
}
