#include "patterns.h"

#include <string.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <netinet/in.h>

/* For IPPROTO_NONE it ends here. What the checksum of an IP header says nobody looks at. */
static const struct {
	unsigned short type;
	unsigned char proto;
} kinds[N_PATTERNS] = {
	{ETH_P_802_EX1, IPPROTO_NONE}, {ETH_P_ARP, IPPROTO_NONE}, {ETH_P_MPLS_UC, IPPROTO_NONE},
	{ETH_P_IP, IPPROTO_GRE},       {ETH_P_IP, IPPROTO_TCP},   {ETH_P_IP, IPPROTO_UDP},
	{ETH_P_IP, IPPROTO_SCTP},      {ETH_P_IP, IPPROTO_ICMP},  {ETH_P_IPV6, IPPROTO_GRE},
	{ETH_P_IPV6, IPPROTO_TCP},     {ETH_P_IPV6, IPPROTO_UDP}, {ETH_P_IPV6, IPPROTO_SCTP},
	{ETH_P_IPV6, IPPROTO_ICMPV6},
};

/* Ports, or type and code; and for TCP the size of its header. */
static void l4_init(unsigned char *l4, unsigned char proto)
{
	l4[0] = 8;
	l4[2] = 9;
	if (proto == IPPROTO_TCP)
		l4[12] = 5 << 4;
}

static void ipv4_init(unsigned char *l3, unsigned char proto)
{
	struct iphdr ip = {.version = 4, .ihl = 5, .ttl = 64, .protocol = proto};

	ip.tot_len = htons(PATTERN_SIZE - ETH_HLEN);
	ip.saddr = htonl(0x0a000001);
	ip.daddr = htonl(0x0a000002);
	memcpy(l3, &ip, sizeof(ip));
	l4_init(l3 + sizeof(ip), proto);
}

static void ipv6_init(unsigned char *l3, unsigned char proto)
{
	struct ipv6hdr ip = {.version = 6, .hop_limit = 64, .nexthdr = proto};

	ip.payload_len = htons(PATTERN_SIZE - ETH_HLEN - sizeof(ip));
	ip.saddr.s6_addr[15] = 1;
	ip.daddr.s6_addr[15] = 2;
	memcpy(l3, &ip, sizeof(ip));
	l4_init(l3 + sizeof(ip), proto);
}

void patterns_init(struct pattern *patterns, const unsigned char *dst, const unsigned char *src)
{
	static const unsigned char arp[] = {0, 1, 8, 0, 6, 4, 0, 1};

	memset(patterns, 0, N_PATTERNS * sizeof(*patterns));
	for (unsigned i = 0; i < N_PATTERNS; i++) {
		unsigned char *frame = patterns[i].byte;

		memcpy(frame, dst, ETH_ALEN);
		memcpy(frame + ETH_ALEN, src, ETH_ALEN);
		frame[ETH_HLEN - 2] = (unsigned char)(kinds[i].type >> 8);
		frame[ETH_HLEN - 1] = (unsigned char)kinds[i].type;
		if (kinds[i].type == ETH_P_IP)
			ipv4_init(frame + ETH_HLEN, kinds[i].proto);
		else if (kinds[i].type == ETH_P_IPV6)
			ipv6_init(frame + ETH_HLEN, kinds[i].proto);
		else if (kinds[i].type == ETH_P_ARP)
			memcpy(frame + ETH_HLEN, arp, sizeof(arp));
	}
}
