#include "support/speech.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "agent/openflow_session.h"

#define TURNS 40

static void turn(struct speech *speech)
{
	for (unsigned i = 0; i < TURNS; i++)
		event_base_loop(speech->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

int speech_connect(struct speech *speech, bool is_service)
{
	const struct openflow_session_options options = {
		.name = "test",
		.base = speech->base,
		.sw = speech->rig.sw,
		.bridge = speech->rig.bridge,
		.peers = &speech->peers,
		.is_service = is_service,
	};
	struct openflow_session *session;
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	assert_int_equal(openflow_session_new(&session, fds[0], &options, NULL), 0);
	return fds[1];
}

void speech_init(struct speech *speech)
{
	log_set_level(LOG_ERROR);
	rig_init(&speech->rig, &RIG_BRIDGE);
	speech->base = event_base_new();
	speech->peers = (struct openflow_peers){.n = 0};
	CDS_INIT_LIST_HEAD(&speech->peers.sessions);
	speech->fd = speech_connect(speech, false);
}

void speech_agree(struct speech *speech, uint8_t version)
{
	char hello[32];

	snprintf(hello, sizeof(hello), "%02x 00 LLLL 00000000", version);
	speech_say(speech, hello);
	speech_hear(speech);
}

void speech_fini(struct speech *speech)
{
	openflow_peers_end(&speech->peers, false);
	assert_int_equal(speech->peers.n, 0);
	close(speech->fd);
	event_base_free(speech->base);
	rig_fini(&speech->rig);
}

size_t hex_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t n = 0, length_at = size;

	while (*hex) {
		unsigned byte;

		if (isspace((unsigned char)*hex)) {
			hex++;
			continue;
		}
		assert_in_range(n, 0, size - 1);
		if (*hex == 'L') {
			if (length_at == size)
				length_at = n;
			byte = 0;
		} else if (sscanf(hex, "%2x", &byte) != 1) {
			fail_msg("no hexadecimal digits: %s", hex);
		}
		out[n++] = (uint8_t)byte;
		hex += 2;
	}
	if (length_at < size) {
		out[length_at] = (uint8_t)(n >> 8);
		out[length_at + 1] = (uint8_t)n;
	}
	return n;
}

void speech_say_bytes(struct speech *speech, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	while (n) {
		ssize_t sent = send(speech->fd, at, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return; /* it hung up */
		at += sent < 0 ? 0 : sent;
		n -= sent < 0 ? 0 : (size_t)sent;
		turn(speech);
	}
}

void speech_say(struct speech *speech, const char *hex)
{
	static uint8_t bytes[65536];

	speech_say_bytes(speech, bytes, hex_bytes(hex, bytes, sizeof(bytes)));
}

size_t speech_hear(struct speech *speech)
{
	size_t n = 0;

	for (unsigned quiet = 0; quiet < 3;) {
		ssize_t got;

		turn(speech);
		got = recv(speech->fd, speech->heard + n, sizeof(speech->heard) - n, 0);
		quiet = got > 0 ? 0 : quiet + 1;
		n += got > 0 ? (size_t)got : 0;
	}
	return n;
}

static void print_bytes(const char *what, const uint8_t *at, size_t n)
{
	print_message("%s (%zu bytes):", what, n);
	for (size_t i = 0; i < n && i < 512; i++)
		print_message("%s%02x", i % 4 ? "" : " ", at[i]);
	print_message("\n");
}

void speech_expect(struct speech *speech, const char *hex)
{
	static uint8_t bytes[65536];
	size_t n = hex_bytes(hex, bytes, sizeof(bytes)), heard = speech_hear(speech);

	if (n == heard && !memcmp(bytes, speech->heard, n))
		return;
	print_bytes("expected", bytes, n);
	print_bytes("heard   ", speech->heard, heard);
	fail();
}

void speech_expect_end(struct speech *speech)
{
	speech_hear(speech);
	assert_int_equal(recv(speech->fd, speech->heard, 1, 0), 0);
	assert_int_equal(speech->peers.n, 0);
}
