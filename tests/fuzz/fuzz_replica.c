/* Bytes of an ovsdb-server elsewhere, to a daemon that is its client: what is right becomes bridges and ports of a
 * switch without devices. A line feed lets the daemon answer before it reads on, 0 hangs up on it, 1 lets so much time
 * pass that every timer is due. Whatever came, the next server it dials is obeyed. */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "agent/openflow.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "config/configure.h"
#include "config/external.h"
#include "switch/vswitch.h"

#define SIZE_MAX_INPUT 65536
#define TURNS          8
#define DIALS          16
#define TIMERS         256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct vswitch *sw;
static struct openflow *openflow; /* nobody is admitted: it opens no sockets */
static struct configure *configure;
static struct external *external;
static char folder[] = "/tmp/fuzz_replica-XXXXXX";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listener;

/* The server's end of a connection. */
struct serving {
	int fd; /* -1: there is none */
	bool has_transacted;
};

static void must(int rc)
{
	if (rc)
		abort();
}

static void clean(void)
{
	unlink(address.sun_path);
	rmdir(folder);
}

static void port_changed(void *ctx, struct bridge_port *port)
{
	configure_port_changed(configure);
}

static void status_changed(void *ctx)
{
	configure_port_changed(configure);
}

static void applied(void *ctx)
{
	openflow_bridges_changed(openflow);
}

static void listen_for_it(void)
{
	must(!mkdtemp(folder));
	atexit(clean);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/db.sock", folder);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	must(bind(listener, (const struct sockaddr *)&address, sizeof(address)));
	must(listen(listener, 4));
}

static void build(void)
{
	static const struct clock clock = {.is_manual = false};
	const struct vswitch_options options = {
		.instance = "fuzz",
		.n_workers = 1,
		.clock = &clock,
		.no_devices = true,
		.no_threads = true,
		.changed = port_changed,
	};
	struct openflow_options openflow_options = {.run_dir = folder, .changed = status_changed};
	char names[2 * sizeof(address.sun_path) + 16];

	signal(SIGPIPE, SIG_IGN);
	log_set_level(getenv("FUZZ_LOG") ? LOG_DEBUG : LOG_ERROR);
	base = event_base_new();
	listen_for_it();
	must(vswitch_new(&sw, &options, base, NULL));
	openflow_options.base = base;
	openflow_options.sw = sw;
	must(openflow_new(&openflow, &openflow_options));
	snprintf(names, sizeof(names), "unix:%s,unix:%s", address.sun_path, address.sun_path);
	must(external_new(&external, names, base, NULL, NULL));
}

/* ---- time ---- */

/* liburcu waits for more to come together, and who takes something away for liburcu: here nothing more comes. */
int poll(struct pollfd *fds, nfds_t n, int ms)
{
	const struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	return n ? ppoll(fds, n, ms < 0 ? NULL : &wait, NULL) : sched_yield();
}

int nanosleep(const struct timespec *wait, struct timespec *left)
{
	const struct timespec blink = {.tv_nsec = 20000};

	return clock_nanosleep(CLOCK_MONOTONIC, 0, wait->tv_sec ? wait : &blink, left);
}

struct timers {
	struct event *due[TIMERS];
	unsigned n;
};

static int timer_add(const struct event_base *of, const struct event *event, void *ctx)
{
	struct timers *timers = ctx;

	if (event_pending(event, EV_TIMEOUT, NULL) && timers->n < TIMERS)
		timers->due[timers->n++] = (struct event *)(uintptr_t)event;
	return 0;
}

static void time_passes(void)
{
	struct timers timers = {.n = 0};

	event_base_foreach_event(base, timer_add, &timers);
	for (unsigned i = 0; i < timers.n; i++)
		event_active(timers.due[i], EV_TIMEOUT, 0);
}

/* ---- the server ---- */

static void hear(struct serving *serving)
{
	static char buffer[65536];
	ssize_t n = 0;

	while (serving->fd >= 0 &&
	       (n = recv(serving->fd, buffer, sizeof(buffer), MSG_DONTWAIT)) > 0)
		serving->has_transacted |= memmem(buffer, (size_t)n, "\"transact\"", 10) != NULL;
	if (n >= 0 || errno != EAGAIN)
		fd_close(&serving->fd); /* it hung up */
}

static void turn(struct serving *serving)
{
	for (unsigned i = 0; i < TURNS; i++) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		hear(serving);
	}
}

/* It dials, if need be after a pause. */
static void be_dialed(struct serving *serving)
{
	for (unsigned i = 0; serving->fd < 0; i++) {
		assert(i < DIALS);
		turn(serving);
		serving->fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (serving->fd < 0)
			time_passes();
	}
	turn(serving);
}

static void say(struct serving *serving, const void *bytes, size_t n)
{
	if (serving->fd >= 0 && n)
		(void)!send(serving->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
	turn(serving);
}

static void say_all(struct serving *serving, const uint8_t *data, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		if (data[i] > 1 && data[i] != '\n')
			continue;
		say(serving, data + from, i - from + (data[i] == '\n'));
		from = i + 1;
		if (!data[i])
			fd_close(&serving->fd);
		if (data[i] == 1)
			time_passes();
		be_dialed(serving);
	}
	say(serving, data + from, size - from);
}

#define UUID "6bd5d9c4-6a7b-4b5c-9f3c-0d4a3a5b9e01"

static const char good[] =
	"{\"id\":\"set_db_change_aware\",\"result\":{},\"error\":null}"
	"{\"id\":\"monitor\",\"error\":null,\"result\":{\"Database\":{\"" UUID
	"\":{\"new\":{\"name\":"
	"\"Open_vSwitch\",\"model\":\"standalone\",\"connected\":true,\"leader\":true}}}}}"
	"{\"id\":\"lock\",\"result\":{\"locked\":true},\"error\":null}"
	"{\"id\":-1,\"error\":null,\"result\":{\"tables\":{\"Open_vSwitch\":{\"columns\":{"
	"\"bridges\":{},\"next_cfg\":{},\"cur_cfg\":{}}}}}}"
	"{\"id\":0,\"error\":null,\"result\":{\"Open_vSwitch\":{\"" UUID "\":{\"new\":{}}}}}";

static int bridge_count(struct bridge *bridge, void *ctx)
{
	++*(unsigned *)ctx;
	return 0;
}

/* The next server has no bridges, and hears what became of that. */
static void serve_well(void)
{
	struct serving serving = {.fd = -1};
	unsigned n = 0;

	be_dialed(&serving);
	say(&serving, good, sizeof(good) - 1);
	vswitch_for_each_bridge(sw, bridge_count, &n);
	assert(serving.fd >= 0 && serving.has_transacted && !n);
	fd_close(&serving.fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct serving serving = {.fd = -1};
	struct configure_options options = {.with_fake = true, .applied = applied};

	if (!base)
		build();
	if (size > SIZE_MAX_INPUT)
		return 0;
	options.base = base;
	options.sw = sw;
	options.openflow = openflow;
	options.external = external;
	must(configure_new(&configure, &options));
	be_dialed(&serving);
	say_all(&serving, data, size);
	fd_close(&serving.fd);
	serve_well();
	configure_free(&configure);
	return 0;
}
