#pragma once
/* Netlink attributes in memory, without sockets: written into a buffer, read by policy tables.
 *
 * A table has a row per attribute type; what has no row is unknown, and an error. An error points at
 * the offending attribute, so that its offset can be told (NLMSGERR_ATTR_OFFS). Numbers are of this
 * machine's byte order unless who uses them says otherwise. No state; any thread.
 */
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct err;

/* ---- reading ---- */

/* Attributes in a row. `at` is aligned to NLA_ALIGNTO. */
struct attr_bytes {
	const uint8_t *at;
	size_t len;
};

enum attr_kind {
	ATTR_UNKNOWN, /* an empty row */
	ATTR_FLAG,    /* no payload: it is there or not */
	ATTR_FIXED,   /* exactly `size` bytes: a number or a struct */
	ATTR_BYTES,   /* up to `size` bytes, at least one */
	ATTR_STRING,  /* up to `size` characters, with a zero behind them */
	ATTR_NESTED,  /* attributes */
};

struct attr_policy {
	const char *name;
	uint16_t size;
	uint8_t kind;      /* enum attr_kind */
	bool can_be_again; /* more than once in one place */
};

/* `row[type]` for types below n. */
struct attr_table {
	const struct attr_policy *row;
	unsigned n;
};

#define ATTR_TABLE(rows) \
	{ \
		(rows), sizeof(rows) / sizeof((rows)[0]) \
	}

/* Where a message is wrong, and how. */
struct attr_fault {
	struct err *err; /* or NULL */
	const void *at;  /* the attribute; NULL: none in particular */
};

/* Returns -code. */
int attr_fault_set(struct attr_fault *fault, const void *at, int code, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Cuts the next attribute off, checked by the table. 1, 0: there is none, or -EINVAL. */
int attr_next(struct attr_bytes *rest, const struct attr_table *table, const struct nlattr **out,
	      struct attr_fault *fault);
/* Sorts all into out[type] (table->n pointers, NULL: not there). Only the last of those that can be
 * there again is kept. 0 or -EINVAL. */
int attr_parse(struct attr_bytes bytes, const struct attr_table *table, const struct nlattr **out,
	       struct attr_fault *fault);

static inline unsigned attr_type(const struct nlattr *attr)
{
	return attr->nla_type & NLA_TYPE_MASK;
}

static inline const void *attr_data(const struct nlattr *attr)
{
	return (const uint8_t *)attr + NLA_HDRLEN;
}

static inline size_t attr_size(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

static inline struct attr_bytes attr_inside(const struct nlattr *attr)
{
	return (struct attr_bytes){attr_data(attr), attr_size(attr)};
}

/* A number of 1, 2, 4 or 8 bytes. */
uint64_t attr_number(const struct nlattr *attr);

/* ---- writing ---- */

/* Into `size` bytes at `at`, aligned to NLA_ALIGNTO. What does not fit sets is_full, and so does an
 * attribute that grows over 65,535 bytes; asked for once, at the end. */
struct attr_writer {
	uint8_t *at;
	size_t size, len;
	bool is_full;
};

/* Room for a payload, zeroed; NULL: full. */
void *attr_reserve(struct attr_writer *w, unsigned type, size_t size);
void attr_put(struct attr_writer *w, unsigned type, const void *data, size_t size);

static inline void attr_put_u8(struct attr_writer *w, unsigned type, uint8_t value)
{
	attr_put(w, type, &value, sizeof(value));
}

static inline void attr_put_u16(struct attr_writer *w, unsigned type, uint16_t value)
{
	attr_put(w, type, &value, sizeof(value));
}

static inline void attr_put_u32(struct attr_writer *w, unsigned type, uint32_t value)
{
	attr_put(w, type, &value, sizeof(value));
}

static inline void attr_put_u64(struct attr_writer *w, unsigned type, uint64_t value)
{
	attr_put(w, type, &value, sizeof(value));
}

static inline void attr_put_flag(struct attr_writer *w, unsigned type)
{
	attr_put(w, type, NULL, 0);
}

static inline void attr_put_string(struct attr_writer *w, unsigned type, const char *text)
{
	attr_put(w, type, text, strlen(text) + 1);
}

/* Begins a nested attribute; give what it returns to attr_close(). */
size_t attr_open(struct attr_writer *w, unsigned type);
void attr_close(struct attr_writer *w, size_t open);
/* Takes the attribute away that begins at `open`, and all behind it. */
void attr_cancel(struct attr_writer *w, size_t open);
