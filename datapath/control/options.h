#pragma once
/* The command line of switchd. */
#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "stream/tls.h"

struct err;

#define INSTANCE_LEN_MAX 8 /* see port_table_new() */

#define OPTIONS_REMOTES_MAX         16
#define OPTIONS_EXTRA_DATABASES_MAX 16

struct options {
	const char *run_dir;
	const char *database;
	const char *extra_databases[OPTIONS_EXTRA_DATABASES_MAX]; /* files */
	unsigned n_extra_databases;
	const char *remotes[OPTIONS_REMOTES_MAX]; /* where else the database is served */
	unsigned n_remotes;
	struct tls_settings tls;             /* private_key NULL: those of table SSL */
	const char *log_file;                /* NULL: stderr */
	const char *pidfile;                 /* NULL: none but the one in the run directory */
	char instance[INSTANCE_LEN_MAX + 1]; /* "": see options_name_instance() */
	enum log_level log_level;
	const char *cleanup;       /* the instance to be cleaned up after; NULL: forward packets */
	unsigned n_workers;        /* 0: the switch chooses */
	uint32_t n_kernel_flows;   /* see flow_maps_new() */
	const char *doctor_device; /* NULL: all */
	bool is_doctor;            /* say what the machine can do */
	bool no_fast_path;
	bool ovs_compat; /* see ovs_compat.h */
	bool is_detached;
	bool is_help;
	bool is_version;
};

/* Reads the command line; what it points to is borrowed from argv. Returns 0 or -EINVAL with a
 * text. */
int options_parse(int argc, char *argv[], struct options *out, struct err *err);
/* Makes the name of the instance from the run directory's, unless the user gave one: the same
 * directory always gives the same name, another one another, so that pins and devices that a killed
 * daemon left are found again. `run_dir` is absolute and without links. */
void options_name_instance(struct options *options, const char *run_dir);
/* The text of --help. */
extern const char options_help[];
