#pragma once
/* The names of a bridge's ports and tables, as the daemon has them now, for reading flows here. */
#include "flow/port_text.h"

struct bridge_names;
struct err;
struct job;

/* 0 or the errors of job_call(). */
int bridge_names_new(struct bridge_names **out, struct job *job, const char *bridge,
		     struct err *err);
void bridge_names_free(struct bridge_names **names);

/* Valid as long as `names`. NULL: only numbers and reserved names. */
struct flow_names bridge_names_of(struct bridge_names *names);

/* The port that `text` means, by number, reserved name or name. 0 or -EINVAL. */
int bridge_names_port(struct bridge_names *names, const char *text, uint16_t *out, struct err *err);
