#ifndef CAISSON_BUILTIN_TAR_H
#define CAISSON_BUILTIN_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The tar format (POSIX.1-1988 ustar, POSIX.1-2001 pax, GNU long names and base-256 numbers). */

enum { TAR_BLOCK = 512, TAR_PATH_MAX = 4095, TAR_EXTENSION_MAX = 1048576 };

enum tar_type {
  TAR_FILE = '0',
  TAR_HARD_LINK = '1',
  TAR_SYMLINK = '2',
  TAR_CHARACTER = '3',
  TAR_BLOCK_DEVICE = '4',
  TAR_FOLDER = '5',
  TAR_FIFO = '6',
  TAR_PAX = 'x',
  TAR_PAX_GLOBAL = 'g',
  TAR_GNU_NAME = 'L',
  TAR_GNU_LINK = 'K',
};

struct tar_entry {
  char path[TAR_PATH_MAX + 1];
  char link[TAR_PATH_MAX + 1];
  uint8_t type;
  uint32_t mode;
  uint64_t size;
  int64_t mtime;
};

/* What extended headers said about the entry that follows them. */
struct tar_extension {
  bool has_path, has_link, has_size, has_mtime;
  char path[TAR_PATH_MAX + 1];
  char link[TAR_PATH_MAX + 1];
  uint64_t size;
  int64_t mtime;
};

bool tar_is_zero(const uint8_t *block);

/* False when the checksum or a field is wrong, or the entry is of a kind that no tar may hand in here. */
bool tar_read_header(const uint8_t *block, struct tar_entry *entry);

/* The records of a pax header; false when malformed, or when they say what would be misread if ignored. */
bool tar_read_pax(const uint8_t *bytes, size_t size, struct tar_extension *extension);

/* A name from a GNU 'L' or 'K' entry. */
bool tar_read_long(const uint8_t *bytes, size_t size, char *name);

/* Puts what an extension said over the header's fields. */
void tar_extend(struct tar_entry *entry, const struct tar_extension *extension);

/* Strips `./` and trailing slashes; false for absolute paths, `..`, empty or over-long components. "" is the root. */
bool tar_clean_path(char *path);

/* Unpacks `source` below the folder `root`; 0, or 1 after a line on stderr. */
int tar_unpack(int source, int root);

#endif
