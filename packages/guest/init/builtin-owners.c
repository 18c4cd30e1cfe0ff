/*
 * owners: which command holds the inner end of a connection. The tables of /proc/net lead from its address to the inode of
 * a socket, and the descriptors of every process to who has it open.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "builtin-list.h"
#include "builtin-pipe.h"

/* PEER_TEXT: `t` or `u`, eight hexadecimal digits of the address, four of the port. */
enum { PEERS_MAX = 64, PEER_TEXT = 13, SOCKETS_MAX = 8, STATE_LISTEN = 0x0a, PATIENCE_MS = 100 };

struct peer {
  bool is_udp;
  uint8_t address[4];
  unsigned port;
  /* Several sockets can have one address: their other ends differ. */
  uint64_t sockets[SOCKETS_MAX];
  size_t socket_count;
  /* Who was found to hold them; 0 for nobody yet, or for several. */
  uint32_t stream;
  bool contested;
};

struct search {
  const struct builtin_context *context;
  struct peer peers[PEERS_MAX];
  size_t count;
  int64_t deadline;
  /* A look that was cut short proves nothing. */
  bool late;
};

/* Addresses are printed as 32-bit words of the host's byte order. */
struct row {
  char address[33];
  unsigned port;
  unsigned state;
  uint64_t inode;
};

static bool is_late(struct search *search) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  if (search->deadline == 0) search->deadline = ms + PATIENCE_MS;
  search->late = search->late || ms >= search->deadline;
  return search->late;
}

static bool parse_peer(const char *text, struct peer *peer) {
  unsigned parts[4], used = 0;
  char copy[PEER_TEXT + 1] = {0};
  memcpy(copy, text, PEER_TEXT);
  for (size_t i = 1; i < PEER_TEXT; i++)
    if (!isxdigit((unsigned char)copy[i])) return false;
  *peer = (struct peer){.is_udp = copy[0] == 'u'};
  if (copy[0] != 't' && copy[0] != 'u') return false;
  if (sscanf(copy + 1, "%2x%2x%2x%2x%4x", &parts[0], &parts[1], &parts[2], &parts[3], &peer->port) != 5) return false;
  for (; used < 4; used++) peer->address[used] = (uint8_t)parts[used];
  return true;
}

static bool parse_peers(struct search *search, const char *text) {
  size_t length = strlen(text);
  if (length == 0 || length % PEER_TEXT != 0 || length / PEER_TEXT > PEERS_MAX) return false;
  while (search->count < length / PEER_TEXT) {
    if (!parse_peer(text + search->count * PEER_TEXT, &search->peers[search->count])) return false;
    search->count++;
  }
  return true;
}

/* The IPv4 address of a row, also where it is mapped into IPv6 or no address at all. */
static bool address_of(const struct row *row, uint8_t address[4]) {
  static const uint8_t mapped[4] = {0, 0, 0xff, 0xff};
  uint32_t words[4] = {0};
  size_t count = strlen(row->address) / 8;
  for (size_t i = 0; i < count; i++)
    if (sscanf(row->address + i * 8, "%8x", &words[i]) != 1) return false;
  if (count == 4 && (words[0] | words[1] | words[2] | words[3]) == 0) return memset(address, 0, 4), true;
  if (count == 4 && (words[0] != 0 || words[1] != 0 || memcmp(&words[2], mapped, 4) != 0)) return false;
  memcpy(address, &words[count == 4 ? 3 : 0], 4);
  return count == 4 || count == 1;
}

/* A datagram socket that was never bound to an address sends from any. */
static bool matches(const struct peer *peer, const uint8_t address[4]) {
  static const uint8_t any[4] = {0};
  return memcmp(peer->address, address, 4) == 0 || (peer->is_udp && memcmp(address, any, 4) == 0);
}

static void note_row(struct search *search, const struct row *row, bool is_udp) {
  uint8_t address[4];
  if (row->inode == 0 || (!is_udp && row->state == STATE_LISTEN)) return;
  for (size_t i = 0; i < search->count; i++) {
    struct peer *peer = &search->peers[i];
    if (peer->is_udp != is_udp || peer->port != row->port) continue;
    if (!address_of(row, address) || !matches(peer, address)) continue;
    if (peer->socket_count < SOCKETS_MAX) peer->sockets[peer->socket_count++] = row->inode;
    else peer->contested = true;
  }
}

