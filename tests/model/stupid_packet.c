#include "model/stupid_packet.h"

#include <string.h>

#include "flow/action.h"
#include "support/random.h"

/* ---- random packets ---- */

static void fill(void *out, size_t size, uint64_t *random)
{
	for (size_t i = 0; i < size; i++)
		((uint8_t *)out)[i] = (uint8_t)random_u64(random);
}

static bool coin(uint64_t *random)
{
	return random_below(random, 2);
}

static void random_eth(struct stupid_eth *eth, uint64_t *random)
{
	fill(eth->dst, 6, random);
	fill(eth->src, 6, random);
	eth->n_tags = random_below(random, STUPID_TAGS + 1);
	for (unsigned i = 0; i < eth->n_tags; i++) {
		eth->tpid[i] = coin(random) ? 0x8100 : 0x88a8;
		fill(&eth->tci[i], 2, random);
	}
}

void stupid_random(struct stupid_packet *p, uint64_t *random)
{
	memset(p, 0, sizeof(*p));
	fill(p, sizeof(*p), random);
	p->n_wraps = 0;
	random_eth(&p->eth, random);
	p->n_mpls = random_below(random, 4) ? 0 : 1 + random_below(random, 4);
	p->mpls_type = 0x8847;
	for (unsigned i = 0; i < p->n_mpls; i++)
		p->mpls[i] = (p->mpls[i] & ~0x100u) | (i ? 0 : 0x100u);
	p->body = random_below(random, N_BODIES + 2);
	if (p->body >= N_BODIES)
		p->body = coin(random) ? BODY_IPV4 : BODY_IPV6;
	p->n_options = random_below(random, 4);
	p->has_routing = !random_below(random, 4);
	p->n_stops = p->has_routing ? random_below(random, 3) : 0;
	p->label &= 0xfffff;
	p->fragment = random_below(random, 3) ? FRAGMENT_NONE : random_below(random, N_FRAGMENTS);
	p->l4 = random_below(random, N_L4);
	if (p->l4 == L4_ND && (p->body != BODY_IPV6 || p->fragment))
		p->l4 = L4_ICMP;
	if (p->l4 == L4_ND) {
		p->icmp_type = coin(random) ? 135 : 136;
		p->icmp_code = 0;
	} else if (p->body == BODY_IPV6) {
		p->icmp_type &= 0x7f;
	}
	p->has_no_checksum = coin(random) && p->body == BODY_IPV4;
	p->has_sll = coin(random);
	p->has_tll = coin(random);
	p->n_payload = 64 + random_below(random, STUPID_BYTES - 64);
	/* Now and then all that is summed is nearly nothing. */
	if (!random_below(random, 8))
		memset(p->payload, coin(random) ? 0 : 0xff, p->n_payload);
	/* A sum of zeros alone is 0, which nobody who only knows a difference can tell from -0 (RFC 1624). */
	if (p->l4 == L4_ICMP)
		p->payload[0] |= 1;
	/* Behind a label nothing but its first bits tells IP. */
	if (p->body == BODY_RAW)
		p->payload[0] |= 0xf0;
	p->n_padding = random_below(random, 3) ? 0 : random_below(random, 20);
}

/* ---- bytes ---- */

struct writer {
	uint8_t *data;
	size_t n;
};

static void put(struct writer *w, const void *bytes, size_t size)
{
	memcpy(w->data + w->n, bytes, size);
	w->n += size;
}

static void put_number(struct writer *w, uint64_t v, unsigned size)
{
	while (size--)
		w->data[w->n++] = (uint8_t)(v >> 8 * size);
}

static void patch16(struct writer *w, size_t at, uint16_t v)
{
	w->data[at] = (uint8_t)(v >> 8);
	w->data[at + 1] = (uint8_t)v;
}

