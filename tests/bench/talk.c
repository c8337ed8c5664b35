/* Programs in two containers that talk to each other over sockets.
 *
 *	talk serve                    answers on port 7777: UDP by echo, TCP by one byte for one, then closes
 *	talk ping ADDRESS SECONDS     one UDP datagram there and back after the other; prints `P50 P99` in ns
 *	talk connect ADDRESS SECONDS  connect, request, response, close, and again; prints how many a second
 *	talk send ADDRESS SECONDS     UDP datagrams of 18 bytes (64-byte frames), as many as can be
 *
 * IPv4. The server closes first, so that the client's ports are free at once.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/prctl.h>
#include <sys/signal.h>
#include <sys/socket.h>

#define PORT      7777
#define N_TIMES   (1 << 20) /* round trips that are remembered */
#define SEND_ONCE 64
#define PAYLOAD   18

static void die(const char *what)
{
	fprintf(stderr, "talk: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int socket_bound(int type)
{
	const struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	const int fd = socket(AF_INET, type, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (const void *)&here, sizeof(here)))
		die("bind");
	return fd;
}

static int socket_connected(int type, const struct sockaddr_in *to)
{
	const int fd = socket(AF_INET, type, 0);

	if (fd < 0 || connect(fd, (const void *)to, sizeof(*to)))
		die("connect");
	return fd;
}

static void echo_datagrams(int fd)
{
	struct sockaddr_in from;
	char data[64];

	for (;;) {
		socklen_t size = sizeof(from);
		const ssize_t n =
			recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &size);

		if (n >= 0)
			(void)sendto(fd, data, (size_t)n, 0, (const void *)&from, size);
	}
}

static void answer_connections(int listener)
{
	for (;;) {
		const int fd = accept(listener, NULL, NULL);
		char data;

		if (fd < 0)
			continue;
		if (read(fd, &data, 1) == 1)
			(void)!write(fd, &data, 1);
		close(fd);
	}
}

static void serve(void)
{
	const int udp = socket_bound(SOCK_DGRAM), tcp = socket_bound(SOCK_STREAM);

	if (listen(tcp, 128))
		die("listen");
	puts("ready");
	fflush(stdout);
	if (!fork()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		echo_datagrams(udp);
	}
	answer_connections(tcp);
}

static int ascending(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void ping(const struct sockaddr_in *to, double seconds)
{
	static uint32_t times[N_TIMES];
	const struct timeval patience = {.tv_usec = 200000};
	const int fd = socket_connected(SOCK_DGRAM, to);
	const uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
	char data[PAYLOAD] = {0};
	size_t n = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	while (n < N_TIMES) {
		const uint64_t begin = now_ns();

		if (begin >= end)
			break;
		if (send(fd, data, sizeof(data), 0) < 0)
			die("send");
		if (recv(fd, data, sizeof(data), 0) >
		    0) /* a lost one counts with the time it cost */
			times[n++] = (uint32_t)(now_ns() - begin);
		else
			times[n++] = 200000000;
	}
	qsort(times, n, sizeof(*times), ascending);
	printf("%u %u\n", times[n / 2], times[n * 99 / 100]);
}

static void connect_again(const struct sockaddr_in *to, double seconds)
{
	const uint64_t begin = now_ns(), end = begin + (uint64_t)(seconds * 1e9);
	uint64_t n = 0;

	while (now_ns() < end) {
		const int fd = socket_connected(SOCK_STREAM, to);
		char data[2] = "?";

		if (write(fd, data, 1) != 1 || read(fd, data, 1) != 1 || read(fd, data, 1) != 0)
			die("answer");
		close(fd);
		n++;
	}
	printf("%.1f\n", (double)n * 1e9 / (double)(now_ns() - begin));
}

static void send_all(const struct sockaddr_in *to, double seconds)
{
	const int fd = socket_connected(SOCK_DGRAM, to);
	const uint64_t end = now_ns() + (uint64_t)(seconds * 1e9);
	struct mmsghdr messages[SEND_ONCE] = {0};
	char data[PAYLOAD] = {0};
	struct iovec part = {data, sizeof(data)};

	for (unsigned i = 0; i < SEND_ONCE; i++)
		messages[i].msg_hdr = (struct msghdr){.msg_iov = &part, .msg_iovlen = 1};
	while (now_ns() < end)
		(void)sendmmsg(fd, messages, SEND_ONCE, 0);
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};

	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve();
	if (argc != 4 || inet_pton(AF_INET, argv[2], &to.sin_addr) != 1) {
		fprintf(stderr, "usage: talk serve | talk ping|connect|send ADDRESS SECONDS\n");
		return 2;
	}
	if (!strcmp(argv[1], "ping"))
		ping(&to, atof(argv[3]));
	else if (!strcmp(argv[1], "connect"))
		connect_again(&to, atof(argv[3]));
	else
		send_all(&to, atof(argv[3]));
	return 0;
}
