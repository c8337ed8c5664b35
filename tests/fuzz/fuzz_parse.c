/* Whatever the bytes are: the parser stays inside them, and what it says holds together. The kernel's
 * settings (fewer extension headers, part of the packet out of reach) give the same answer or "too
 * deep", never another one. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../bpf/parse.h" /* as the kernel side has it */
#include "packet/frame.h"
#include "packet/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct parsed {
	struct packet_key key;
	struct packet_extra extra;
	struct packet_layout layout;
};

static void check_layout(const struct parsed *p, size_t size)
{
	const struct packet_layout *at = &p->layout;

	if (at->verdict == PARSE_TOO_SHORT) {
		assert(size < sizeof(struct eth_header));
		return;
	}
	if (!at->l3) { /* a tag is cut off */
		assert(at->verdict == PARSE_MALFORMED && !at->l4 && !at->l3_size);
		return;
	}
	assert(at->l3 >= sizeof(struct eth_header) + 4u * at->n_vlans);
	assert(at->l3 + at->l3_size <= size);
	assert(at->n_vlans <= 2);
	assert(!p->key.vlan.tpid.be == (at->n_vlans < 1));
	assert(!p->key.vlan_inner.tpid.be == (at->n_vlans < 2));
	if (!at->l4)
		return;
	assert(at->l4 > at->l3 && at->l4 < at->l3 + at->l3_size);
	assert(at->verdict == PARSE_OK);
	assert(!(p->key.ip_frag & FRAG_LATER));
}

static void check_fields(const struct parsed *p)
{
	const struct packet_key *key = &p->key;
	const struct parsed zero = {0};
	const uint8_t class = key->packet_class;

	assert(class == packet_class_of(from_be16(key->eth_type), key->ip_proto));
	assert(!key->pad && !p->extra.pad && key->in_port == 3);
	if (!p->layout.l4)
		assert(!key->l4_src.be && !key->l4_dst.be && !key->tcp_flags.be);
	if (class != CLASS_IPV4_TCP && class != CLASS_IPV6_TCP)
		assert(!key->tcp_flags.be);
	if (class < CLASS_IPV4)
		assert(!key->ip_ttl && !key->ip_tos && !key->ip_frag);
	if (class < CLASS_IPV6)
		assert(!memcmp(&key->word[PACKET_KEY_IPV4_WORDS],
			       &zero.key.word[PACKET_KEY_IPV4_WORDS], 3 * sizeof(uint64_t)));
	if (class != CLASS_ARP && class != CLASS_IPV6_ICMP)
		assert(!memcmp(&p->extra.arp_sha, &zero.extra, sizeof(struct eth_addr)) &&
		       !memcmp(&p->extra.arp_tha, &zero.extra, sizeof(struct eth_addr)));
	if (class != CLASS_MPLS)
		assert(!memcmp(p->extra.mpls, zero.extra.mpls, sizeof(zero.extra.mpls)));
}

/* As in the kernel: `n_there` bytes can be reached of `size`. */
static void check_kernel(const struct parsed *p, const uint8_t *data, size_t size, size_t n_there)
{
	uint8_t *reach = malloc(n_there ? n_there : 1); /* of just that size, for ASan */
	struct packet_key key = {.in_port = 3};
	struct packet_layout layout = {0};

	assert(reach);
	memcpy(reach, data, n_there);
	if (parse_packet(reach, reach + n_there, (uint32_t)size, &key, &layout) != PARSE_TOO_DEEP &&
	    layout.verdict != PARSE_TOO_SHORT) {
		if (p->layout.verdict == PARSE_OK)
			assert(layout.verdict == PARSE_OK);
		assert(!memcmp(&key, &p->key, sizeof(key)));
		assert(layout.l4 == p->layout.l4 || p->layout.verdict != PARSE_OK);
	}
	if (n_there == size && layout.verdict == PARSE_TOO_SHORT)
		assert(p->layout.verdict == PARSE_TOO_SHORT);
	free(reach);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);
	struct frame frame = {.data = bytes, .len = (uint32_t)size, .in_port = 3};
	struct parsed p;

	assert(bytes);
	memcpy(bytes, data, size);
	memset(&p, 0xff, sizeof(p));
	packet_parse(&frame, &p.key, &p.extra, &p.layout);
	check_layout(&p, size);
	check_fields(&p);
	check_kernel(&p, data, size, size);
	if (size)
		check_kernel(&p, data, size, data[size - 1] % size);
	free(bytes);
	return 0;
}
