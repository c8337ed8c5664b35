#include "control/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "../bpf/abi.h"
#include "base/err.h"
#include "config/external.h"

#define RUN_DIR     "/run/shunt"
#define DATABASE    "/var/lib/shunt/conf.db"
#define INSTANCE    "shunt"
#define WORKERS_MAX 64

const char options_help[] =
	"usage: switchd [OPTION]...\n"
	"Forwards packets between network devices, as its database says.\n"
	"\n"
	"  --run-dir DIR      where its sockets are (default " RUN_DIR ")\n"
	"  --db FILE          file of the database (default " DATABASE ")\n"
	"  --db TARGET,...    or where somebody else serves it: tcp:ADDRESS[:PORT], ssl:ADDRESS[:PORT] or\n"
	"                     unix:PATH; of a cluster all servers\n"
	"  --extra-db FILE    serve the database in that file, too, of whatever schema: the switch does not look\n"
	"                     at it; may be repeated\n"
	"  --remote TARGET    serve the database there, too: ptcp:[PORT][:ADDRESS], punix:PATH, or to\n"
	"                     a client that listens: tcp:ADDRESS[:PORT], unix:PATH; pssl: and ssl: are\n"
	"                     with TLS; may be repeated\n"
	"  --private-key FILE, --certificate FILE, --ca-cert FILE\n"
	"                     for TLS, instead of what table SSL of the database says\n"
	"  --ovs-compat       be found by the tools of Open vSwitch, in /var/run/openvswitch\n"
	"  --log-file FILE    log there (default: stderr; detached: DIR/switchd.log)\n"
	"  --log-level LEVEL  error, warn, info or debug (default info)\n"
	"  --pidfile FILE     write the process id there too (it is in DIR/switchd.pid)\n"
	"  --detach           go to the background once the switch works\n"
	"  --instance NAME    name that its devices and pins carry: a-z, 0-9 and -, at most 8\n"
	"                     (default: made from DIR)\n"
	"  --workers N        threads that forward packets (default: half of the processors)\n"
	"  --kernel-flows N   entries of the kernel's flow cache, some 200 bytes each: a power of two from\n"
	"                     1024 to 1048576 (default 131072)\n"
	"  --no-fast-path     forward every packet in the daemon, none in the kernel\n"
	"  --cleanup NAME     remove what instance NAME left when it was killed, and end\n"
	"  --doctor[=DEVICE]  say as JSON what the machine can do, as `switchctl doctor` shows it, and end\n"
	"  --version          print the version\n"
	"  --help             print this\n"
	"\n"
	"Configure it with switchctl(8).\n";

enum {
	OPT_RUN_DIR = 256,
	OPT_DB,
	OPT_EXTRA_DB,
	OPT_REMOTE,
	OPT_OVS_COMPAT,
	OPT_PRIVATE_KEY,
	OPT_CERTIFICATE,
	OPT_CA_CERT,
	OPT_LOG_FILE,
	OPT_LOG_LEVEL,
	OPT_PIDFILE,
	OPT_DETACH,
	OPT_INSTANCE,
	OPT_WORKERS,
	OPT_KERNEL_FLOWS,
	OPT_NO_FAST_PATH,
	OPT_CLEANUP,
	OPT_DOCTOR,
	OPT_VERSION,
	OPT_HELP
};

static const struct option long_options[] = {
	{"run-dir", required_argument, NULL, OPT_RUN_DIR},
	{"db", required_argument, NULL, OPT_DB},
	{"extra-db", required_argument, NULL, OPT_EXTRA_DB},
	{"remote", required_argument, NULL, OPT_REMOTE},
	{"private-key", required_argument, NULL, OPT_PRIVATE_KEY},
	{"certificate", required_argument, NULL, OPT_CERTIFICATE},
	{"ca-cert", required_argument, NULL, OPT_CA_CERT},
	{"ovs-compat", no_argument, NULL, OPT_OVS_COMPAT},
	{"log-file", required_argument, NULL, OPT_LOG_FILE},
	{"log-level", required_argument, NULL, OPT_LOG_LEVEL},
	{"pidfile", required_argument, NULL, OPT_PIDFILE},
	{"detach", no_argument, NULL, OPT_DETACH},
	{"instance", required_argument, NULL, OPT_INSTANCE},
	{"workers", required_argument, NULL, OPT_WORKERS},
	{"kernel-flows", required_argument, NULL, OPT_KERNEL_FLOWS},
	{"no-fast-path", no_argument, NULL, OPT_NO_FAST_PATH},
	{"cleanup", required_argument, NULL, OPT_CLEANUP},
	{"doctor", optional_argument, NULL, OPT_DOCTOR},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

static int instance_parse(const char *text, char *out, struct err *err)
{
	size_t len = strlen(text);

	if (!len || len > INSTANCE_LEN_MAX ||
	    strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != len)
		return err_set(err, EINVAL,
			       "--instance %s: use a-z, 0-9 and -, at most %u characters", text,
			       INSTANCE_LEN_MAX);
	memcpy(out, text, len + 1);
	return 0;
}

static int workers_parse(const char *text, unsigned *out, struct err *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!text[0] || *end || n < 1 || n > WORKERS_MAX)
		return err_set(err, EINVAL, "--workers %s: use a number from 1 to %u", text,
			       WORKERS_MAX);
	*out = (unsigned)n;
	return 0;
}

