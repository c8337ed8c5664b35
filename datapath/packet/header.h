#pragma once
/* Headers on the wire, and integers that know their byte order. */
#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Big-endian integers that the compiler will not mix up with host ones. */
typedef struct { uint16_t be; } __attribute__((packed)) be16;
typedef struct { uint32_t be; } __attribute__((packed)) be32;
typedef struct { uint64_t be; } __attribute__((packed)) be64;

static inline be16 to_be16(uint16_t v) { return (be16){ htobe16(v) }; }
static inline be32 to_be32(uint32_t v) { return (be32){ htobe32(v) }; }
static inline be64 to_be64(uint64_t v) { return (be64){ htobe64(v) }; }
static inline uint16_t from_be16(be16 v) { return be16toh(v.be); }
static inline uint32_t from_be32(be32 v) { return be32toh(v.be); }
static inline uint64_t from_be64(be64 v) { return be64toh(v.be); }

struct eth_addr {
	uint8_t byte[6];
};

static inline bool eth_addr_equal(struct eth_addr a, struct eth_addr b)
{
	return !memcmp(&a, &b, sizeof(a));
}

static inline bool eth_addr_is_multicast(struct eth_addr a)
{
	return a.byte[0] & 1;
}

static inline bool eth_addr_is_zero(struct eth_addr a)
{
	return !memcmp(&a, &(struct eth_addr){ { 0 } }, sizeof(a));
}
