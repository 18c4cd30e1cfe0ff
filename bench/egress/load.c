// The two ends of every measurement of the egress proxy, cheap enough that the proxy is what is measured.
//
//   load origin CERT KEY [TEXT GZIP]
//                                   answers HTTPS requests with 512 bytes, /bulk with 64 times the file TEXT,
//                                   /gzip with the file GZIP as it is, and raw connections with as many bytes
//                                   as their first line says; prints both ports
//   load client FIELD=VALUE ...     makes requests or tunnels, directly or through a proxy (see `options`);
//                                   prints one JSON object
//
// Each end is one thread. Nothing is pipelined: a connection, or a stream of HTTP/2, has one request under way.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 65536, EVENTS = 256, BLOCK = 262144, ANSWER = 512 };

static char block[BLOCK];

static void die(const char *format, ...) {
  va_list rest;
  va_start(rest, format);
  vfprintf(stderr, format, rest);
  va_end(rest);
  fputc('\n', stderr);
  exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

// One end of a connection, with or without TLS.
struct link {
  int fd;
  SSL *ssl;
  size_t held;
  unsigned char *buffer;
};

enum { AGAIN = -1, GONE = -2 };

static long receive(struct link *link, void *into, size_t room) {
  if (link->ssl == NULL) {
    long got = read(link->fd, into, room);
    if (got > 0) return got;
    return got < 0 && errno == EAGAIN ? AGAIN : GONE;
  }
  int got = SSL_read(link->ssl, into, (int)room);
  if (got > 0) return got;
  return SSL_get_error(link->ssl, got) == SSL_ERROR_WANT_READ ? AGAIN : GONE;
}

static bool send_all(struct link *link, const void *data, size_t length) {
  const char *from = data;
  while (length > 0) {
    long sent = link->ssl == NULL ? write(link->fd, from, length)
                                  : SSL_write(link->ssl, from, (int)length);
    if (sent > 0) {
      from += sent;
      length -= (size_t)sent;
      continue;
    }
    bool full = link->ssl == NULL
                    ? errno == EAGAIN
                    : SSL_get_error(link->ssl, (int)sent) == SSL_ERROR_WANT_WRITE;
    struct pollfd wait = {.fd = link->fd, .events = POLLOUT};
    if (!full || poll(&wait, 1, 5000) != 1) return false;
  }
  return true;
}

static void set_blocking(int fd, bool blocking) {
  int flags = fcntl(fd, F_GETFL);
  fcntl(fd, F_SETFL, blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK);
}

static void drop(struct link *link) {
  if (link->ssl != NULL) SSL_free(link->ssl);
  close(link->fd);
  free(link->buffer);
  link->ssl = NULL;
  link->buffer = NULL;
  link->fd = -1;
}

static const char *field(const char *head, const char *name) {
  for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n"))
    if (strncasecmp(line + 2, name, strlen(name)) == 0) return line + 2 + strlen(name);
  return NULL;
}

// Length of the HTTP/1 message at the start of the buffer, or 0 when it is not whole yet.
static size_t message_length(struct link *link) {
  char *text = (char *)link->buffer;
  text[link->held] = '\0';
  char *end = strstr(text, "\r\n\r\n");
  if (end == NULL) return 0;
  end[2] = '\0';
  const char *length = field(text, "content-length:");
  const char *coding = field(text, "transfer-encoding:");
  end[2] = '\r';
  size_t head = (size_t)(end + 4 - text);
  if (coding != NULL) {
    char *last = memmem(end, link->held - head + 4, "\r\n0\r\n\r\n", 7);
    return last == NULL ? 0 : (size_t)(last + 7 - text);
  }
  size_t length_of_all = head + (length == NULL ? 0 : strtoul(length, NULL, 10));
  return length_of_all <= link->held ? length_of_all : 0;
}

// ---- origin ----

struct guest {
  struct link link;
  bool raw;
  bool secured;
  unsigned long long owed;
  // Of a body that is larger than the buffer, what is still to come, and let go by.
  unsigned long long due;
};

// A file, and the head that goes before it.
struct page {
  char head[256];
  size_t head_length;
  char *data;
  size_t length;
  int times;
};

static struct page small, bulk, gzip;

static int listen_anywhere(int *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof at;
  if (bind(fd, (void *)&at, sizeof at) != 0 || listen(fd, 4096) != 0) die("origin: cannot listen");
  getsockname(fd, (void *)&at, &size);
  *port = ntohs(at.sin_port);
  return fd;
}

static void make_page(struct page *page, const char *more, int times) {
  page->times = times;
  page->head_length = (size_t)snprintf(
      page->head, sizeof page->head,
      "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n%scontent-length: %zu\r\n\r\n", more,
      page->length * (size_t)times);
}

static void load_page(struct page *page, const char *path) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) die("origin: cannot read %s", path);
  fseek(file, 0, SEEK_END);
  page->length = (size_t)ftell(file);
  rewind(file);
  page->data = malloc(page->length);
  if (fread(page->data, 1, page->length, file) != page->length) die("origin: %s broke off", path);
  fclose(file);
}

