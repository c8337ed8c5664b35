#pragma once
/* The command line of switchd. */
#include <stdbool.h>

#include "base/log.h"

struct err;

#define INSTANCE_LEN_MAX 8 /* see port_table_new() */

struct options {
	const char *run_dir;
	const char *database;
	const char *log_file; /* NULL: stderr */
	const char *pidfile;  /* NULL: none but the one in the run directory */
	char instance[INSTANCE_LEN_MAX + 1];
	enum log_level log_level;
	unsigned n_workers; /* 0: the switch chooses */
	bool is_detached;
	bool is_help;
	bool is_version;
};

/* Reads the command line; what it points to is borrowed from argv. Returns 0 or -EINVAL with a
 * text. */
int options_parse(int argc, char *argv[], struct options *out, struct err *err);
/* The text of --help. */
extern const char options_help[];
