#pragma once
/* A conversation in OpenFlow with a bridge of fake ports: bytes as hexadecimal text, in and out. */
#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/openflow_session.h"
#include "support/rig.h"

struct speech {
	struct rig rig;
	struct event_base *base;
	struct openflow_peers peers;
	int fd;
	uint8_t heard[1 << 20];
};

/* Begins one, as a controller; HELLO is not said yet. */
void speech_init(struct speech *speech);
/* HELLO has been said both ways, for this version. */
void speech_agree(struct speech *speech, uint8_t version);
void speech_fini(struct speech *speech);
/* One more controller of the same bridge; nothing is said yet. Who speaks and hears is whose socket is `fd`. */
int speech_connect(struct speech *speech, bool is_service);

/* Says bytes: hexadecimal digits, blanks between them as one likes. "LLLL" is the message's length. */
void speech_say(struct speech *speech, const char *hex);
void speech_say_bytes(struct speech *speech, const void *bytes, size_t n);
/* All that has been answered; 0: nothing. */
size_t speech_hear(struct speech *speech);
/* Fails unless just this is answered. */
void speech_expect(struct speech *speech, const char *hex);
/* Fails unless the other side has hung up. */
void speech_expect_end(struct speech *speech);

/* Hexadecimal text as bytes; "LLLL" is what the number of bytes is. How many. */
size_t hex_bytes(const char *hex, uint8_t *out, size_t size);