static bool send_page(struct link *link, const struct page *page) {
  if (!send_all(link, page->head, page->head_length)) return false;
  for (int time = 0; time < page->times; time += 1)
    if (!send_all(link, page->data, page->length)) return false;
  return true;
}

// Small answers go out in one piece.
static bool send_answer(struct link *link, const struct page *page) {
  if (page != &small) return send_page(link, page);
  char text[256 + ANSWER];
  memcpy(text, page->head, page->head_length);
  memcpy(text + page->head_length, page->data, page->length);
  return send_all(link, text, page->head_length + page->length);
}

static const struct page *page_for(const unsigned char *request) {
  const char *path = memchr(request, ' ', 8);
  if (path != NULL && bulk.data != NULL && strncmp(path, " /bulk ", 7) == 0) return &bulk;
  if (path != NULL && gzip.data != NULL && strncmp(path, " /gzip ", 7) == 0) return &gzip;
  return &small;
}

// Takes the head of a message that the buffer is too small for, and says how long its body is; 0 for others.
static unsigned long long take_large(struct link *link) {
  char *text = (char *)link->buffer;
  text[link->held] = '\0';
  char *end = strstr(text, "\r\n\r\n");
  if (end == NULL) return 0;
  end[2] = '\0';
  const char *length = field(text, "content-length:");
  end[2] = '\r';
  unsigned long long body = length == NULL ? 0 : strtoull(length, NULL, 10);
  if (body < BUFFER / 2) return 0;
  size_t head = (size_t)(end + 4 - text);
  memmove(link->buffer, link->buffer + head, link->held -= head);
  return body;
}

// One message, or what is there of a large body; false when more has to come.
static bool take_message(struct guest *guest, const struct page **page) {
  struct link *link = &guest->link;
  *page = NULL;
  if (link->held == 0) return false;
  if (guest->due == 0) {
    const struct page *wanted = page_for(link->buffer);
    guest->due = take_large(link);
    if (guest->due == 0) {
      size_t first = message_length(link);
      if (first == 0) return false;
      memmove(link->buffer, link->buffer + first, link->held -= first);
      *page = wanted;
      return true;
    }
  }
  size_t most = guest->due < link->held ? (size_t)guest->due : link->held;
  memmove(link->buffer, link->buffer + most, link->held -= most);
  guest->due -= most;
  if (guest->due == 0) *page = &small;
  return guest->due == 0;
}

static bool answer_requests(struct guest *guest) {
  struct link *link = &guest->link;
  const struct page *page;
  long got;
  while ((got = receive(link, link->buffer + link->held, BUFFER - 1 - link->held)) > 0) {
    link->held += (size_t)got;
    while (take_message(guest, &page))
      if (!send_answer(link, page)) return false;
    if (link->held >= BUFFER - 1) return false;
  }
  return got == AGAIN;
}

static bool pour(struct guest *guest) {
  while (guest->owed > 0) {
    size_t most = guest->owed < BLOCK ? (size_t)guest->owed : BLOCK;
    long sent = write(guest->link.fd, block, most);
    if (sent < 0) return errno == EAGAIN;
    guest->owed -= (unsigned long long)sent;
  }
  return true;
}

static bool serve_raw(struct guest *guest) {
  char line[64];
  long got;
  while ((got = receive(&guest->link, line, sizeof line - 1)) > 0) {
    line[got] = '\0';
    guest->owed += strtoull(line, NULL, 10);
  }
  return got == AGAIN && pour(guest);
}

