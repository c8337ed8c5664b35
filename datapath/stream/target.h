#pragma once
/* Where to connect to, or to listen, as Open vSwitch writes it: tcp:ADDRESS[:PORT], ptcp:[PORT][:ADDRESS],
 * unix:PATH, punix:PATH; an active one may have a host's name instead of an address; ssl: and pssl: are tcp: and ptcp: with TLS. IPv6 addresses stand in brackets. */
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;

struct target {
	bool is_passive; /* it listens */
	bool is_unix;
	bool is_tls;
	char host[256]; /* of an active one: a name to look up first; "": there is an address */
	uint16_t port;  /* ... that goes with it */
	struct sockaddr_storage addr;
	socklen_t len;
};

/* `port`: if none is said. 0 or -EINVAL. */
int target_parse(const char *text, uint16_t port, struct target *out, struct err *err);
/* What the database asks for, whoever may write it, is no socket anywhere: a unix one must lie in one of `dirs` (the
 * last is NULL); a bare name is one in the first. Others are left alone. 0, or -errno with a text. */
int target_confine(struct target *target, const char *const *dirs, struct err *err);
/* What the name stands for (dialer.h looks it up): 4 or 16 bytes of an address. */
void target_set_address(struct target *target, int family, const void *address);
/* A socket on its way to an active target, or bound to a passive one of TCP. The socket or -errno. */
int target_connect(const struct target *target);
int target_bind(const struct target *target);
