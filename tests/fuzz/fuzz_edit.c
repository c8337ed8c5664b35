/* Edits and checksums on whatever bytes: a tag pushed is the tag read and goes without a trace; a
 * completed checksum is right by the plainest sum, and stays when completed again; a right one stays right
 * whatever is set; no op touches what is not the packet. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "flow/action.h"
#include "packet/checksum.h"
#include "packet/edit.h"
#include "packet/frame.h"
#include "packet/parse.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(addr, size)   ((void)(addr), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(addr, size) ((void)(addr), (void)(size))
#endif

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
		assert(p.key.ip_proto == IP_PROTO_SCTP ||
		       !checksum_is_partial(frame, &p.key, &p.layout));
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

/* ---- random ops ---- */

static uint64_t random_u64(uint64_t *state)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return *state >> 16;
}

static uint64_t seed_of(const uint8_t *data, size_t size)
{
	uint64_t seed = 14695981039346656037u;

	for (size_t i = 0; i < size; i++)
		seed = (seed ^ data[i]) * 1099511628211u;
	return seed;
}

static void add_set(struct flow_op_list *list, uint64_t *random)
{
	uint64_t value[2] = {random_u64(random), random_u64(random)};
	uint64_t mask[2] = {random_u64(random), random_u64(random)};

	if (random_u64(random) & 1)
		memset(mask, 0xff, sizeof(mask));
	flow_op_set(list, random_u64(random) % N_PACKET_FIELDS, value, mask);
}

static void add_op(struct flow_op_list *list, uint64_t *random)
{
	const uint16_t number = (uint16_t)random_u64(random);

	switch (random_u64(random) % 14) {
	case 0:
		flow_op_add(list, flow_op_push_vlan(ETH_TYPE_VLAN, number));
		break;
	case 1:
		flow_op_add(list, flow_op_pop_vlan());
		break;
	case 2:
		flow_op_add(list, flow_op_set_vlan(number, VLAN_VID_MASK));
		break;
	case 3:
		flow_op_push_mpls(list, ETH_TYPE_MPLS, to_be32(number));
		break;
	case 4:
		flow_op_pop_mpls(list, number & 1 ? ETH_TYPE_MPLS : ETH_TYPE_IPV4);
		break;
	case 5:
		flow_op_push_pbb(list, ETH_TYPE_PBB, to_be32(number));
		break;
	case 6:
		flow_op_pop_pbb(list);
		break;
	default:
		add_set(list, random);
	}
}

/* What an edit knows is what the parser finds, which sees two tags: behind more of them the headers lie farther. */
static void check_layout(const struct edit *edit)
{
	const unsigned n_unseen = edit->layout.n_vlans > 2 ? edit->layout.n_vlans - 2u : 0;
	const size_t n_bytes = n_unseen * sizeof(struct vlan_header);
	struct parsed p;

	if (!edit->is_parsed)
		return;
	for (unsigned i = 0; i < n_unseen; i++)
		assert(!edit_pop_vlan(edit->frame));
	p = parse(edit->frame);
	assert(edit->layout.l3 == (p.layout.l3 ? p.layout.l3 + n_bytes : 0));
	assert(edit->layout.l4 == (p.layout.l4 ? p.layout.l4 + n_bytes : 0));
	assert(edit->layout.l3_size == p.layout.l3_size);
	assert(edit->layout.n_vlans == p.layout.n_vlans + n_unseen);
	assert(edit->packet_class == p.key.packet_class);
}

/* What lies behind the packet stays as it is, and (where a sanitizer watches) unread. */
static void run_ops(struct frame *frame, uint64_t *random)
{
	static struct flow_op_list list;
	uint8_t *end = frame->data + frame->len;
	const size_t n_behind = frame_tailroom(frame);
	struct parsed p = parse(frame);
	struct edit edit = edit_begin(frame, &p.key, &p.layout);

	flow_op_list_clear(&list);
	for (unsigned i = 0; i < 16; i++)
		add_op(&list, random);
	memset(end, 0xc5, n_behind);
	ASAN_POISON_MEMORY_REGION(end, n_behind);
	for (const struct flow_op *op = list.op; op < list.op + list.n_ops; op = flow_op_next(op))
		edit_op(&edit, op);
	ASAN_UNPOISON_MEMORY_REGION(end, n_behind);
	assert(frame->data + frame->len == end && frame_headroom(frame) <= 4096);
	for (size_t i = 0; i < n_behind; i++)
		assert(end[i] == 0xc5);
	check_layout(&edit);
}

/* Setting fields keeps a right checksum right. Not so where the pseudo-header has another address than
 * the packet. */
static void check_sets(struct frame *frame, uint64_t *random)
{
	static struct flow_op_list list;
	const struct parsed before = parse(frame);
	struct edit edit = edit_begin(frame, &before.key, &before.layout);
	be16 *field = checksum_of(frame, &before);
	struct parsed after;

	if (!field || before.layout.ipv6_extensions & IPV6_EXT_ROUTING)
		return;
	*field = to_be16(0);
	*field = to_be16((uint16_t)~whole_sum(frame, &before));
	if (!field->be)
		field->be = 0xffff;
	flow_op_list_clear(&list);
	for (unsigned i = 0; i < 8; i++)
		add_set(&list, random);
	for (const struct flow_op *op = list.op; op < list.op + list.n_ops; op = flow_op_next(op))
		assert(!edit_op(&edit, op));
	after = parse(frame);
	assert(!memcmp(&after.layout, &before.layout, sizeof(before.layout)));
	assert(whole_sum(frame, &after) == 0xffff);
	assert(after.key.ip_proto != IP_PROTO_UDP || field->be);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t random = seed_of(data, size);
	struct frame_pool *pool = NULL;
	struct frame frame = {0};

	if (size > 4096 - FRAME_HEADROOM || frame_pool_new(&pool, 1, 4096) ||
	    frame_alloc(pool, &frame))
		return 0;
	memcpy(frame.data, data, size);
	frame.len = (uint32_t)size;
	check_tags(&frame, data, size);
	check_checksum(&frame);
	check_sets(&frame, &random);
	if (size >= sizeof(struct eth_header))
		for (unsigned i = 0; i < 4; i++)
			run_ops(&frame, &random);
	frame_pool_free(&pool);
	return 0;
}
