#include "pcapng.h"

#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "need.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_STATISTICS = 5,
	BLOCK_PACKET = 6,
};

enum {
	OPT_END = 0,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
};

#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_ETHERNET    1
#define NANOSECONDS      9 /* 10^-9 */
#define INBOUND          1

struct interface {
	char *name;
	uint64_t n_packets;
};

struct pcapng {
	FILE *out;
	uint32_t snaplen;
	struct interface *interface;
	uint32_t n_interfaces;
	/* the block that is being made */
	uint8_t *block;
	size_t len, size;
};

/* ---- blocks ---- */

/* Up to a multiple of 4 bytes. */
static void put(struct pcapng *file, const void *data, size_t len)
{
	const size_t padded = (len + 3) & ~(size_t)3;

	if (file->len + padded > file->size) {
		file->size = 2 * (file->len + padded);
		file->block = need(realloc(file->block, file->size));
	}
	memcpy(file->block + file->len, data, len);
	memset(file->block + file->len + len, 0, padded - len);
	file->len += padded;
}

static void put_u32(struct pcapng *file, uint32_t number)
{
	put(file, &number, sizeof(number));
}

static void put_pair(struct pcapng *file, uint16_t first, uint16_t second)
{
	const uint16_t pair[] = {first, second};

	put(file, pair, sizeof(pair));
}

static void put_time(struct pcapng *file, uint64_t time)
{
	put_u32(file, (uint32_t)(time >> 32));
	put_u32(file, (uint32_t)time);
}

static void put_option(struct pcapng *file, uint16_t code, const void *value, uint16_t len)
{
	put_pair(file, code, len);
	put(file, value, len);
}

static void begin(struct pcapng *file, uint32_t type)
{
	file->len = 0;
	put_u32(file, type);
	put_u32(file, 0); /* the length, when it is known */
}

static void end(struct pcapng *file)
{
	uint32_t len = (uint32_t)file->len + 4;

	put_u32(file, len);
	memcpy(file->block + 4, &len, sizeof(len));
	fwrite(file->block, 1, file->len, file->out);
}

/* ---- what they say ---- */

static uint32_t interface_add(struct pcapng *file, const char *name)
{
	static const uint8_t resolution = NANOSECONDS;

	begin(file, BLOCK_INTERFACE);
	put_pair(file, LINK_ETHERNET, 0);
	put_u32(file, file->snaplen);
	put_option(file, IF_NAME, name, (uint16_t)strlen(name));
	put_option(file, IF_TSRESOL, &resolution, sizeof(resolution));
	put_pair(file, OPT_END, 0);
	end(file);
	file->interface = need(
		realloc(file->interface, (file->n_interfaces + 1) * sizeof(file->interface[0])));
	file->interface[file->n_interfaces] = (struct interface){need(strdup(name)), 0};
	return file->n_interfaces++;
}

static uint32_t interface_of(struct pcapng *file, const char *name)
{
	for (uint32_t i = 0; i < file->n_interfaces; i++)
		if (!strcmp(file->interface[i].name, name))
			return i;
	return interface_add(file, name);
}

struct pcapng *pcapng_new(FILE *out, uint32_t snaplen)
{
	static const char program[] = "ofctl (Shunt)";
	struct pcapng *file = need(calloc(1, sizeof(*file)));
	const int64_t unknown = -1;

	file->out = out;
	file->snaplen = snaplen;
	begin(file, BLOCK_SECTION);
	put_u32(file, BYTE_ORDER_MAGIC);
	put_pair(file, 1, 0); /* version */
	put(file, &unknown, sizeof(unknown));
	put_option(file, SHB_USERAPPL, program, sizeof(program) - 1);
	put_pair(file, OPT_END, 0);
	end(file);
	return file;
}

void pcapng_free(struct pcapng **p)
{
	struct pcapng *file = *p;

	if (!file)
		return;
	for (uint32_t i = 0; i < file->n_interfaces; i++)
		free(file->interface[i].name);
	free(file->interface);
	free(file->block);
	mem_free(p);
}

void pcapng_packet(struct pcapng *file, const char *port, uint64_t time, const uint8_t *bytes,
		   uint32_t len, uint32_t total_len)
{
	const uint32_t interface = interface_of(file, port), flags = INBOUND;

	file->interface[interface].n_packets++;
	begin(file, BLOCK_PACKET);
	put_u32(file, interface);
	put_time(file, time);
	put_u32(file, len);
	put_u32(file, total_len);
	put(file, bytes, len);
	put_option(file, EPB_FLAGS, &flags, sizeof(flags));
	put_pair(file, OPT_END, 0);
	end(file);
}

void pcapng_finish(struct pcapng *file, const char *name, uint64_t time, uint64_t n_lost)
{
	if (!file->n_interfaces)
		interface_add(file, name);
	for (uint32_t i = 0; i < file->n_interfaces; i++) {
		const uint64_t n = file->interface[i].n_packets;

		begin(file, BLOCK_STATISTICS);
		put_u32(file, i);
		put_time(file, time);
		put_option(file, ISB_IFRECV, &n, sizeof(n));
		if (!i)
			put_option(file, ISB_IFDROP, &n_lost, sizeof(n_lost));
		put_pair(file, OPT_END, 0);
		end(file);
	}
}
