/* listening, processes and usage: what /proc tells. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"

enum { STATE_LISTEN = 0x0a, ARGV_MAX = 65536, RECORDS_MAX = 16 * 1024 * 1024 };

/* Addresses are printed as 32-bit words of the host's byte order. */
static bool is_local_v4(uint32_t word) {
  unsigned char bytes[4];
  memcpy(bytes, &word, sizeof bytes);
  return word == 0 || bytes[0] == 127;
}

static bool is_local(const char *address) {
  uint32_t words[4] = {0};
  size_t count = strlen(address) / 8;
  for (size_t i = 0; i < count && i < 4; i++)
    if (sscanf(address + i * 8, "%8x", &words[i]) != 1) return false;
  if (count == 1) return is_local_v4(words[0]);
  static const unsigned char mapped[4] = {0, 0, 0xff, 0xff}, one[4] = {0, 0, 0, 1};
  if (count != 4 || words[0] != 0 || words[1] != 0) return false;
  if (memcmp(&words[2], mapped, 4) == 0) return is_local_v4(words[3]);
  return words[2] == 0 && (words[3] == 0 || memcmp(&words[3], one, 4) == 0);
}

static void collect_ports(const char *path, unsigned char *ports) {
  FILE *file = fopen(path, "re");
  char line[512], address[40];
  unsigned port = 0, state = 0;
  /* A kernel without IPv6 has no second table. */
  if (!file) return;
  while (fgets(line, sizeof line, file)) {
    if (sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2x", address, &port, &state) != 3) continue;
    if (state == STATE_LISTEN && port < 65536 && is_local(address)) ports[port / 8] |= (unsigned char)(1u << port % 8);
  }
  fclose(file);
}

int builtin_listening(const struct builtin_context *context) {
  unsigned char ports[8192] = {0};
  struct writer records = w_growing(RECORDS_MAX);
  collect_ports("/proc/net/tcp", ports);
  collect_ports("/proc/net/tcp6", ports);
  for (unsigned port = 1; port < 65536; port++)
    if (ports[port / 8] >> port % 8 & 1) w_u16(&records, (uint16_t)port);
  bool written = pipe_flush(&records);
  w_free(&records);
  return written ? 0 : pipe_fail("write", context->argv[0]);
}

/* The text of /proc/PID/`file`, at most `room` - 1 bytes and a NUL; its length, or -1 when the process is gone. */
static ssize_t read_of(pid_t pid, const char *file, struct writer *into) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  int source = open(path, O_RDONLY | O_CLOEXEC);
  if (source < 0) return -1;
  int64_t got = pipe_read(source, into->bytes, into->capacity - 1);
  close(source);
  if (got >= 0) into->bytes[got] = 0;
  return (ssize_t)got;
}

struct survey {
  const struct builtin_context *context;
  char *text;
  /* What init itself was started with: its supervisors and workers show the same and are not told of. */
  char *own;
  ssize_t own_length;
  struct writer records;
  uint64_t resident, ticks;
  uint32_t processes;
};

static ssize_t read_text(struct survey *survey, pid_t pid, const char *file) {
  struct writer into = w_fixed(survey->text, ARGV_MAX);
  return read_of(pid, file, &into);
}

static bool is_own(const struct survey *survey, pid_t pid, ssize_t length) {
  if (pid == 1 || pid == getpid()) return true;
  return length == survey->own_length && memcmp(survey->text, survey->own, (size_t)length) == 0;
}

static void tell_process(struct survey *survey, pid_t pid) {
  ssize_t length = read_text(survey, pid, "cmdline");
  /* Empty for what has ended and waits to be collected. */
  if (length <= 0 || is_own(survey, pid, length)) return;
  const struct builtin_context *context = survey->context;
  w_u32(&survey->records, (uint32_t)pid);
  w_u32(&survey->records, context->stream_of ? context->stream_of(context->owner, pid) : 0);
  size_t count_at = survey->records.used;
  uint32_t count = 0;
  w_u32(&survey->records, 0);
  for (ssize_t at = 0; at < length; count++) {
    const char *argument = survey->text + at;
    w_str(&survey->records, argument);
    at += (ssize_t)strlen(argument) + 1;
  }
  w_patch_u32(&survey->records, count_at, count);
}

/* Fields 14 to 17 of stat; the name in field 2 may hold anything, so counting starts behind its last parenthesis. */
static uint64_t ticks_of(const char *stat) {
  const char *after = strrchr(stat, ')');
  unsigned long own[2] = {0};
  long waited[2] = {0};
  if (!after) return 0;
  int got = sscanf(after + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %ld %ld", &own[0], &own[1],
                   &waited[0], &waited[1]);
  return got == 4 ? own[0] + own[1] + (unsigned long)waited[0] + (unsigned long)waited[1] : 0;
}

static void add_usage(struct survey *survey, pid_t pid) {
  unsigned long resident = 0;
  ssize_t length = read_text(survey, pid, "cmdline");
  if (length < 0) return;
  if (length > 0 && !is_own(survey, pid, length)) survey->processes++;
  if (read_text(survey, pid, "statm") > 0 && sscanf(survey->text, "%*u %lu", &resident) == 1)
    survey->resident += (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
  if (read_text(survey, pid, "stat") > 0) survey->ticks += ticks_of(survey->text);
}

static bool each_process(struct survey *survey, void (*visit)(struct survey *survey, pid_t pid)) {
  DIR *list = opendir("/proc");
  if (!list) return false;
  for (struct dirent *entry = readdir(list); entry; entry = readdir(list)) {
    uint64_t pid = 0;
    if (isdigit((unsigned char)entry->d_name[0]) && parse_number(entry->d_name, INT32_MAX, &pid)) visit(survey, (pid_t)pid);
  }
  closedir(list);
  return true;
}

static bool survey_start(struct survey *survey, const struct builtin_context *context) {
  *survey = (struct survey){.context = context, .records = w_growing(RECORDS_MAX)};
  survey->text = malloc(ARGV_MAX);
  survey->own = malloc(ARGV_MAX);
  if (!survey->text || !survey->own) return false;
  struct writer own = w_fixed(survey->own, ARGV_MAX);
  survey->own_length = read_of(1, "cmdline", &own);
  return true;
}

static int survey_end(struct survey *survey, bool done) {
  done = done && pipe_flush(&survey->records);
  int failure = errno;
  free(survey->text);
  free(survey->own);
  w_free(&survey->records);
  errno = failure;
  return done ? 0 : pipe_fail(survey->context->argv[0], "/proc");
}

int builtin_processes(const struct builtin_context *context) {
  struct survey survey;
  bool done = survey_start(&survey, context) && each_process(&survey, tell_process);
  return survey_end(&survey, done);
}

int builtin_usage(const struct builtin_context *context) {
  struct survey survey;
  bool done = survey_start(&survey, context) && each_process(&survey, add_usage);
  w_u64(&survey.records, survey.resident);
  w_u64(&survey.records, survey.ticks * (1000000u / (uint64_t)sysconf(_SC_CLK_TCK)));
  w_u32(&survey.records, survey.processes);
  return survey_end(&survey, done);
}