static bool serve(struct guest *guest) {
  if (guest->raw) return serve_raw(guest);
  if (!guest->secured) {
    int done = SSL_accept(guest->link.ssl);
    if (done != 1) return SSL_get_error(guest->link.ssl, done) == SSL_ERROR_WANT_READ;
    guest->secured = true;
  }
  return answer_requests(guest);
}

static void welcome(int poller, int listener, SSL_CTX *context) {
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
  if (fd < 0) return;
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  struct guest *guest = calloc(1, sizeof *guest);
  guest->link.fd = fd;
  guest->raw = context == NULL;
  if (context != NULL) {
    guest->link.buffer = malloc(BUFFER);
    guest->link.ssl = SSL_new(context);
    SSL_set_fd(guest->link.ssl, fd);
  }
  // A raw connection is told of when there is room, once each time: what it owes may take a while.
  uint32_t wanted = guest->raw ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN;
  struct epoll_event event = {.events = wanted, .data.ptr = guest};
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static int choose_http1(SSL *ssl, const unsigned char **out, unsigned char *size,
                        const unsigned char *offered, unsigned length, void *none) {
  static const unsigned char ours[] = "\x08http/1.1";
  (void)ssl, (void)none;
  int found = SSL_select_next_proto((unsigned char **)out, size, ours, 9, offered, length);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

static void run_origin(const char *certificate, const char *key, const char *text, const char *zip) {
  SSL_CTX *context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
    die("origin: cannot use the certificate");
  SSL_CTX_set_alpn_select_cb(context, choose_http1, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  small.data = malloc(ANSWER);
  small.length = ANSWER;
  memset(small.data, 'x', ANSWER);
  make_page(&small, "", 1);
  if (text != NULL) {
    load_page(&bulk, text);
    make_page(&bulk, "", 64);
    load_page(&gzip, zip);
    make_page(&gzip, "content-encoding: gzip\r\n", 1);
  }
  int secure_port, raw_port, poller = epoll_create1(0);
  int secure = listen_anywhere(&secure_port), raw = listen_anywhere(&raw_port);
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = NULL};
  struct epoll_event listening_raw = {.events = EPOLLIN, .data.ptr = &raw};
  epoll_ctl(poller, EPOLL_CTL_ADD, secure, &listening);
  epoll_ctl(poller, EPOLL_CTL_ADD, raw, &listening_raw);
  printf("{\"secure\":%d,\"raw\":%d}\n", secure_port, raw_port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, -1);
    for (int index = 0; index < count; index += 1) {
      struct guest *guest = events[index].data.ptr;
      if (guest == NULL) welcome(poller, secure, context);
      else if ((void *)guest == &raw) welcome(poller, raw, NULL);
      else if (!serve(guest)) {
        ERR_clear_error();
        drop(&guest->link);
        free(guest);
      }
    }
  }
}

// ---- client ----

static struct {
  const char *mode;      // requests, cold, bulk, relay, idle
  const char *proxy;     // port on loopback; "" goes directly
  const char *auth;      // value of Proxy-Authorization, or ""
  const char *host;      // name that is asked for
  const char *port;      // port that is asked for, and of the origin
  const char *protocol;  // http/1.1 or h2
  const char *method;    // GET, or POST with a body
  const char *body;      // text, which says that it is any bytes, or json
  const char *path;      // path of the requests
  int connections, streams;
  size_t size;           // bytes of a body, about
  double seconds;
} options = {"requests", "", "", "localhost", "0", "http/1.1", "GET", "text", "/", 1, 1, 1024, 1.0};

static char *request;
static size_t request_length;
static char issuer[256];
static unsigned long errors;

static float *latencies;
static size_t measured, room_measured;
static double whole; // Requests or bytes since the start, those of the warm-up included.

static void note(double seconds) {
  whole += 1;
  if (measured == room_measured) {
    room_measured = room_measured == 0 ? 65536 : room_measured * 2;
    latencies = realloc(latencies, room_measured * sizeof *latencies);
  }
  latencies[measured++] = (float)(seconds * 1000);
}

static void say_connect(struct link *link) {
  char text[1024];
  int length = snprintf(text, sizeof text, "CONNECT %s:%s HTTP/1.1\r\nHost: %s:%s\r\n%s%s%s\r\n",
                        options.host, options.port, options.host, options.port,
                        *options.auth ? "Proxy-Authorization: " : "", options.auth,
                        *options.auth ? "\r\n" : "");
  if (!send_all(link, text, (size_t)length)) die("client: cannot send CONNECT");
  size_t held = 0;
  // Byte by byte: what comes after the empty line is not for this reader.
  while (held < sizeof text - 1 && (held < 4 || memcmp(text + held - 4, "\r\n\r\n", 4) != 0)) {
    if (read(link->fd, text + held, 1) != 1) die("client: no answer to CONNECT");
    held += 1;
  }
  text[held] = '\0';
  if (held < 12 || memcmp(text + 9, "200", 3) != 0) die("client: CONNECT: %.60s", text);
}

static struct link reach(SSL_CTX *context) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct timeval patience = {.tv_sec = 10};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  const char *port = *options.proxy ? options.proxy : options.port;
  struct sockaddr_in at = {.sin_family = AF_INET,
                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                           .sin_port = htons((uint16_t)atoi(port))};
  if (connect(fd, (void *)&at, sizeof at) != 0) die("client: cannot connect: %s", strerror(errno));
  struct link link = {.fd = fd};
  if (*options.proxy) say_connect(&link);
  if (context == NULL) return link;
  link.buffer = malloc(BUFFER);
  link.ssl = SSL_new(context);
  SSL_set_fd(link.ssl, fd);
  SSL_set_tlsext_host_name(link.ssl, options.host);
  if (SSL_connect(link.ssl) != 1) die("client: no TLS");
  if (*issuer == '\0') {
    X509 *leaf = SSL_get1_peer_certificate(link.ssl);
    X509_NAME_oneline(X509_get_issuer_name(leaf), issuer, sizeof issuer);
    X509_free(leaf);
  }
  return link;
}

