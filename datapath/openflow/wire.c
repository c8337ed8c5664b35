#include "openflow/wire.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SIZE 256

bool wire_is_zero(const uint8_t *at, size_t n)
{
	uint8_t any = 0;

	for (size_t i = 0; i < n; i++)
		any |= at[i];
	return !any;
}

bool wire_property_cut(struct wire_bytes *rest, struct wire_bytes *property)
{
	size_t len = rest->len < 4 ? 0 : wire_get16(rest->at + 2);

	if (len < 4 || wire_padded(len) > rest->len)
		return false;
	*property = wire_first(*rest, len);
	*rest = wire_skip(*rest, wire_padded(len));
	return true;
}

void wire_fini(struct wire_writer *w)
{
	free(w->at);
	*w = (struct wire_writer){.at = NULL};
}

uint8_t *wire_put(struct wire_writer *w, size_t n)
{
	size_t size = w->size ? w->size : FIRST_SIZE;
	uint8_t *at;

	if (w->is_lost)
		return NULL;
	while (size < w->len + n)
		size *= 2;
	if (size > w->size) {
		at = realloc(w->at, size);
		if (!at) {
			w->is_lost = true;
			return NULL;
		}
		w->at = at;
		w->size = size;
	}
	at = w->at + w->len;
	memset(at, 0, n);
	w->len += n;
	return at;
}

void wire_put_bytes(struct wire_writer *w, const void *bytes, size_t n)
{
	uint8_t *at = n ? wire_put(w, n) : NULL;

	if (at)
		memcpy(at, bytes, n);
}

static void put_number(struct wire_writer *w, uint64_t v, unsigned n)
{
	uint8_t *at = wire_put(w, n);

	for (unsigned i = n; at && i-- > 0; v >>= 8)
		at[i] = (uint8_t)v;
}

void wire_put8(struct wire_writer *w, uint8_t v)
{
	put_number(w, v, 1);
}

void wire_put16(struct wire_writer *w, uint16_t v)
{
	put_number(w, v, 2);
}

void wire_put32(struct wire_writer *w, uint32_t v)
{
	put_number(w, v, 4);
}

void wire_put64(struct wire_writer *w, uint64_t v)
{
	put_number(w, v, 8);
}

void wire_put_text(struct wire_writer *w, const char *text, size_t n)
{
	size_t len = strnlen(text, n - 1);
	uint8_t *at = wire_put(w, n);

	if (at)
		memcpy(at, text, len);
}

void wire_pad(struct wire_writer *w, size_t start)
{
	size_t len = w->len - start;

	if (len % 8)
		wire_put(w, wire_padded(len) - len);
}

void wire_patch16(struct wire_writer *w, size_t offset, uint16_t v)
{
	if (w->is_lost)
		return;
	w->at[offset] = (uint8_t)(v >> 8);
	w->at[offset + 1] = (uint8_t)v;
}

size_t wire_property_begin(struct wire_writer *w, uint16_t type)
{
	size_t start = w->len;

	wire_put16(w, type);
	wire_put16(w, 0);
	return start;
}

void wire_property_end(struct wire_writer *w, size_t start)
{
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
	wire_pad(w, start);
}
