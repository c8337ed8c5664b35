#include "packet_file.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#include "base/err.h"

#define PCAP_US      0xa1b2c3d4u
#define PCAP_NS      0xa1b23c4du
#define PCAPNG_START 0x0a0d0d0au
#define PCAPNG_ORDER 0x1a2b3c4du

#define BLOCK_SIMPLE   3
#define BLOCK_ENHANCED 6
#define BLOCK_IFACE    1

#define OPT_END     0
#define OPT_IF_NAME 2

#define LINK_ETHERNET 1

static uint32_t number_at(struct slice file, size_t at, bool is_swapped)
{
	uint32_t number = 0;

	if (at + sizeof(number) <= file.len)
		memcpy(&number, file.at + at, sizeof(number));
	return is_swapped ? __builtin_bswap32(number) : number;
}

static bool is_pcap(uint32_t magic)
{
	return magic == PCAP_US || magic == PCAP_NS;
}

bool packet_file_is_one(struct slice file)
{
	uint32_t magic = number_at(file, 0, false);

	return file.len >= 24 &&
	       (is_pcap(magic) || is_pcap(__builtin_bswap32(magic)) || magic == PCAPNG_START);
}

static int cut_off(struct err *err)
{
	return err_set(err, EINVAL, "the file is cut off in the middle of a packet");
}

static int check_link(uint32_t type, struct err *err)
{
	if (type != LINK_ETHERNET)
		return err_set(err, EINVAL,
			       "its packets are of link type %u: use a capture of Ethernet (1)",
			       type);
	return 0;
}

/* A header of 24 bytes, then packets with 16 bytes each in front. */
static int pcap_next(struct packet_file *reader, struct err *err)
{
	const struct slice file = reader->file;
	bool is_swapped = !is_pcap(number_at(file, 0, false));
	uint32_t len;

	if (!reader->at) {
		int rc = check_link(number_at(file, 20, is_swapped) & 0xfffffff, err);

		if (rc)
			return rc;
		reader->at = 24;
	}
	if (reader->at == file.len)
		return 0;
	len = number_at(file, reader->at + 8, is_swapped);
	if (file.len - reader->at < 16 || file.len - reader->at - 16 < len)
		return cut_off(err);
	reader->packet = (struct slice){file.at + reader->at + 16, len};
	reader->at += 16 + len;
	return 1;
}

/* ---- pcapng: blocks, each with its length in front and behind ---- */

struct block {
	struct slice bytes;
	uint32_t type;
	bool is_swapped;
};

static uint16_t short_at(const struct block *block, size_t at)
{
	uint16_t number = 0;

	if (at + sizeof(number) <= block->bytes.len)
		memcpy(&number, block->bytes.at + at, sizeof(number));
	return block->is_swapped ? __builtin_bswap16(number) : number;
}

/* An option's value: code, length, and bytes up to a multiple of four. Empty: it is not there. */
static struct slice option_of(const struct block *block, size_t at, uint16_t code)
{
	const size_t end = block->bytes.len - 4;

	while (at + 4 <= end) {
		const uint16_t is = short_at(block, at), len = short_at(block, at + 2);

		if (is == OPT_END || len > end - at - 4)
			break;
		if (is == code)
			return (struct slice){block->bytes.at + at + 4, len};
		at += 4 + (len + 3u) / 4 * 4;
	}
	return (struct slice){NULL, 0};
}

static int interface_add(struct packet_file *reader, const struct block *block, struct err *err)
{
	const unsigned n = reader->n_interfaces;

	if (n < PACKET_FILE_INTERFACES) {
		reader->interfaces[n] = option_of(block, 16, OPT_IF_NAME);
		reader->n_interfaces++;
	}
	return check_link(short_at(block, 8), err);
}

/* A simple one is of the first interface. */
static int packet_add(struct packet_file *reader, const struct block *block, struct err *err)
{
	const bool is_simple = block->type == BLOCK_SIMPLE;
	const size_t head = is_simple ? 12 : 28;
	const uint32_t len = number_at(block->bytes, is_simple ? 8 : 20, block->is_swapped);
	const uint32_t id = is_simple ? 0 : number_at(block->bytes, 8, block->is_swapped);

	if (block->bytes.len < head + 4 || len > block->bytes.len - head - 4)
		return cut_off(err);
	reader->packet = (struct slice){block->bytes.at + head, len};
	if (id < reader->n_interfaces)
		reader->interface = reader->interfaces[id];
	return 1;
}

static int pcapng_next(struct packet_file *reader, struct err *err)
{
	const struct slice file = reader->file;
	bool is_swapped = number_at(file, 8, false) != PCAPNG_ORDER;
	int rc = 0;

	while (!rc && reader->at < file.len) {
		const size_t at = reader->at;
		const uint32_t size = number_at(file, at + 4, is_swapped);
		struct block block = {{file.at + at, size}, 0, is_swapped};

		if (size < 12 || size % 4 || size > file.len - at)
			return cut_off(err);
		block.type = number_at(file, at, is_swapped);
		reader->at += size;
		if (block.type == PCAPNG_START)
			reader->n_interfaces = 0;
		else if (block.type == BLOCK_IFACE)
			rc = interface_add(reader, &block, err);
		else if (block.type == BLOCK_ENHANCED || block.type == BLOCK_SIMPLE)
			rc = packet_add(reader, &block, err);
	}
	return rc;
}

int packet_file_next(struct packet_file *reader, struct err *err)
{
	reader->interface = (struct slice){NULL, 0};
	if (number_at(reader->file, 0, false) == PCAPNG_START)
		return pcapng_next(reader, err);
	return pcap_next(reader, err);
}