// An HTTP/2 connection: the stream that comes next, and when each slot's request was sent.
struct call {
  struct link link;
  uint32_t next;
  double sent[64];
  size_t taken;
};

static void put_frame(struct call *call, unsigned char type, unsigned char flags, uint32_t stream,
                      const void *payload, size_t length) {
  unsigned char frame[512] = {0, (unsigned char)(length >> 8), (unsigned char)length, type, flags};
  uint32_t id = htonl(stream);
  memcpy(frame + 5, &id, 4);
  memcpy(frame + 9, payload, length);
  if (!send_all(&call->link, frame, length + 9)) die("client: HTTP/2 connection lost");
}

static void ask_h2(struct call *call) {
  // GET, https and / by their indices in the static table (RFC 7541, appendix A); the authority in full.
  unsigned char head[300] = {0x82, 0x87, 0x84, 0x01};
  int length = snprintf((char *)head + 5, sizeof head - 5, "%s:%s", options.host, options.port);
  head[4] = (unsigned char)length;
  call->sent[(call->next >> 1) & 63] = now();
  put_frame(call, 1, 5, call->next, head, 5 + (size_t)length);
  call->next += 2;
}

static void open_h2(struct call *call) {
  static const unsigned char settings[6] = {0, 4, 0x3f, 0xff, 0xff, 0xff};
  static const unsigned char window[4] = {0x3f, 0xff, 0, 0};
  send_all(&call->link, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 24);
  put_frame(call, 4, 0, 0, settings, 6);
  put_frame(call, 8, 0, 0, window, 4);
  call->next = 1;
}

static bool is_ok(const unsigned char *block_of_fields, size_t length) {
  size_t at = 0;
  while (at < length && (block_of_fields[at] & 0xe0) == 0x20) at += 1; // Changes of the table's size.
  return at < length && block_of_fields[at] == 0x88;
}

static void taken(struct call *call, size_t bytes) {
  static const unsigned char window[4] = {0x10, 0, 0, 0};
  if ((call->taken += bytes) < 0x10000000) return;
  call->taken -= 0x10000000;
  put_frame(call, 8, 0, 0, window, 4);
}