static int kernel_flows_parse(const char *text, uint32_t *out, struct err *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!text[0] || *end || n < KERNEL_FLOWS_MIN || n > KERNEL_FLOWS_MAX || n & (n - 1))
		return err_set(err, EINVAL, "--kernel-flows %s: use a power of two from %u to %u",
			       text, KERNEL_FLOWS_MIN, KERNEL_FLOWS_MAX);
	*out = (uint32_t)n;
	return 0;
}

/* "tpc:10.0.0.1:6640" is no file that somebody wants. */
static int file_check(const char *option, const char *text, const char *what, struct err *err)
{
	const size_t len = strcspn(text, ":/");

	return text[len] == ':' ? err_set(err, EINVAL,
					  "%s %s: '%.*s:' is not known: use %s, or ./%s for a file",
					  option, text, (int)len, text, what, text)
				: 0;
}

static int files_check(const struct options *options, struct err *err)
{
	int rc = external_is_meant(options->database)
			 ? 0
			 : file_check("--db", options->database, "tcp:, ssl: or unix:", err);

	for (unsigned i = 0; !rc && i < options->n_extra_databases; i++)
		rc = file_check("--extra-db", options->extra_databases[i], "the name of a file",
				err);
	return rc;
}

static int option_set(struct options *options, int option, const char *text, struct err *err)
{
	switch (option) {
	case OPT_RUN_DIR:
		options->run_dir = text;
		return 0;
	case OPT_DB:
		options->database = text;
		return 0;
	case OPT_EXTRA_DB:
		if (options->n_extra_databases == OPTIONS_EXTRA_DATABASES_MAX)
			return err_set(err, EINVAL, "--extra-db %s: at most %d are served", text,
				       OPTIONS_EXTRA_DATABASES_MAX);
		options->extra_databases[options->n_extra_databases++] = text;
		return 0;
	case OPT_REMOTE:
		if (options->n_remotes == OPTIONS_REMOTES_MAX)
			return err_set(err, EINVAL, "--remote %s: at most %d are served", text,
				       OPTIONS_REMOTES_MAX);
		options->remotes[options->n_remotes++] = text;
		return 0;
	case OPT_PRIVATE_KEY:
		options->tls.private_key = text;
		return 0;
	case OPT_CERTIFICATE:
		options->tls.certificate = text;
		return 0;
	case OPT_CA_CERT:
		options->tls.ca_cert = text;
		return 0;
	case OPT_OVS_COMPAT:
		options->ovs_compat = true;
		return 0;
	case OPT_LOG_FILE:
		options->log_file = text;
		return 0;
	case OPT_LOG_LEVEL:
		if (log_level_parse(text, &options->log_level))
			return err_set(err, EINVAL,
				       "--log-level %s: use error, warn, info or debug", text);
		return 0;
	case OPT_PIDFILE:
		options->pidfile = text;
		return 0;
	case OPT_DETACH:
		options->is_detached = true;
		return 0;
	case OPT_INSTANCE:
		return instance_parse(text, options->instance, err);
	case OPT_WORKERS:
		return workers_parse(text, &options->n_workers, err);
	case OPT_KERNEL_FLOWS:
		return kernel_flows_parse(text, &options->n_kernel_flows, err);
	case OPT_NO_FAST_PATH:
		options->no_fast_path = true;
		return 0;
	case OPT_CLEANUP:
		options->cleanup = text;
		return 0;
	case OPT_DOCTOR:
		options->is_doctor = true;
		options->doctor_device = text;
		return 0;
	case OPT_VERSION:
		options->is_version = true;
		return 0;
	default:
		options->is_help = true;
		return 0;
	}
}

int options_parse(int argc, char *argv[], struct options *out, struct err *err)
{
	const char *run_dir = getenv("SHUNT_RUNDIR");
	struct options options = {
		.run_dir = run_dir && run_dir[0] ? run_dir : RUN_DIR,
		.database = DATABASE,
		.log_level = LOG_INFO,
		.n_kernel_flows = KERNEL_FLOWS_DEFAULT,
	};
	int option, rc;

	opterr = 0;
	optind = 0;
	while ((option = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (option == '?')
			return err_set(err, EINVAL, "unknown option %s: see --help",
				       argv[optind - 1]);
		if (option == ':')
			return err_set(err, EINVAL, "option %s needs a value: see --help",
				       argv[optind - 1]);
		rc = option_set(&options, option, optarg, err);
		if (rc)
			return rc;
	}
	if (!options.tls.private_key != !options.tls.certificate ||
	    !options.tls.private_key != !options.tls.ca_cert)
		return err_set(err, EINVAL,
			       "--private-key, --certificate and --ca-cert go together");
	rc = files_check(&options, err);
	if (rc)
		return rc;
	if (options.n_remotes && external_is_meant(options.database))
		return err_set(err, EINVAL,
			       "--remote %s: --db %s is served by somebody else: leave one out",
			       options.remotes[0], options.database);
	if (optind < argc)
		return err_set(err, EINVAL, "%s: no argument is expected: see --help",
			       argv[optind]);
	*out = options;
	return 0;
}

void options_name_instance(struct options *options, const char *run_dir)
{
	if (options->instance[0])
		return;
	if (!strcmp(run_dir, RUN_DIR))
		strcpy(options->instance, INSTANCE);
	else
		snprintf(options->instance, sizeof(options->instance), "%08x",
			 XXH32(run_dir, strlen(run_dir), 0));
}
