#ifndef CAISSON_FILE_H
#define CAISSON_FILE_H

#include "wire.h"

/* Each reads its fields and appends its reply; errno, 0, or -1 when the fields are malformed. */
int file_stat(struct reader *fields, struct writer *reply);
int file_list(struct reader *fields, struct writer *reply);
int file_read(struct reader *fields, struct writer *reply);
int file_write(struct reader *fields, struct writer *reply);
int file_make_directory(struct reader *fields, struct writer *reply);
int file_unlink(struct reader *fields, struct writer *reply);
int file_rename(struct reader *fields, struct writer *reply);
int file_chmod(struct reader *fields, struct writer *reply);
int file_read_link(struct reader *fields, struct writer *reply);
int file_symlink(struct reader *fields, struct writer *reply);
int file_truncate(struct reader *fields, struct writer *reply);
int file_times(struct reader *fields, struct writer *reply);
int file_real_path(struct reader *fields, struct writer *reply);

enum { FILE_MALFORMED = -1 };

struct file_path {
  char text[4096];
};

/* Reads an absolute path; bad when it is longer than the protocol allows. Relative ones are refused with EINVAL later. */
void file_take_path(struct reader *fields, struct file_path *path);

#endif
