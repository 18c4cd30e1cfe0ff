/* Pseudo-terminals. The other end comes from the master itself, so no path that a command could replace is opened. */
#define _GNU_SOURCE
#include "terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

bool terminal_open(struct terminal *terminal, uint16_t columns, uint16_t rows) {
  int unlocked = 0;
  /* O_NONBLOCK also keeps a FIFO in the place of the device from holding init up. */
  terminal->master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
  if (terminal->master < 0) return false;
  terminal->slave = -1;
  if (ioctl(terminal->master, TIOCSPTLCK, &unlocked) == 0) {
    terminal->slave = ioctl(terminal->master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  if (terminal->slave >= 0) {
    terminal_resize(terminal->master, columns, rows);
    return true;
  }
  int errnum = errno;
  close(terminal->master);
  errno = errnum;
  return false;
}

void terminal_resize(int master, uint16_t columns, uint16_t rows) {
  struct winsize size = {.ws_row = rows, .ws_col = columns};
  ioctl(master, TIOCSWINSZ, &size);
}
