#include "stream/target.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libgen.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/err.h"
#include "base/own.h"
#include "base/slice.h"

/* ---- reading ---- */

static int bad(const char *text, struct err *err)
{
	return err_set(
		err, EINVAL,
		"%s: write tcp:ADDRESS[:PORT], ptcp:[PORT][:ADDRESS], the same with ssl: "
		"and pssl:, unix:PATH or punix:PATH; only who connects may write a name for an address",
		text);
}

static bool set_address(struct target *out, struct slice address, uint16_t port)
{
	struct sockaddr_in *in = (void *)&out->addr;
	struct sockaddr_in6 *in6 = (void *)&out->addr;
	char copy[INET6_ADDRSTRLEN];

	if (address.len >= sizeof(copy))
		return false;
	memcpy(copy, address.at, address.len);
	copy[address.len] = '\0';
	if (inet_pton(AF_INET, copy, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		out->len = sizeof(*in);
		return true;
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	out->len = sizeof(*in6);
	return inet_pton(AF_INET6, copy, &in6->sin6_addr) == 1;
}

/* Cuts "ADDRESS" or "[ADDRESS]" off the front. */
static struct slice take_address(struct slice *text)
{
	struct slice address;
	size_t end;

	if (text->len && *text->at == '[') {
		end = slice_find(*text, ']');
		address = (struct slice){text->at + 1, end ? end - 1 : 0};
		*text = slice_skip(*text, end < text->len ? end + 1 : end);
		return address;
	}
	end = slice_find(*text, ':');
	address = slice_first(*text, end);
	*text = slice_skip(*text, end);
	return address;
}

/* Decimal. "" leaves what is there. */
static bool read_port(struct slice text, uint16_t *port)
{
	uint32_t number = 0;

	if (!text.len)
		return true;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > '9')
			return false;
		number = number * 10 + (uint32_t)(text.at[i] - '0');
		if (number > UINT16_MAX)
			return false;
	}
	*port = (uint16_t)number;
	return true;
}

void target_set_address(struct target *target, int family, const void *address)
{
	struct sockaddr_in *in = (void *)&target->addr;
	struct sockaddr_in6 *in6 = (void *)&target->addr;

	memset(&target->addr, 0, sizeof(target->addr));
	target->addr.ss_family = (sa_family_t)family;
	if (family == AF_INET) {
		in->sin_port = htons(target->port);
		memcpy(&in->sin_addr, address, sizeof(in->sin_addr));
		target->len = sizeof(*in);
	} else {
		in6->sin6_port = htons(target->port);
		memcpy(&in6->sin6_addr, address, sizeof(in6->sin6_addr));
		target->len = sizeof(*in6);
	}
}

/* Something that a resolver can be asked for. What is all digits and dots is a broken address. */
static bool set_host(struct target *out, struct slice host, uint16_t port)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
	static const char digits[] = "0123456789.";
	bool has_letter = false;

	if (!host.len || host.len >= sizeof(out->host))
		return false;
	for (size_t i = 0; i < host.len; i++) {
		bool is_letter = strchr(letters, host.at[i]);

		if (!host.at[i] || (!is_letter && !strchr(digits, host.at[i])))
			return false;
		has_letter |= is_letter;
	}
	memcpy(out->host, host.at, host.len);
	out->port = port;
	return has_letter;
}

static bool read_active(struct slice text, uint16_t port, struct target *out)
{
	struct slice address = take_address(&text);

	if (text.len && *text.at == ':')
		text = slice_skip(text, 1);
	if (!read_port(text, &port) || !port)
		return false;
	return set_address(out, address, port) || set_host(out, address, port);
}

static bool read_passive(struct slice text, uint16_t port, struct target *out)
{
	size_t end = slice_find(text, ':');
	struct slice number = slice_first(text, end), rest;
	struct slice address = slice_of("0.0.0.0");

	rest = slice_skip(text, end < text.len ? end + 1 : end);
	if (rest.len)
		address = take_address(&rest);
	return !rest.len && read_port(number, &port) && set_address(out, address, port);
}

static bool read_path(struct slice path, struct target *out)
{
	struct sockaddr_un *un = (void *)&out->addr;

	if (!path.len || path.len >= sizeof(un->sun_path))
		return false;
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path.at, path.len);
	out->is_unix = true;
	out->len = sizeof(*un);
	return true;
}

int target_parse(const char *text, uint16_t port, struct target *out, struct err *err)
{
	static const struct {
		const char *prefix;
		bool is_passive, is_unix, is_tls;
	} kinds[] = {
		{"tcp:", false, false, false}, {"ptcp:", true, false, false},
		{"ssl:", false, false, true},  {"pssl:", true, false, true},
		{"unix:", false, true, false}, {"punix:", true, true, false},
	};
	const struct slice all = slice_of(text);

	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct slice rest = slice_skip(
			all, strlen(kinds[i].prefix) < all.len ? strlen(kinds[i].prefix) : all.len);
		bool is_good;

		if (!slice_starts(all, kinds[i].prefix))
			continue;
		*out = (struct target){.is_passive = kinds[i].is_passive,
				       .is_tls = kinds[i].is_tls};
		is_good = kinds[i].is_unix      ? read_path(rest, out)
			  : kinds[i].is_passive ? read_passive(rest, port, out)
						: read_active(rest, port, out);
		return is_good ? 0 : bad(text, err);
	}
	return bad(text, err);
}

/* ---- where the database may reach ---- */

/* However either is written. */
static bool lies_in(const char *path, const char *dir)
{
	own(mem_free) char *copy = strdup(path);
	own(mem_free) char *parent = copy ? realpath(dirname(copy), NULL) : NULL;
	own(mem_free) char *wanted = realpath(dir, NULL);
	size_t len = wanted ? strlen(wanted) : 0;

	return parent && wanted && !strncmp(parent, wanted, len) &&
	       (!parent[len] || parent[len] == '/');
}

int target_confine(struct target *target, const char *const *dirs, struct err *err)
{
	struct sockaddr_un *un = (void *)&target->addr;
	char path[sizeof(un->sun_path)];

	if (!target->is_unix)
		return 0;
	if (!strchr(un->sun_path, '/')) {
		if (snprintf(path, sizeof(path), "%s/%s", dirs[0], un->sun_path) >=
		    (int)sizeof(path))
			return err_set(err, ENAMETOOLONG, "%s: too long for a socket's name",
				       un->sun_path);
		memcpy(un->sun_path, path, sizeof(path));
		return 0;
	}
	for (unsigned i = 0; dirs[i]; i++)
		if (lies_in(un->sun_path, dirs[i]))
			return 0;
	return err_set(err, EPERM,
		       "%s: the database may name sockets in %s alone: put it there, or say it on "
		       "the command line",
		       un->sun_path, dirs[0]);
}

/* ---- sockets ---- */

static int socket_of(const struct target *target)
{
	int fd = socket(target->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd >= 0 && !target->is_unix)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd < 0 ? -errno : fd;
}

int target_connect(const struct target *target)
{
	own(fd_close) int fd = socket_of(target);

	if (fd < 0)
		return fd;
	if (connect(fd, (const struct sockaddr *)&target->addr, target->len) &&
	    errno != EINPROGRESS)
		return -errno;
	return take_fd(fd);
}

int target_bind(const struct target *target)
{
	own(fd_close) int fd = socket_of(target);
	int on = 1;

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&target->addr, target->len))
		return -errno;
	return take_fd(fd);
}
