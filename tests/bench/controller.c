/* A controller of OpenFlow 1.0 that sends each packet that it gets out by a port: as little as a controller can do.
 *
 *	controller SOCKET PORT
 *
 * Listens on a Unix socket for one switch, and ends with it. Prints how many packets came.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HELLO = 0,
	ECHO_REQUEST = 2,
	ECHO_REPLY = 3,
	FEATURES_REQUEST = 5,
	PACKET_IN = 10,
	PACKET_OUT = 13
};
enum { SIZE = 1 << 20, MESSAGE_MAX = 65536 };

struct header {
	uint8_t version, type;
	uint16_t len;
	uint32_t xid;
};

struct packet_in {
	struct header header;
	uint32_t buffer;
	uint16_t total_len, in_port;
	uint8_t reason, pad;
	uint8_t data[];
} __attribute__((packed));

struct packet_out {
	struct header header;
	uint32_t buffer;
	uint16_t in_port, actions_len;
	uint16_t type, len, port, max_len; /* of the one action */
	uint8_t data[];
} __attribute__((packed));

static uint8_t in[SIZE], out[SIZE];
static size_t n_in, n_out;
static uint64_t n_packets;
static uint16_t port;

static void put(uint8_t type, const struct header *like, size_t len)
{
	struct header header = {1, type, htons((uint16_t)len), like ? like->xid : 0};

	memcpy(out + n_out, &header, sizeof(header));
	if (like)
		memcpy(out + n_out + sizeof(header), like + 1, len - sizeof(header));
	n_out += len;
}

static void send_back(const struct packet_in *packet)
{
	const size_t len = ntohs(packet->header.len) - sizeof(*packet);
	struct packet_out *message = (struct packet_out *)(out + n_out);

	*message = (struct packet_out){
		.header = {1, PACKET_OUT, htons((uint16_t)(sizeof(*message) + len)), 0},
		.buffer = UINT32_MAX,
		.in_port = packet->in_port,
		.actions_len = htons(8),
		.len = htons(8),
		.port = htons(port),
	};
	memcpy(message->data, packet->data, len);
	n_out += sizeof(*message) + len;
	n_packets++;
}

/* All messages that are whole, as long as there is room for what they cause. */
static void handle(void)
{
	size_t at = 0;

	while (n_in - at >= sizeof(struct header) && n_out < SIZE - MESSAGE_MAX) {
		const struct header *header = (const struct header *)(in + at);
		const size_t len = ntohs(header->len);

		if (n_in - at < len)
			break;
		if (header->type == PACKET_IN)
			send_back((const struct packet_in *)header);
		else if (header->type == ECHO_REQUEST)
			put(ECHO_REPLY, header, len);
		at += len;
	}
	memmove(in, in + at, n_in - at);
	n_in -= at;
}

/* False: the switch has hung up. */
static int exchange(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = (short)(POLLIN | (n_out ? POLLOUT : 0))};
	ssize_t n;

	poll(&poll_fd, 1, -1);
	n = n_in < SIZE ? read(fd, in + n_in, SIZE - n_in) : -1;
	if (!n)
		return 0;
	if (n > 0)
		n_in += (size_t)n;
	handle();
	n = n_out ? write(fd, out, n_out) : 0;
	if (n > 0) {
		memmove(out, out + n, n_out - (size_t)n);
		n_out -= (size_t)n;
	}
	return 1;
}

static int accept_one(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 1)) {
		perror(path);
		exit(1);
	}
	return accept(fd, NULL, NULL);
}

int main(int argc, char **argv)
{
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: controller SOCKET PORT\n");
		return 2;
	}
	port = (uint16_t)atoi(argv[2]);
	fd = accept_one(argv[1]);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	put(HELLO, NULL, sizeof(struct header));
	put(FEATURES_REQUEST, NULL, sizeof(struct header));
	while (exchange(fd))
		;
	printf("%llu\n", (unsigned long long)n_packets);
	return 0;
}