static void take_frame(struct call *call, const unsigned char *frame, size_t length) {
  unsigned char type = frame[3], flags = frame[4];
  uint32_t stream = ntohl(*(const uint32_t *)(const void *)(frame + 5)) & 0x7fffffff;
  if (type == 4 && !(flags & 1)) put_frame(call, 4, 1, 0, "", 0);
  if (type == 6 && !(flags & 1)) put_frame(call, 6, 1, 0, frame + 9, 8);
  if (type == 7) die("client: the proxy ends the HTTP/2 connection");
  if (type == 0) taken(call, length);
  if (type == 1 && !is_ok(frame + 9, length)) errors += 1;
  if (type == 3) errors += 1;
  if (type != 3 && !((type == 0 || type == 1) && (flags & 1))) return;
  note(now() - call->sent[(stream >> 1) & 63]);
  ask_h2(call);
}

static void take_h2(struct call *call) {
  struct link *link = &call->link;
  size_t at = 0;
  while (link->held - at >= 9) {
    const unsigned char *frame = link->buffer + at;
    size_t length = (size_t)frame[0] << 16 | (size_t)frame[1] << 8 | frame[2];
    if (link->held - at < 9 + length) break;
    take_frame(call, frame, length);
    at += 9 + length;
  }
  memmove(link->buffer, link->buffer + at, link->held -= at);
}

static void ask_h1(struct call *call) {
  call->sent[0] = now();
  if (!send_all(&call->link, request, request_length)) die("client: connection lost");
}

static void take_h1(struct call *call) {
  struct link *link = &call->link;
  size_t first = message_length(link);
  if (first == 0) return;
  if (memcmp(link->buffer + 9, "200", 3) != 0) errors += 1;
  memmove(link->buffer, link->buffer + first, link->held -= first);
  note(now() - call->sent[0]);
  ask_h1(call);
}

static bool is_h2(void) { return strcmp(options.protocol, "h2") == 0; }

static void take(struct call *call) {
  struct link *link = &call->link;
  long got;
  while ((got = receive(link, link->buffer + link->held, BUFFER - 1 - link->held)) > 0) {
    link->held += (size_t)got;
    if (is_h2()) take_h2(call);
    else take_h1(call);
  }
  if (got == GONE) die("client: the connection was ended");
}

static int by_size(const void *left, const void *right) {
  float a = *(const float *)left, b = *(const float *)right;
  return (a > b) - (a < b);
}

static void report(double seconds, double amount) {
  qsort(latencies, measured, sizeof *latencies, by_size);
  double middle = measured == 0 ? 0 : latencies[measured / 2];
  double late = measured == 0 ? 0 : latencies[measured * 99 / 100];
  for (char *at = issuer; *at != '\0'; at += 1)
    if (*at == '"' || *at == '\\') *at = ' ';
  printf("{\"perSecond\":%.1f,\"medianMs\":%.5f,\"p99Ms\":%.5f,\"count\":%.0f,\"whole\":%.0f,"
         "\"errors\":%lu,\"issuer\":\"%s\"}\n",
         amount / seconds, middle, late, amount, whole, errors, issuer);
}

static void enrol(int poller, int fd, void *who) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
  set_blocking(fd, false);
  epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void run_requests(SSL_CTX *context) {
  int poller = epoll_create1(0), many = options.connections;
  struct call *calls = calloc((size_t)many, sizeof *calls);
  for (int index = 0; index < many; index += 1) {
    struct call *call = calls + index;
    call->link = reach(context);
    const unsigned char *chosen = NULL;
    unsigned length = 0;
    SSL_get0_alpn_selected(call->link.ssl, &chosen, &length);
    if (is_h2() && (length != 2 || memcmp(chosen, "h2", 2) != 0)) die("client: no HTTP/2");
    enrol(poller, call->link.fd, call);
    if (is_h2()) open_h2(call);
    for (int stream = 0; stream < (is_h2() ? options.streams : 1); stream += 1) {
      if (is_h2()) ask_h2(call);
      else ask_h1(call);
    }
  }
  double start = now(), warm = start + options.seconds / 4, end = warm + options.seconds;
  bool counting = false;
  double at;
  while ((at = now()) < end) {
    if (!counting && at >= warm) {
      counting = true;
      measured = 0;
      errors = 0;
      start = at;
    }
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, 100);
    for (int index = 0; index < count; index += 1) take(events[index].data.ptr);
  }
  report(at - start, (double)measured);
}

