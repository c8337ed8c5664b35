#pragma once
/* What both hooks do first: parse the packet, and refuse what is no frame. Kernel side only. */
#include <stdbool.h>

/* Each one more trebles the verifier's work, and the start of the daemon waits for it: packets with
 * more are rare, and the daemon reads on. */
#define PARSE_MAX_EXTENSIONS 2
#define PARSE_ROUTES         0
#include "parse.h"

/* A packet and what the parser made of it. */
struct ingress {
	struct packet_key key;
	struct packet_layout layout;
	__u32 size; /* XDP: of the frame, in however many buffers */
};

/* The rest of a packet that is cut off somewhere behind its Ethernet header and tags is the
 * receiver's business, as it would be on any bridge. */
static __always_inline enum drop_reason ingress_check(const struct ingress *ingress)
{
	if (ingress->layout.verdict == PARSE_TOO_SHORT)
		return DROP_TOO_SHORT;
	if (ingress->layout.verdict == PARSE_MALFORMED && !ingress->layout.l3)
		return DROP_MALFORMED;
	return DROP_NONE;
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

/* The same for all packets of a flow, also if it is fragmented. */
static __always_inline __u32 ingress_hash(const struct ingress *ingress)
{
	const struct packet_key *key = &ingress->key;
	__u64 hash = mix(key->word[1], key->word[2]);

	hash = mix(hash, key->ip_proto);
	if (!key->ip_frag)
		hash = mix(hash, (__u64)key->l4_src.be << 16 | key->l4_dst.be);
#pragma unroll
	for (int i = 5; i < PACKET_KEY_WORDS; i++)
		hash = mix(hash, key->word[i]);
	return (__u32)hash;
}
