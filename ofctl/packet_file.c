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
static int pcap_next(struct slice file, size_t *state, struct slice *packet, struct err *err)
{
	bool is_swapped = !is_pcap(number_at(file, 0, false));
	uint32_t len;

	if (!*state) {
		int rc = check_link(number_at(file, 20, is_swapped) & 0xfffffff, err);

		if (rc)
			return rc;
		*state = 24;
	}
	if (*state == file.len)
		return 0;
	len = number_at(file, *state + 8, is_swapped);
	if (file.len - *state < 16 || file.len - *state - 16 < len)
		return cut_off(err);
	*packet = (struct slice){file.at + *state + 16, len};
	*state += 16 + len;
	return 1;
}

/* Blocks, each with its length in front and behind. */
static int pcapng_next(struct slice file, size_t *state, struct slice *packet, struct err *err)
{
	bool is_swapped = number_at(file, 8, false) != PCAPNG_ORDER;

	while (*state < file.len) {
		size_t at = *state;
		uint32_t type = number_at(file, at, is_swapped);
		uint32_t size = number_at(file, at + 4, is_swapped);
		size_t head = type == BLOCK_ENHANCED ? 28 : 12;
		uint32_t len = number_at(file, at + (type == BLOCK_ENHANCED ? 20 : 8), is_swapped);

		if (size < 12 || size % 4 || size > file.len - at)
			return cut_off(err);
		*state += size;
		if (type == BLOCK_IFACE) {
			int rc = check_link(number_at(file, at + 8, is_swapped) & 0xffff, err);

			if (rc)
				return rc;
		} else if (type == BLOCK_ENHANCED || type == BLOCK_SIMPLE) {
			if (size < head + 4 || len > size - head - 4)
				return cut_off(err);
			*packet = (struct slice){file.at + at + head, len};
			return 1;
		}
	}
	return 0;
}

int packet_file_next(struct slice file, size_t *state, struct slice *packet, struct err *err)
{
	if (number_at(file, 0, false) == PCAPNG_START)
		return pcapng_next(file, state, packet, err);
	return pcap_next(file, state, packet, err);
}
