/* Bytes of a controller, after HELLO: every message that there is, to a switch without devices. Whatever came, it
 * goes on or hangs up; what it answers is whole messages that its own reader knows. */
#include <assert.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "agent/openflow_session.h"
#include "switch/vswitch.h"

#define SIZE_MAX_INPUT 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct event_base *base;
static struct vswitch *sw;
static struct bridge *bridge;
static struct openflow_peers peers;

static void must(int rc)
{
	if (rc)
		abort();
}

static void build(void)
{
	static const struct clock clock = {.is_manual = false};
	struct vswitch_options options = {
		.instance = "fuzz",
		.n_workers = 1,
		.clock = &clock,
		.no_devices = true,
		.no_threads = true,
	};
	struct bridge_config config = {.mac_table_size = 64, .mac_aging_s = 300};

	log_set_level(LOG_ERROR);
	base = event_base_new();
	must(vswitch_new(&sw, &options, base, NULL));
	must(bridge_add(sw, "br0", &config, &bridge, NULL));
	CDS_INIT_LIST_HEAD(&peers.sessions);
}

/* Takes what came; true if it was anything. */
static bool drain(int fd)
{
	static uint8_t buffer[1 << 20];
	static size_t len;
	ssize_t n = recv(fd, buffer + len, sizeof(buffer) - len, MSG_DONTWAIT);
	size_t at = 0;

	len += n > 0 ? (size_t)n : 0;
	while (len - at >= OF_HEADER_SIZE && of_message_length(buffer + at) <= len - at) {
		struct of_message message;
		struct wire_bytes bytes = {buffer + at, of_message_length(buffer + at)};

		assert(!of_message_read(bytes, &message));
		at += bytes.len;
	}
	len -= at;
	memmove(buffer, buffer + at, len);
	return n > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct openflow_session_options options = {
		.name = "fuzz",
		.peers = &peers,
	};
	struct openflow_session *session;
	int fds[2];

	if (!base)
		build();
	options.base = base;
	options.sw = sw;
	options.bridge = bridge;
	if (!size || size > SIZE_MAX_INPUT)
		return 0;
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds));
	must(openflow_session_new(&session, fds[0], &options, NULL));
	assert(send(fds[1], (uint8_t[]){data[0] % 7, 0, 0, 8, 0, 0, 0, 0}, 8, 0) == 8);
	assert(send(fds[1], data + 1, size - 1, MSG_DONTWAIT) == (ssize_t)size - 1);
	shutdown(fds[1], SHUT_WR);
	while (peers.n || drain(fds[1])) {
		event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
		drain(fds[1]);
	}
	close(fds[1]);
	assert(cds_list_empty(&peers.sessions));
	return 0;
}
