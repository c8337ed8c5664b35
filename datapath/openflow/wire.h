#pragma once
/* Bytes of messages, most significant first, as numbers, both ways.
 *
 * A writer grows; when memory is out it swallows what comes and says so once, at the end (is_lost), so that
 * nobody has to ask after each number. No state beside it; any thread that owns it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- reading ---- */

struct wire_bytes {
	const uint8_t *at;
	size_t len;
};

static inline uint16_t wire_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t wire_get32(const uint8_t *at)
{
	return (uint32_t)wire_get16(at) << 16 | wire_get16(at + 2);
}

static inline uint64_t wire_get64(const uint8_t *at)
{
	return (uint64_t)wire_get32(at) << 32 | wire_get32(at + 4);
}

static inline struct wire_bytes wire_skip(struct wire_bytes bytes, size_t n)
{
	return (struct wire_bytes){bytes.at + n, bytes.len - n};
}

static inline struct wire_bytes wire_first(struct wire_bytes bytes, size_t n)
{
	return (struct wire_bytes){bytes.at, n};
}

/* `n` rounded up to whole eights. */
static inline size_t wire_padded(size_t n)
{
	return (n + 7) & ~(size_t)7;
}

bool wire_is_zero(const uint8_t *at, size_t n);

/* Cuts the first property off a list of them: 16 bits of type, 16 of length, a value, padding to whole eights. False:
 * its length cannot be. */
bool wire_property_cut(struct wire_bytes *rest, struct wire_bytes *property);

/* ---- writing ---- */

struct wire_writer {
	uint8_t *at;
	size_t len, size;
	bool is_lost; /* what is here is not all: out of memory */
};

void wire_fini(struct wire_writer *w);
/* Appends `n` zeros. Where they are, until more is appended; NULL: lost. */
uint8_t *wire_put(struct wire_writer *w, size_t n);
void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n);
void wire_put8(struct wire_writer *w, uint8_t v);
void wire_put16(struct wire_writer *w, uint16_t v);
void wire_put32(struct wire_writer *w, uint32_t v);
void wire_put64(struct wire_writer *w, uint64_t v);
/* Text in `n` bytes, the last of them zero. */
void wire_put_text(struct wire_writer *w, const char *text, size_t n);
/* Zeros until what began at `start` has whole eights of bytes. */
void wire_pad(struct wire_writer *w, size_t start);
/* A property: type and length in front of what is put between the two, padding behind it. Where it began. */
size_t wire_property_begin(struct wire_writer *w, uint16_t type);
void wire_property_end(struct wire_writer *w, size_t start);
/* Overwrites what was put at `offset`. */
void wire_patch16(struct wire_writer *w, size_t offset, uint16_t v);