static void read_table(struct search *search, const char *path, bool is_udp) {
  FILE *file = fopen(path, "re");
  char line[512];
  struct row row;
  /* A kernel without IPv6 has no second table. */
  if (!file) return;
  while (fgets(line, sizeof line, file) && !is_late(search)) {
    int got = sscanf(line, " %*d: %32[0-9A-Fa-f]:%4x %*[0-9A-Fa-f]:%*4x %2x %*x:%*x %*x:%*x %*x %*u %*u %" SCNu64,
                     row.address, &row.port, &row.state, &row.inode);
    if (got == 4) note_row(search, &row, is_udp);
  }
  fclose(file);
}

/*
 * A look at a table of TCP costs a walk over those of the whole machine. How many sockets of IPv6 there are is counted
 * apart; one with a mapped address counts among them.
 */
static bool has_tcp6(void) {
  unsigned count = 1;
  char line[128];
  FILE *file = fopen("/proc/net/sockstat6", "re");
  if (!file) return true;
  while (fgets(line, sizeof line, file) && sscanf(line, "TCP6: inuse %u", &count) != 1) continue;
  fclose(file);
  return count != 0;
}

static void read_tables(struct search *search) {
  bool wanted[2] = {false, false};
  for (size_t i = 0; i < search->count; i++) wanted[search->peers[i].is_udp] = true;
  if (wanted[0]) read_table(search, "/proc/net/tcp", false);
  if (wanted[0] && has_tcp6()) read_table(search, "/proc/net/tcp6", false);
  if (wanted[1]) read_table(search, "/proc/net/udp", true);
  if (wanted[1]) read_table(search, "/proc/net/udp6", true);
}

static bool holds(const struct peer *peer, uint64_t socket) {
  for (size_t i = 0; i < peer->socket_count; i++)
    if (peer->sockets[i] == socket) return true;
  return false;
}

static uint64_t socket_at(int folder, const char *name) {
  char target[64];
  uint64_t socket = 0;
  ssize_t length = readlinkat(folder, name, target, sizeof target - 1);
  if (length <= 0) return 0;
  target[length] = 0;
  return sscanf(target, "socket:[%" SCNu64 "]", &socket) == 1 ? socket : 0;
}

/* One process that has the socket open. Who cannot be laid at a command's door makes the answer unsure. */
static void note_holder(struct peer *peer, uint32_t stream) {
  if (stream == 0 || (peer->stream != 0 && peer->stream != stream)) peer->contested = true;
  else peer->stream = stream;
}

/* `stream` is asked for once for each process, and only of those that hold something. */
struct holder {
  pid_t pid;
  int folder;
  bool asked;
  uint32_t stream;
};

static void look_at(struct search *search, struct holder *holder, const char *name) {
  uint64_t socket = socket_at(holder->folder, name);
  for (size_t i = 0; socket != 0 && i < search->count; i++) {
    if (!holds(&search->peers[i], socket)) continue;
    if (!holder->asked) holder->stream = search->context->stream_of(search->context->owner, holder->pid);
    holder->asked = true;
    /* It ended meanwhile, and holds nothing any more. */
    if (holder->stream == 0 && socket_at(holder->folder, name) == 0) return;
    note_holder(&search->peers[i], holder->stream);
  }
}

static void look_into(struct search *search, pid_t pid) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
  DIR *list = opendir(path);
  if (!list) return;
  struct holder holder = {.pid = pid, .folder = dirfd(list)};
  struct dirent *entry = NULL;
  while (!is_late(search) && (entry = readdir(list))) look_at(search, &holder, entry->d_name);
  closedir(list);
}

static bool look_everywhere(struct search *search) {
  DIR *list = opendir("/proc");
  if (!list) return false;
  struct dirent *entry = NULL;
  while (!is_late(search) && (entry = readdir(list))) {
    uint64_t pid = 0;
    if (!isdigit((unsigned char)entry->d_name[0]) || !parse_number(entry->d_name, INT32_MAX, &pid)) continue;
    if (pid > 1 && (pid_t)pid != getpid()) look_into(search, (pid_t)pid);
  }
  closedir(list);
  return true;
}

int builtin_owners(const struct builtin_context *context) {
  uint8_t bytes[PEERS_MAX * 4];
  struct writer records = w_fixed(bytes, sizeof bytes);
  struct search *search = calloc(1, sizeof *search);
  if (!search) return pipe_fail("owners", "memory");
  search->context = context;
  errno = EINVAL;
  if (!parse_peers(search, context->argv[1])) return free(search), pipe_fail("peers", context->argv[1]);
  read_tables(search);
  if (!look_everywhere(search)) return free(search), pipe_fail("owners", "/proc");
  for (size_t i = 0; i < search->count; i++) {
    const struct peer *peer = &search->peers[i];
    w_u32(&records, search->late || peer->contested ? 0 : peer->stream);
  }
  free(search);
  return pipe_flush(&records) ? 0 : pipe_fail("write", "owners");
}
