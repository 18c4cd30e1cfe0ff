#define _GNU_SOURCE
#include "setup-cover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "setup-kernel.h"

enum { COVER_FLAGS = MS_NOSUID | MS_NODEV | MS_NOEXEC };

struct cover cover_start(struct setup_run *run, size_t order_number) {
  return (struct cover){
      .run = run, .order = &run->orders[order_number], .order_number = order_number, .folder = -1, .file = -1};
}

/*
 * A small tmpfs over the staging place, whose bind is in use at its target by now. Clones of its parts outlive it
 * there, and kernels before 6.15 clone only what is attached somewhere.
 */
static int open_fresh(const struct cover *cover) {
  if (mount("tmpfs", cover->order->staged, "tmpfs", COVER_FLAGS, "size=1m,nr_inodes=4096,mode=0755") != 0) return -1;
  return kernel_open_path(AT_FDCWD, cover->order->staged);
}

/* Read-only twice: the file system, and each mount of it that is cloned from here. */
static bool seal(const struct cover *cover) {
  return mount(NULL, cover->order->staged, NULL, MS_REMOUNT | MS_RDONLY | COVER_FLAGS, NULL) == 0;
}

static bool make_parts(int base) {
  int file = openat(base, "file", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
  if (file < 0) return false;
  bool made = fchmod(file, 0) == 0;
  close(file);
  return made && mkdirat(base, "folder", 0) == 0 && fchmodat(base, "folder", 0, 0) == 0;
}

static bool prepare(struct cover *cover) {
  if (cover->file >= 0) return true;
  int base = open_fresh(cover);
  if (base < 0) return false;
  if (make_parts(base) && seal(cover)) {
    cover->folder = kernel_open_path(base, "folder");
    cover->file = kernel_open_path(base, "file");
  }
  int failure = errno;
  close(base);
  errno = failure;
  return cover->folder >= 0 && cover->file >= 0;
}

static bool is_inside(const struct mount_order *later, const char *path) {
  return path_is_within(later->target, path) && strlen(later->target) > strlen(path);
}

static bool has_mount_inside(const struct cover *cover, const char *path) {
  for (size_t i = cover->order_number + 1; i < cover->run->order_count; i++)
    if (is_inside(&cover->run->orders[i], path)) return true;
  return false;
}

/* Folders that can be passed through but not listed, down to the mount point at `path` (relative). */
static bool make_way(int folder, const char *path, bool is_file) {
  char part[4096];
  for (const char *end = path; *end;) {
    end = strchrnul(end + (end != path), '/');
    snprintf(part, sizeof part, "%.*s", (int)(end - path), path);
    if (*end == 0 && is_file) {
      int file = openat(folder, part, O_WRONLY | O_CREAT | O_CLOEXEC, 0);
      if (file < 0) return false;
      close(file);
    } else if (mkdirat(folder, part, 0111) != 0 && errno != EEXIST) {
      return false;
    }
  }
  return true;
}

static bool make_ways(const struct cover *cover, int folder, const char *path) {
  for (size_t i = cover->order_number + 1; i < cover->run->order_count; i++) {
    const struct mount_order *later = &cover->run->orders[i];
    if (is_inside(later, path) && !make_way(folder, later->target + strlen(path) + 1, later->is_file)) return false;
  }
  return fchmodat(folder, ".", 0111, 0) == 0;
}

/* A denied folder that another mount of the policy lies in: hidden, but for the way there. */
static bool place_with_ways(struct cover *cover, const struct cover_place *place) {
  int base = open_fresh(cover);
  if (base < 0) return false;
  bool made = mkdirat(base, "folder", 0700) == 0;
  int folder = made ? kernel_open_path(base, "folder") : -1;
  bool placed = folder >= 0 && make_ways(cover, folder, place->path) && seal(cover) &&
                kernel_bind(folder, place->onto, KERNEL_ATTR_RDONLY) == 0;
  int failure = errno;
  if (folder >= 0) close(folder);
  close(base);
  umount2(cover->order->staged, MNT_DETACH | UMOUNT_NOFOLLOW);
  errno = failure;
  return placed;
}

bool cover_place(struct cover *cover, const struct cover_place *place) {
  if (place->directory && has_mount_inside(cover, place->path)) return place_with_ways(cover, place);
  if (!prepare(cover)) return false;
  return kernel_bind(place->directory ? cover->folder : cover->file, place->onto, KERNEL_ATTR_RDONLY) == 0;
}

void cover_end(struct cover *cover) {
  if (cover->folder >= 0) close(cover->folder);
  if (cover->file >= 0) close(cover->file);
}
