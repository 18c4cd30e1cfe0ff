/* CALL and REPLY: small file operations with the rights of every command, none of which waits for anybody. */
#define _GNU_SOURCE
#include "file.h"

#include <errno.h>

#include "init.h"

typedef int operation(struct reader *fields, struct writer *reply);

static operation *find(uint8_t number) {
  static operation *const operations[] = {
    [CALL_STAT] = file_stat,          [CALL_LIST] = file_list,         [CALL_READ] = file_read,
    [CALL_WRITE] = file_write,        [CALL_MKDIR] = file_make_directory, [CALL_UNLINK] = file_unlink,
    [CALL_RENAME] = file_rename,      [CALL_CHMOD] = file_chmod,       [CALL_READLINK] = file_read_link,
    [CALL_SYMLINK] = file_symlink,    [CALL_TRUNCATE] = file_truncate, [CALL_UTIMES] = file_times,
    [CALL_REALPATH] = file_real_path,
  };
  return number < sizeof operations / sizeof operations[0] ? operations[number] : NULL;
}

bool file_call(struct init *init, const struct frame *frame) {
  struct reader fields = r_over(frame->payload.bytes, frame->payload.size);
  operation *run = find(r_u8(&fields));
  if (run == NULL) return false;
  struct writer reply = link_compose(&init->link);
  w_u32(&reply, 0);
  int errnum = run(&fields, &reply);
  if (errnum == FILE_MALFORMED) return false;
  if (errnum == 0 && reply.bad) errnum = EOVERFLOW;
  if (errnum != 0) {
    reply.bad = false;
    reply.used = 4;
    w_patch_u32(&reply, 0, (uint32_t)errnum);
  }
  link_commit(&init->link, (struct frame){.type = FRAME_REPLY, .stream = frame->stream}, &reply);
  return true;
}
