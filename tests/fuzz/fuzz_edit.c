/* Edits and checksums on whatever bytes: a tag pushed is the tag read and goes without a trace; a
 * completed checksum is right by the plainest sum, and stays when completed again. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "packet/checksum.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "packet/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parsed {
	struct packet_key key;
	struct packet_extra extra;
	struct packet_layout layout;
};

static struct parsed parse(const struct frame *frame)
{
	struct parsed p;

	packet_parse(frame, &p.key, &p.extra, &p.layout);
	return p;
}

static void check_tags(struct frame *frame, const uint8_t *data, size_t size)
{
	const struct parsed before = parse(frame);
	struct parsed after;

	if (edit_push_vlan(frame, ETH_TYPE_SVLAN, 0xa123)) {
		assert(size < sizeof(struct eth_header));
		return;
	}
	after = parse(frame);
	assert(after.key.vlan.tpid.be == to_be16(ETH_TYPE_SVLAN).be);
	assert(after.key.vlan.tci.be == to_be16(0xa123 | VLAN_PRESENT).be);
	if (before.layout.n_vlans < 2 && before.layout.verdict == PARSE_OK) {
		assert(!memcmp(&after.key.vlan_inner, &before.key.vlan, sizeof(before.key.vlan)));
		assert(!memcmp(&after.key.word[3], &before.key.word[3], 6 * sizeof(uint64_t)));
	}
	assert(!edit_set_vlan(frame, 0x0456, VLAN_VID_MASK));
	after = parse(frame);
	assert(after.key.vlan.tci.be == to_be16(0xa456 | VLAN_PRESENT).be);
	assert(!edit_pop_vlan(frame));
	assert(frame->len == size && !memcmp(frame->data, data, size));
}

/* RFC 1071, two bytes at a time. */
static uint32_t add_bytes(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t l4_size(const struct parsed *p)
{
	return p->layout.l3 + p->layout.l3_size - p->layout.l4;
}

/* What a sender with checksum offload leaves in the field. */
static uint16_t pseudo_sum(const struct frame *frame, const struct parsed *p)
{
	const uint8_t *l3 = frame->data + p->layout.l3;
	const uint32_t sum = p->key.ip_proto + l4_size(p);

	return (uint16_t)(p->key.packet_class >= CLASS_IPV6 ? add_bytes(sum, l3 + 8, 32)
							    : add_bytes(sum, l3 + 12, 8));
}

/* 0xffff if the checksum is right. */
static uint32_t whole_sum(const struct frame *frame, const struct parsed *p)
{
	return add_bytes(pseudo_sum(frame, p), frame->data + p->layout.l4, l4_size(p));
}

static be16 *checksum_of(struct frame *frame, const struct parsed *p)
{
	uint8_t *l4 = frame->data + p->layout.l4;

	if (!p->layout.l4 || p->key.ip_frag)
		return NULL;
	if (p->key.ip_proto == IP_PROTO_TCP)
		return &((struct tcp_header *)l4)->checksum;
	if (p->key.ip_proto == IP_PROTO_UDP)
		return &((struct udp_header *)l4)->checksum;
	return NULL;
}

static void check_checksum(struct frame *frame)
{
	const struct parsed p = parse(frame);
	be16 *field = checksum_of(frame, &p), completed;

	if (!field) {
		assert(!checksum_is_partial(frame, &p.key, &p.layout));
		return;
	}
	*field = to_be16(pseudo_sum(frame, &p));
	assert(checksum_is_partial(frame, &p.key, &p.layout));
	checksum_complete(frame, &p.key, &p.layout);
	assert(whole_sum(frame, &p) == 0xffff);
	assert(p.key.ip_proto != IP_PROTO_UDP || field->be);
	completed = *field;
	if (checksum_is_partial(frame, &p.key, &p.layout)) {
		checksum_complete(frame, &p.key, &p.layout);
		assert(field->be == completed.be);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct frame_pool *pool = NULL;
	struct frame frame = {0};

	if (size > 4096 - FRAME_HEADROOM || frame_pool_new(&pool, 1, 4096) ||
	    frame_alloc(pool, &frame))
		return 0;
	memcpy(frame.data, data, size);
	frame.len = (uint32_t)size;
	check_tags(&frame, data, size);
	check_checksum(&frame);
	frame_pool_free(&pool);
	return 0;
}