static void run_cold(SSL_CTX *context) {
  double start = now(), end = start + options.seconds, at = start;
  while (at < end) {
    struct call call = {.link = reach(context)};
    struct link *link = &call.link;
    if (!send_all(link, request, request_length)) die("client: connection lost");
    while (message_length(link) == 0) {
      long got = receive(link, link->buffer + link->held, BUFFER - 1 - link->held);
      if (got <= 0) die("client: no answer");
      link->held += (size_t)got;
    }
    if (memcmp(link->buffer + 9, "200", 3) != 0) errors += 1;
    drop(link);
    double over = now();
    note(over - at);
    at = over;
  }
  report(at - start, (double)measured);
}

// Reads an answer of any length, and keeps none of it.
static void pass_answer(struct link *link) {
  unsigned char *text = link->buffer;
  char *end = NULL;
  for (link->held = 0; end == NULL; end = strstr((char *)text, "\r\n\r\n")) {
    long got = receive(link, text + link->held, BUFFER - 1 - link->held);
    if (got <= 0) die("client: no answer");
    text[link->held += (size_t)got] = '\0';
  }
  if (memcmp(text + 9, "200", 3) != 0) errors += 1;
  size_t passed = link->held - (size_t)((unsigned char *)end + 4 - text);
  end[2] = '\0';
  const char *length = field((char *)text, "content-length:");
  size_t due = length == NULL ? 0 : strtoul(length, NULL, 10);
  end[2] = '\r';
  // The end of a chunked body may come in bits; no text that is sent holds it.
  size_t held = link->held;
  while (length != NULL ? passed < due : held < 7 || memcmp(text + held - 7, "\r\n0\r\n\r\n", 7) != 0) {
    size_t kept = held < 7 ? held : 7;
    memmove(text, text + held - kept, kept);
    long got = receive(link, text + kept, BUFFER - 1 - kept);
    if (got <= 0) die("client: the answer broke off");
    held = kept + (size_t)got;
    passed += (size_t)got;
  }
  link->held = 0;
}

static void run_bulk(SSL_CTX *context) {
  struct call call = {.link = reach(context)};
  double start = now(), end = start + options.seconds, at = start;
  while (at < end) {
    if (!send_all(&call.link, request, request_length)) die("client: connection lost");
    pass_answer(&call.link);
    double over = now();
    note(over - at);
    at = over;
  }
  report(at - start, (double)measured);
}

static struct link *open_tunnels(int poller, const char *line) {
  struct link *tunnels = calloc((size_t)options.connections, sizeof *tunnels);
  for (int index = 0; index < options.connections; index += 1) {
    tunnels[index] = reach(NULL);
    if (!send_all(tunnels + index, line, strlen(line))) die("client: tunnel lost");
    if (poller >= 0) enrol(poller, tunnels[index].fd, tunnels + index);
  }
  return tunnels;
}

static void run_relay(void) {
  int poller = epoll_create1(0);
  open_tunnels(poller, "1000000000000000\n");
  double start = now(), warm = start + options.seconds / 4, end = warm + options.seconds;
  double bytes = 0, at;
  bool counting = false;
  while ((at = now()) < end) {
    if (!counting && at >= warm) {
      counting = true;
      bytes = 0;
      start = at;
    }
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poller, events, EVENTS, 100);
    for (int index = 0; index < count; index += 1) {
      long got = receive(events[index].data.ptr, block, BLOCK);
      if (got == GONE) die("client: a tunnel was ended");
      if (got > 0) bytes += (double)got, whole += (double)got;
    }
  }
  report(at - start, bytes);
}

// Opens tunnels, proves that each carries bytes, and keeps them until standard input ends.
static void run_idle(void) {
  struct link *tunnels = open_tunnels(-1, "64\n");
  for (int index = 0; index < options.connections; index += 1) {
    char answer[64];
    for (long held = 0; held < 64;) {
      long got = read(tunnels[index].fd, answer + held, sizeof answer - (size_t)held);
      if (got <= 0) die("client: a tunnel carries nothing");
      held += got;
    }
  }
  report(1, options.connections);
  fflush(stdout);
  while (read(0, block, sizeof block) > 0) continue;
}

