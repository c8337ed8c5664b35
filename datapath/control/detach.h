#pragma once
/* Going to the background, honestly: the parent stays until the daemon works or has failed, and
 * its exit status tells which. */

 * thread is made. Returns -errno if it cannot fork. */
int detach_fork(void);
/* Lets the parent go, and with it the terminal. Nothing if nobody was forked. */
void detach_ready(void);
