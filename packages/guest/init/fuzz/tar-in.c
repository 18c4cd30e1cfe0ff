/* Unpacks arbitrary bytes into an empty folder and looks whether anything appeared next to it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../builtin-tar.h"
#include "../builtin-tree.h"

enum { BLOCK = 512 };

/* Checksums are put right, or next to nothing would get past the first header. */
static void mend(uint8_t *bytes, size_t size) {
  for (size_t at = 0; at + BLOCK <= size; at += BLOCK) {
    unsigned sum = 0;
    if (tar_is_zero(bytes + at)) continue;
    memset(bytes + at + 148, ' ', 8);
    for (size_t i = 0; i < BLOCK; i++) sum += bytes[at + i];
    for (size_t i = 6; i > 0; i--, sum >>= 3) bytes[at + 148 + i - 1] = (uint8_t)('0' + (sum & 7));
  }
}

static void check_outside(int base) {
  struct tree_names names;
  if (!tree_list(base, &names)) abort();
  if (names.count != 1 || strcmp(names.list[0], "root") != 0) abort();
  tree_names_free(&names);
}

static void unpack(const uint8_t *bytes, size_t size) {
  char path[] = "/tmp/caisson-fuzz-XXXXXX";
  int source = memfd_create("tar", MFD_CLOEXEC);
  if (source < 0 || write(source, bytes, size) != (ssize_t)size || lseek(source, 0, SEEK_SET) != 0) abort();
  if (!mkdtemp(path)) abort();
  int base = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (base < 0 || mkdirat(base, "root", 0755) != 0) abort();
  int root = openat(base, "root", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  tar_unpack(source, root);
  check_outside(base);
  if (!tree_remove(base, "root") || rmdir(path) != 0) abort();
  close(root);
  close(base);
  close(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) return 0;
  uint8_t *copy = malloc(size);
  if (!copy) return 0;
  memcpy(copy, data, size);
  if (copy[0] != 0xff) mend(copy, size);
  unpack(copy, size);
  free(copy);
  return 0;
}
