#ifndef CAISSON_ENTER_H
#define CAISSON_ENTER_H

/*
 * `--enter FD,… PROGRAM ARGUMENT…`: moves this process, which has one thread, into the cgroups whose `tasks` files are
 * open at those descriptors, closes them and becomes the program. Does not return; 125 when any of it fails.
 */
_Noreturn void enter_and_become(char *const *argv);

#endif