static uint32_t add(uint32_t sum, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		sum += (uint32_t)bytes[i] << (i % 2 ? 0 : 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t crc32c(const uint8_t *bytes, size_t size)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

static void put_eth(struct writer *w, const struct stupid_eth *eth)
{
	put(w, eth->dst, 6);
	put(w, eth->src, 6);
	for (unsigned i = 0; i < eth->n_tags; i++) {
		put_number(w, eth->tpid[i], 2);
		put_number(w, eth->tci[i], 2);
	}
}

static uint8_t proto_of(const struct stupid_packet *p)
{
	static const uint8_t protos[N_L4] = {
		[L4_RAW] = 253, [L4_TCP] = 6, [L4_UDP] = 17, [L4_SCTP] = 132, [L4_ND] = 58,
	};

	if (p->l4 == L4_ICMP)
		return p->body == BODY_IPV4 ? 1 : 58;
	return protos[p->l4];
}

static uint32_t pseudo_sum(const struct stupid_packet *p, size_t size)
{
	const uint8_t rest[4] = {0, proto_of(p), (uint8_t)(size >> 8), (uint8_t)size};
	const uint32_t sum = add(0, rest, sizeof(rest));

	if (p->body == BODY_IPV4)
		return add(add(sum, p->ipv4_src, 4), p->ipv4_dst, 4);
	return add(add(sum, p->ipv6_src, 16), p->n_stops ? p->stop : p->ipv6_dst, 16);
}

static void put_nd(struct writer *w, const struct stupid_packet *p)
{
	put_number(w, 0x60000000, 4);
	put(w, p->target, 16);
	if (p->has_sll) {
		put_number(w, 0x0101, 2);
		put(w, p->sll, 6);
	}
	put_number(w, 0x0501, 2); /* MTU */
	put_number(w, 1500, 6);
	if (p->has_tll) {
		put_number(w, 0x0201, 2);
		put(w, p->tll, 6);
	}
}

/* The whole datagram. */
static void put_l4(struct writer *w, const struct stupid_packet *p)
{
	const size_t at = w->n, size_udp = 8 + p->n_payload;
	size_t field = 0;
	uint32_t sum;

	if (p->l4 == L4_TCP || p->l4 == L4_UDP || p->l4 == L4_SCTP) {
		put_number(w, p->src, 2);
		put_number(w, p->dst, 2);
	} else if (p->l4 != L4_RAW) {
		put_number(w, p->icmp_type, 1);
		put_number(w, p->icmp_code, 1);
		field = w->n;
		put_number(w, 0, 2);
	}
	if (p->l4 == L4_TCP) {
		put_number(w, 0x0123456789abcdef, 8);
		put_number(w, 0x50101000, 4);
		field = w->n;
		put_number(w, 0, 4);
	} else if (p->l4 == L4_UDP) {
		put_number(w, size_udp, 2);
		field = w->n;
		put_number(w, 0, 2);
	} else if (p->l4 == L4_SCTP) {
		put_number(w, 0xfeedbeef, 4);
		put_number(w, 0, 4);
	}
	if (p->l4 == L4_ND)
		put_nd(w, p);
	else
		put(w, p->payload, p->n_payload);
	if (p->l4 == L4_SCTP && p->fragment == FRAGMENT_NONE) {
		uint32_t crc = crc32c(w->data + at, w->n - at);

		for (unsigned i = 0; i < 4; i++)
			w->data[at + 8 + i] = (uint8_t)(crc >> 8 * i);
	}
	if (!field || (p->l4 == L4_UDP && p->has_no_checksum))
		return;
	sum = proto_of(p) == 1 ? 0 : pseudo_sum(p, w->n - at);
	sum = ~add(sum, w->data + at, w->n - at) & 0xffff;
	patch16(w, field, p->l4 == L4_UDP && !sum ? 0xffff : (uint16_t)sum);
}

/* The datagram, or the part of it that is in this packet. */
static void put_datagram(struct writer *w, const struct stupid_packet *p)
{
	uint8_t bytes[STUPID_BYTES + 100];
	struct writer whole = {bytes, 0};

	put_l4(&whole, p);
	if (p->fragment == FRAGMENT_FIRST)
		whole.n = 48;
	if (p->fragment == FRAGMENT_LATER)
		put(w, p->payload, p->n_payload);
	else
		put(w, bytes, whole.n);
}

static void put_arp(struct writer *w, const struct stupid_packet *p)
{
	put_number(w, 0x000108000604, 6);
	put_number(w, p->arp_op, 2);
	put(w, p->sha, 6);
	put(w, p->spa, 4);
	put(w, p->tha, 6);
	put(w, p->tpa, 4);
}

static void put_ipv4(struct writer *w, const struct stupid_packet *p)
{
	static const uint16_t fragments[N_FRAGMENTS] = {0x4000, 0x2000, 6};
	const size_t at = w->n, header = 20 + 4 * p->n_options;

	put_number(w, 0x40 | header / 4, 1);
	put_number(w, p->tos, 1);
	put_number(w, 0, 2);
	put_number(w, 0x1234, 2);
	put_number(w, fragments[p->fragment], 2);
	put_number(w, p->ttl, 1);
	put_number(w, proto_of(p), 1);
	put_number(w, 0, 2);
	put(w, p->ipv4_src, 4);
	put(w, p->ipv4_dst, 4);
	for (unsigned i = 0; i < p->n_options; i++)
		put_number(w, 0x01010101, 4);
	put_datagram(w, p);
	patch16(w, at + 2, (uint16_t)(w->n - at));
	patch16(w, at + 10, (uint16_t)~add(0, w->data + at, header));
}

static void put_ipv6(struct writer *w, const struct stupid_packet *p)
{
	const bool has_fragment = p->fragment != FRAGMENT_NONE;
	const uint8_t behind_routing = has_fragment ? 44 : proto_of(p);
	const uint8_t behind_options = p->has_routing ? 43 : behind_routing;
	const size_t at = w->n;

	put_number(w, 0x60000000 | (uint32_t)p->tos << 20 | p->label, 4);
	put_number(w, 0, 2);
	put_number(w, p->n_options ? 60 : behind_options, 1);
	put_number(w, p->ttl, 1);
	put(w, p->ipv6_src, 16);
	put(w, p->ipv6_dst, 16);
	for (unsigned i = 0; i < p->n_options; i++) {
		put_number(w, i + 1 < p->n_options ? 60 : behind_options, 1);
		put_number(w, 0x00010400000000, 7);
	}
	if (p->has_routing) {
		put_number(w, behind_routing, 1);
		put_number(w, 2, 1);
		put_number(w, 0, 1);
		put_number(w, p->n_stops, 1);
		put_number(w, 0, 4);
		put(w, p->stop, 16);
	}
	if (has_fragment) {
		put_number(w, (uint64_t)proto_of(p) << 8, 2);
		put_number(w, p->fragment == FRAGMENT_FIRST ? 1 : 48, 2);
		put_number(w, 0x12345678, 4);
	}
	put_datagram(w, p);
	patch16(w, at + 4, (uint16_t)(w->n - at - 40));
}

static uint16_t type_of(const struct stupid_packet *p)
{
	static const uint16_t types[N_BODIES] = {0x88b5, 0x0806, 0x0800, 0x86dd};

	return types[p->body];
}

size_t stupid_write(const struct stupid_packet *p, uint8_t *out)
{
	struct writer w = {out, 0};

	for (unsigned i = 0; i < p->n_wraps; i++) {
		put_eth(&w, &p->wrap[i]);
		put_number(&w, 0x88e7, 2);
		put_number(&w, p->itag[i], 4);
	}
	put_eth(&w, &p->eth);
	put_number(&w, p->n_mpls ? p->mpls_type : type_of(p), 2);
	for (unsigned i = p->n_mpls; i; i--)
		put_number(&w, p->mpls[i - 1], 4);
	if (p->body == BODY_ARP)
		put_arp(&w, p);
	else if (p->body == BODY_IPV4)
		put_ipv4(&w, p);
	else if (p->body == BODY_IPV6)
		put_ipv6(&w, p);
	else
		put(&w, p->payload, p->n_payload);
	for (size_t i = 0; i < p->n_padding; i++)
		put_number(&w, 0xa5, 1);
	return w.n;
}

/* ---- ops ---- */

static struct stupid_eth *outer(struct stupid_packet *p)
{
	return p->n_wraps ? &p->wrap[0] : &p->eth;
}

static bool step_vlan(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random)
{
	struct stupid_eth *eth = outer(p);
	uint16_t tci = (uint16_t)random_u64(random), mask = (uint16_t)random_u64(random);
	uint16_t tpid = coin(random) ? 0x8100 : 0x88a8;

	if (eth->n_tags < STUPID_TAGS && coin(random)) {
		flow_op_add(list, flow_op_push_vlan(tpid, tci));
		for (unsigned i = eth->n_tags++; i; i--) {
			eth->tpid[i] = eth->tpid[i - 1];
			eth->tci[i] = eth->tci[i - 1];
		}
		eth->tpid[0] = tpid;
		eth->tci[0] = tci;
		return true;
	}
	if (!eth->n_tags)
		return false;
	if (coin(random)) {
		flow_op_add(list, flow_op_set_vlan(tci, mask));
		eth->tci[0] = (uint16_t)((eth->tci[0] & ~mask) | (tci & mask));
		return true;
	}
	flow_op_add(list, flow_op_pop_vlan());
	for (unsigned i = 1; i < eth->n_tags; i++) {
		eth->tpid[i - 1] = eth->tpid[i];
		eth->tci[i - 1] = eth->tci[i];
	}
	eth->n_tags--;
	return true;
}

static bool step_mpls(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random)
{
	uint32_t entry = (uint32_t)random_u64(random) & ~0x100u;

	if (p->n_wraps)
		return false;
	if (p->n_mpls && coin(random)) {
		flow_op_pop_mpls(list, p->n_mpls > 1 ? p->mpls_type : type_of(p));
		p->n_mpls--;
		return true;
	}
	if (p->n_mpls == STUPID_MPLS)
		return false;
	p->mpls_type = coin(random) ? 0x8847 : 0x8848;
	entry |= p->n_mpls ? 0 : 0x100;
	flow_op_push_mpls(list, p->mpls_type, to_be32(entry));
	p->mpls[p->n_mpls++] = entry;
	return true;
}

static bool step_pbb(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random)
{
	uint32_t itag = (uint32_t)random_u64(random);
	struct stupid_eth *eth = outer(p), header = {.n_tags = 0};

	if (p->n_wraps && !eth->n_tags && coin(random)) {
		flow_op_pop_pbb(list);
		p->n_wraps--;
		memmove(p->wrap, p->wrap + 1, p->n_wraps * sizeof(p->wrap[0]));
		memmove(p->itag, p->itag + 1, p->n_wraps * sizeof(p->itag[0]));
		return true;
	}
	if (p->n_wraps == STUPID_WRAPS)
		return false;
	flow_op_push_pbb(list, 0x88e7, to_be32(itag));
	memcpy(header.dst, eth->dst, 6);
	memcpy(header.src, eth->src, 6);
	memmove(p->wrap + 1, p->wrap, p->n_wraps * sizeof(p->wrap[0]));
	memmove(p->itag + 1, p->itag, p->n_wraps * sizeof(p->itag[0]));
	p->wrap[0] = header;
	p->itag[0] = itag;
	p->n_wraps++;
	return true;
}

/* Where a field is kept, if the packet has it: bytes as in the packet, or a number. */
struct place {
	uint8_t *bytes;
	uint8_t *u8;
	uint16_t *u16;
	uint32_t *u32;
};

static struct place place_of_l4(struct stupid_packet *p, enum packet_field field)
{
	const bool has_ports = p->l4 == L4_TCP || p->l4 == L4_UDP || p->l4 == L4_SCTP;
	const bool is_icmp = p->l4 == L4_ICMP || p->l4 == L4_ND;

	if (p->body < BODY_IPV4 || p->fragment == FRAGMENT_LATER)
		return (struct place){0};
	/* The bytes of a fragment do not tell what SCTP's checksum becomes. */
	if (field == SET_L4_SRC && has_ports)
		return (struct place){.u16 = &p->src};
	if (field == SET_L4_DST && has_ports)
		return (struct place){.u16 = &p->dst};
	if (field == SET_ICMP_CODE && is_icmp)
		return (struct place){.u8 = &p->icmp_code};
	if (field == SET_ICMP_TYPE && is_icmp)
		return (struct place){.u8 = &p->icmp_type};
	if (p->l4 != L4_ND || p->icmp_code || (p->icmp_type != 135 && p->icmp_type != 136))
		return (struct place){0};
	if (field == SET_ND_TARGET)
		return (struct place){.bytes = p->target};
	if (field == SET_ND_SLL && p->has_sll)
		return (struct place){.bytes = p->sll};
	if (field == SET_ND_TLL && p->has_tll)
		return (struct place){.bytes = p->tll};
	return (struct place){0};
}

static struct place place_of_l3(struct stupid_packet *p, enum packet_field field)
{
	const bool is_ip = p->body >= BODY_IPV4;

	switch (field) {
	case SET_IPV4_SRC:
		return (struct place){.bytes = p->body == BODY_IPV4 ? p->ipv4_src : NULL};
	case SET_IPV4_DST:
		return (struct place){.bytes = p->body == BODY_IPV4 ? p->ipv4_dst : NULL};
	case SET_IPV6_SRC:
		return (struct place){.bytes = p->body == BODY_IPV6 ? p->ipv6_src : NULL};
	case SET_IPV6_DST:
		return (struct place){.bytes = p->body == BODY_IPV6 ? p->ipv6_dst : NULL};
	case SET_IP_TOS:
		return (struct place){.u8 = is_ip ? &p->tos : NULL};
	case SET_IP_TTL:
		return (struct place){.u8 = is_ip ? &p->ttl : NULL};
	case SET_IPV6_LABEL:
		return (struct place){.u32 = p->body == BODY_IPV6 ? &p->label : NULL};
	case SET_ARP_OP:
		return (struct place){.u16 = p->body == BODY_ARP ? &p->arp_op : NULL};
	case SET_ARP_SPA:
		return (struct place){.bytes = p->body == BODY_ARP ? p->spa : NULL};
	case SET_ARP_TPA:
		return (struct place){.bytes = p->body == BODY_ARP ? p->tpa : NULL};
	case SET_ARP_SHA:
		return (struct place){.bytes = p->body == BODY_ARP ? p->sha : NULL};
	case SET_ARP_THA:
		return (struct place){.bytes = p->body == BODY_ARP ? p->tha : NULL};
	default:
		return place_of_l4(p, field);
	}
}

static struct place place_of(struct stupid_packet *p, enum packet_field field)
{
	if (field == SET_ETH_DST)
		return (struct place){.bytes = outer(p)->dst};
	if (field == SET_ETH_SRC)
		return (struct place){.bytes = outer(p)->src};
	if (field == SET_PBB_ISID || field == SET_PBB_UCA)
		return (struct place){.u32 = p->n_wraps ? &p->itag[0] : NULL};
	if (p->n_wraps)
		return (struct place){0};
	if (field == SET_MPLS_ENTRY)
		return (struct place){.u32 = p->n_mpls ? &p->mpls[p->n_mpls - 1] : NULL};
	if (field == SET_MPLS_INNER_TTL && p->n_mpls == 1)
		return place_of_l3(p, SET_IP_TTL);
	if (field == SET_MPLS_INNER_TTL)
		return (struct place){.u32 = p->n_mpls > 1 ? &p->mpls[p->n_mpls - 2] : NULL};
	return p->n_mpls ? (struct place){0} : place_of_l3(p, field);
}

static uint32_t merge(uint32_t now, uint32_t value, uint32_t mask)
{
	return (now & ~mask) | (value & mask);
}

/* A field of at most 4 bytes as a number. */
static uint32_t number(const uint8_t *bytes, unsigned size)
{
	uint32_t v = 0;

	for (unsigned i = 0; i < size; i++)
		v = v << 8 | bytes[i];
	return v;
}

static void apply(const struct place *place, enum packet_field field, const uint8_t *value,
		  const uint8_t *mask)
{
	const unsigned size = packet_field_size(field);
	uint32_t v, m;

	for (unsigned i = 0; place->bytes && i < size; i++)
		place->bytes[i] = (uint8_t)merge(place->bytes[i], value[i], mask[i]);
	if (place->bytes)
		return;
	v = number(value, size);
	m = number(mask, size);
	if (field == SET_IPV6_LABEL)
		m &= 0xfffff;
	if (field == SET_PBB_UCA) {
		v <<= 27;
		m = m << 27 & 0x08000000;
	}
	if (place->u8)
		*place->u8 = (uint8_t)merge(*place->u8, v, m);
	if (place->u16)
		*place->u16 = (uint16_t)merge(*place->u16, v, m);
	if (place->u32)
		*place->u32 = merge(*place->u32, v, m);
}

static bool step_set(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random)
{
	const enum packet_field field = random_below(random, N_PACKET_FIELDS);
	const struct place place = place_of(p, field);
	uint8_t value[16], mask[16];

	fill(value, sizeof(value), random);
	fill(mask, sizeof(mask), random);
	if (coin(random))
		memset(mask, 0xff, sizeof(mask));
	if (!random_below(random, 8))
		memset(value, coin(random) ? 0 : 0xff, sizeof(value));
	if (field == SET_MPLS_ENTRY) /* not how deep the stack is */
		mask[2] &= 0xfe;
	/* What is no neighbour discovery becomes none: its payload might pass for options. */
	if (field == SET_ICMP_TYPE && p->l4 == L4_ICMP && p->body == BODY_IPV6)
		value[0] &= mask[0] = 0x7f;
	flow_op_set(list, field, value, mask);
	apply(&place, field, value, mask);
	return true;
}

bool stupid_step(struct stupid_packet *p, struct flow_op_list *list, uint64_t *random)
{
	switch (random_below(random, 12)) {
	case 0:
		return step_vlan(p, list, random);
	case 1:
		return step_mpls(p, list, random);
	case 2:
		return !random_below(random, 3) && step_pbb(p, list, random);
	default:
		return step_set(p, list, random);
	}
}
