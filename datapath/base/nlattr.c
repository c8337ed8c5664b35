#include "base/nlattr.h"

#include <errno.h>
#include <stdarg.h>

#include "base/err.h"

int attr_fault_set(struct attr_fault *fault, const void *at, int code, const char *fmt, ...)
{
	va_list args;

	fault->at = at;
	va_start(args, fmt);
	err_vset(fault->err, code, fmt, args);
	va_end(args);
	return -code;
}

/* ---- reading ---- */

static int check_size(const struct nlattr *attr, const struct attr_policy *row,
		      struct attr_fault *fault)
{
	size_t size = attr_size(attr);
	const char *text = attr_data(attr);

	switch (row->kind) {
	case ATTR_FLAG:
		if (size)
			return attr_fault_set(fault, attr, EINVAL,
					      "%s: %zu bytes, where it has no payload", row->name,
					      size);
		break;
	case ATTR_FIXED:
		if (size != row->size)
			return attr_fault_set(fault, attr, EINVAL, "%s: %zu bytes instead of %u",
					      row->name, size, row->size);
		break;
	case ATTR_BYTES:
		if (!size || size > row->size)
			return attr_fault_set(fault, attr, EINVAL,
					      "%s: %zu bytes, where 1 to %u are allowed", row->name,
					      size, row->size);
		break;
	case ATTR_STRING:
		if (size < 2 || size > row->size + 1u || memchr(text, 0, size) != text + size - 1)
			return attr_fault_set(fault, attr, EINVAL,
					      "%s: not 1 to %u characters with a zero behind them",
					      row->name, row->size);
		break;
	}
	return 0;
}

int attr_next(struct attr_bytes *rest, const struct attr_table *table, const struct nlattr **out,
	      struct attr_fault *fault)
{
	const struct nlattr *attr = (const void *)rest->at;
	unsigned type;
	size_t step;

	if (!rest->len)
		return 0;
	if (rest->len < NLA_HDRLEN)
		return attr_fault_set(fault, attr, EINVAL,
				      "%zu bytes are left where an attribute's header has %d",
				      rest->len, NLA_HDRLEN);
	if (attr->nla_len < NLA_HDRLEN || attr->nla_len > rest->len)
		return attr_fault_set(fault, attr, EINVAL,
				      "attribute %u says it has %u bytes, where %d to %zu can be",
				      attr_type(attr), attr->nla_len, NLA_HDRLEN, rest->len);
	type = attr_type(attr);
	if (type >= table->n || !table->row[type].kind)
		return attr_fault_set(fault, attr, EINVAL,
				      "attribute %u is unknown here: see docs/netlink.md", type);
	step = NLA_ALIGN(attr->nla_len);
	if (step > rest->len)
		step = rest->len;
	*rest = (struct attr_bytes){rest->at + step, rest->len - step};
	*out = attr;
	return check_size(attr, &table->row[type], fault) ?: 1;
}

int attr_parse(struct attr_bytes bytes, const struct attr_table *table, const struct nlattr **out,
	       struct attr_fault *fault)
{
	const struct nlattr *attr;
	int rc;

	memset(out, 0, table->n * sizeof(*out));
	while ((rc = attr_next(&bytes, table, &attr, fault)) > 0) {
		const struct attr_policy *row = &table->row[attr_type(attr)];

		if (out[attr_type(attr)] && !row->can_be_again)
			return attr_fault_set(fault, attr, EINVAL, "%s: is there twice", row->name);
		out[attr_type(attr)] = attr;
	}
	return rc;
}

uint64_t attr_number(const struct nlattr *attr)
{
	const uint8_t *data = attr_data(attr);
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (attr_size(attr)) {
	case 1:
		return *data;
	case 2:
		memcpy(&u16, data, sizeof(u16));
		return u16;
	case 4:
		memcpy(&u32, data, sizeof(u32));
		return u32;
	case 8:
		memcpy(&u64, data, sizeof(u64));
		return u64;
	}
	return 0;
}

/* ---- writing ---- */

void *attr_reserve(struct attr_writer *w, unsigned type, size_t size)
{
	struct nlattr *attr = (void *)(w->at + w->len);
	size_t step = NLA_ALIGN(NLA_HDRLEN + size);

	if (w->is_full || size > UINT16_MAX - NLA_HDRLEN || step > w->size - w->len) {
		w->is_full = true;
		return NULL;
	}
	memset(attr, 0, step);
	attr->nla_len = (uint16_t)(NLA_HDRLEN + size);
	attr->nla_type = (uint16_t)type;
	w->len += step;
	return (uint8_t *)attr + NLA_HDRLEN;
}

void attr_put(struct attr_writer *w, unsigned type, const void *data, size_t size)
{
	void *payload = attr_reserve(w, type, size);

	if (payload && size)
		memcpy(payload, data, size);
}

size_t attr_open(struct attr_writer *w, unsigned type)
{
	size_t open = w->len;

	attr_reserve(w, type | NLA_F_NESTED, 0);
	return open;
}

void attr_close(struct attr_writer *w, size_t open)
{
	struct nlattr *attr = (void *)(w->at + open);

	if (w->is_full)
		return;
	if (w->len - open > UINT16_MAX)
		w->is_full = true;
	else
		attr->nla_len = (uint16_t)(w->len - open);
}

void attr_cancel(struct attr_writer *w, size_t open)
{
	w->len = open;
}
