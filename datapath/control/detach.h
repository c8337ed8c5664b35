#pragma once
/* Going to the background, honestly: the parent stays until the daemon works or has failed, and
 * its exit status tells which. */

#include <stdbool.h>

struct err;

/* Forks. In the child: returns 0. The parent does not return: it exits with 0 when the child
 * calls detach_ready(), with the child's status (or 1) when the child ends before that. Before any
 * thread is made. Returns -errno if it cannot fork. */
int detach_fork(void);
/* Lets the parent go, and with it the terminal, if there was a fork; and tells the service manager that started
 * the daemon, if there is one: sd_notify(3). */
void detach_ready(void);

/* Is there a program to start anew? -errno if not. */
int restart_check(struct err *err);
/* The program that is under our name by now takes over in this very process, with the same arguments. Returns if it
 * cannot: EXIT_FAILURE. */
int restart(char *argv[]);
/* Has this process done so? Then it is where it is to be already. Once: the next call says no. */
bool restart_was(void);
