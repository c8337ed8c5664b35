#pragma once
/* What the machine can do, where no daemon runs that could be asked. */

struct err;
struct json_object;

/* Asks the program of the daemon, `switchd --doctor`, about one device, or (NULL) all of them. *rows is what the method
 * doctor returns. 0 or -errno with a text. */
int doctor_ask_program(const char *device, struct json_object **rows, struct err *err);