static void read_options(int count, char **values) {
  for (int index = 0; index < count; index += 1) {
    char *equals = strchr(values[index], '=');
    if (equals == NULL) die("client: %s is no option", values[index]);
    *equals = '\0';
    const char *name = values[index], *value = equals + 1;
    if (strcmp(name, "mode") == 0) options.mode = value;
    else if (strcmp(name, "proxy") == 0) options.proxy = value;
    else if (strcmp(name, "auth") == 0) options.auth = value;
    else if (strcmp(name, "host") == 0) options.host = value;
    else if (strcmp(name, "port") == 0) options.port = value;
    else if (strcmp(name, "protocol") == 0) options.protocol = value;
    else if (strcmp(name, "method") == 0) options.method = value;
    else if (strcmp(name, "body") == 0) options.body = value;
    else if (strcmp(name, "size") == 0) options.size = strtoul(value, NULL, 10);
    else if (strcmp(name, "path") == 0) options.path = value;
    else if (strcmp(name, "connections") == 0) options.connections = atoi(value);
    else if (strcmp(name, "streams") == 0) options.streams = atoi(value);
    else if (strcmp(name, "seconds") == 0) options.seconds = atof(value);
    else die("client: %s is no option", name);
  }
  if (options.streams > 32) die("client: at most 32 streams");
}

// As many messages as there is room for.
static size_t write_json(char *into, size_t room) {
  static const char start[] = "{\"model\":\"bench\",\"max_tokens\":1024,\"messages\":[";
  static const char message[] =
      "{\"role\":\"user\",\"content\":\"What is said here is not long, and \\\"quoted\\\".\"},";
  size_t length = (size_t)sprintf(into, "%s", start);
  while (length + sizeof message + 3 < room) length += (size_t)sprintf(into + length, "%s", message);
  return length + (size_t)sprintf(into + length, "{}]}");
}

static size_t write_body(char *into) {
  if (strcmp(options.method, "POST") != 0) return 0;
  if (strcmp(options.body, "json") == 0) return write_json(into, options.size);
  for (size_t at = 0; at < options.size; at += 1) into[at] = "yonder, where words are long. "[at % 30];
  return options.size;
}

static void write_request(void) {
  char *body = malloc(options.size + 1024);
  size_t size = write_body(body);
  request = malloc(size + 4096);
  int length = sprintf(request, "%s %s HTTP/1.1\r\nHost: %s:%s\r\n", options.method, options.path,
                       options.host, options.port);
  length += sprintf(request + length,
                    "Connection: keep-alive\r\nUser-Agent: load/1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n");
  if (size > 0)
    length += sprintf(request + length, "Content-Type: %s\r\nContent-Length: %zu\r\n",
                      strcmp(options.body, "json") == 0 ? "application/json" : "application/octet-stream", size);
  length += sprintf(request + length, "\r\n");
  memcpy(request + length, body, size);
  request_length = (size_t)length + size;
  free(body);
}

static void run_client(int count, char **values) {
  read_options(count, values);
  write_request();
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  // Who vouches is printed instead of checked: each proxy has an authority of its own.
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (is_h2()) SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x02h2", 3);
  else SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x08http/1.1", 9);
  if (strcmp(options.mode, "requests") == 0) run_requests(context);
  else if (strcmp(options.mode, "cold") == 0) run_cold(context);
  else if (strcmp(options.mode, "bulk") == 0) run_bulk(context);
  else if (strcmp(options.mode, "relay") == 0) run_relay();
  else if (strcmp(options.mode, "idle") == 0) run_idle();
  else die("client: %s is no mode", options.mode);
}

int main(int count, char **values) {
  signal(SIGPIPE, SIG_IGN);
  if (count == 4 && strcmp(values[1], "origin") == 0) run_origin(values[2], values[3], NULL, NULL);
  else if (count == 6 && strcmp(values[1], "origin") == 0)
    run_origin(values[2], values[3], values[4], values[5]);
  else if (count >= 2 && strcmp(values[1], "client") == 0) run_client(count - 2, values + 2);
  else die("usage: load origin CERT KEY [TEXT GZIP] | load client FIELD=VALUE ...");
  return 0;
}
