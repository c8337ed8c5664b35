#include "flow/field_text.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/key.h"

/* ---- addresses ---- */

static int mac_parse(struct slice text, field_bits *out)
{
	field_bits value = 0;
	unsigned n = 0, digits = 0, byte = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i == text.len || text.at[i] == ':') {
			if (!digits)
				return -EINVAL;
			value = value << 8 | byte;
			n++;
			digits = byte = 0;
			continue;
		}
		if (digit_of(text.at[i]) > 15 || ++digits > 2)
			return -EINVAL;
		byte = byte << 4 | digit_of(text.at[i]);
	}
	if (n != 6)
		return -EINVAL;
	*out = value;
	return 0;
}

static void mac_print(struct print *out, field_bits value)
{
	uint64_t v = (uint64_t)value;

	print_fmt(out, "%02x:%02x:%02x:%02x:%02x:%02x", (unsigned)(v >> 40 & 0xff),
		  (unsigned)(v >> 32 & 0xff), (unsigned)(v >> 24 & 0xff),
		  (unsigned)(v >> 16 & 0xff), (unsigned)(v >> 8 & 0xff), (unsigned)(v & 0xff));
}

static int ipv4_parse(struct slice text, field_bits *out)
{
	uint32_t value = 0;
	unsigned n = 0, digits = 0, byte = 0;

	for (size_t i = 0; i <= text.len; i++) {
		if (i == text.len || text.at[i] == '.') {
			if (!digits || byte > UINT8_MAX)
				return -EINVAL;
			value = value << 8 | byte;
			n++;
			digits = byte = 0;
			continue;
		}
		if (digit_of(text.at[i]) > 9 || ++digits > 3)
			return -EINVAL;
		byte = byte * 10 + digit_of(text.at[i]);
	}
	if (n != 4)
		return -EINVAL;
	*out = value;
	return 0;
}

static void ipv4_print(struct print *out, field_bits value)
{
	uint32_t v = (uint32_t)value;

	print_fmt(out, "%u.%u.%u.%u", v >> 24, v >> 16 & 0xff, v >> 8 & 0xff, v & 0xff);
}

static int ipv6_parse(struct slice text, field_bits *out)
{
	char copy[INET6_ADDRSTRLEN];
	struct ipv6_addr addr;
	field_bits value = 0;

	if (text.len >= sizeof(copy))
		return -EINVAL;
	memcpy(copy, text.at, text.len);
	copy[text.len] = '\0';
	if (inet_pton(AF_INET6, copy, &addr) != 1)
		return -EINVAL;
	for (unsigned i = 0; i < sizeof(addr); i++)
		value = value << 8 | addr.byte[i];
	*out = value;
	return 0;
}

static void ipv6_print(struct print *out, field_bits value)
{
	char text[INET6_ADDRSTRLEN];
	struct ipv6_addr addr;

	for (unsigned i = sizeof(addr); i-- > 0; value >>= 8)
		addr.byte[i] = (uint8_t)value;
	inet_ntop(AF_INET6, &addr, text, sizeof(text));
	print_add(out, text);
}

/* The length of a mask that is a prefix of `n_bits`; -1: it is none. */
static int prefix_of(field_bits mask, unsigned n_bits)
{
	field_bits rest = field_ones(n_bits) & ~mask;
	int len = (int)n_bits;

	if (rest & (rest + 1))
		return -1;
	for (; rest; rest >>= 1)
		len--;
	return len;
}

/* ---- flags ---- */

static const char *const tcp_flags[] = {"fin", "syn", "rst",   "psh",   "ack",   "urg", "ece",
					"cwr", "ns",  "[200]", "[400]", "[800]", NULL};
static const char *const tunnel_flags[] = {"oam", NULL};
/* OpenFlow's OFPIEH_ names */
static const char *const extensions[] = {"nonext", "esp", "auth",  "dest",  "frag",
					 "router", "hop", "unrep", "unseq", NULL};

static const char *const *flag_names(const struct field *field)
{
	switch (field->format) {
	case FIELD_AS_TCP_FLAGS:
		return tcp_flags;
	case FIELD_AS_TUNNEL_FLAGS:
		return tunnel_flags;
	case FIELD_AS_EXTENSIONS:
		return extensions;
	}
	return NULL;
}

/* "+syn-ack": these bits; "syn|ack": exactly these. */
static int flags_parse(const struct field *field, struct slice text, field_bits *value,
		       field_bits *mask)
{
	const char *const *names = flag_names(field);
	bool is_signed = text.len && (text.at[0] == '+' || text.at[0] == '-');
	field_bits v = 0, m = is_signed ? 0 : field_all(field);

	while (text.len) {
		char sign = is_signed ? text.at[0] : '|';
		unsigned i = 0;
		size_t len;

		if (is_signed) {
			if (sign != '+' && sign != '-')
				return -EINVAL;
			text = slice_skip(text, 1);
		}
		for (len = 0; len < text.len && !strchr(is_signed ? "+-" : "|", text.at[len]);)
			len++;
		while (names[i] && !slice_is(slice_first(text, len), names[i]))
			i++;
		if (!names[i] || (is_signed && m >> i & 1))
			return -EINVAL;
		v |= (field_bits)(sign != '-') << i;
		m |= (field_bits)1 << i;
		text = slice_skip(text, len);
		if (!is_signed && text.len)
			text = slice_skip(text, text.len > 1 ? 1 : 0);
		if (!is_signed && text.len && text.at[0] == '|')
			return -EINVAL;
	}
	*value = v;
	*mask = m;
	return 0;
}

static void flags_print(struct print *out, const struct field *field, field_bits value,
			field_bits mask)
{
	const char *const *names = flag_names(field);
	const char *between = "";

	if (mask == field_all(field) && field->format == FIELD_AS_TCP_FLAGS && !value) {
		print_char(out, '0');
		return;
	}
	for (unsigned i = 0; names[i]; i++) {
		bool is_set = value >> i & 1;

		if (mask != field_all(field) || field->format != FIELD_AS_TCP_FLAGS) {
			if (mask >> i & 1)
				print_fmt(out, "%c%s", is_set ? '+' : '-', names[i]);
		} else if (is_set) {
			print_fmt(out, "%s%s", between, names[i]);
			between = "|";
		}
	}
}

static const struct {
	const char *name;
	uint8_t value, mask;
} frags[] = {
	{"no", 0, FRAG_ANY | FRAG_LATER},
	{"yes", FRAG_ANY, FRAG_ANY},
	{"first", FRAG_ANY, FRAG_ANY | FRAG_LATER},
	{"later", FRAG_ANY | FRAG_LATER, FRAG_ANY | FRAG_LATER},
	{"not_later", 0, FRAG_LATER},
	/* never written by people: */
	{"no", 0, FRAG_ANY},
	{"later", FRAG_LATER, FRAG_LATER},
	{"later", FRAG_LATER, FRAG_ANY | FRAG_LATER},
};

#define N_FRAGS (sizeof(frags) / sizeof(frags[0]))

static int frag_parse(struct slice text, field_bits *value, field_bits *mask)
{
	for (size_t i = 0; i < N_FRAGS; i++) {
		if (slice_is_nocase(text, frags[i].name)) {
			*value = frags[i].value;
			*mask = frags[i].mask;
			return 0;
		}
	}
	return -EINVAL;
}

static void frag_print(struct print *out, field_bits value, field_bits mask)
{
	for (size_t i = 0; i < N_FRAGS; i++) {
		if (frags[i].value == value && frags[i].mask == mask) {
			print_add(out, frags[i].name);
			return;
		}
	}
}

/* ---- all of them ---- */

static const char *format_help(const struct field *field)
{
	switch (field->format) {
	case FIELD_AS_MAC:
		return "an Ethernet address like 00:11:22:33:44:55";
	case FIELD_AS_IPV4:
		return "an IPv4 address like 10.0.0.1 or 10.0.0.0/8";
	case FIELD_AS_IPV6:
		return "an IPv6 address like fe80::1 or fe80::/10";
	case FIELD_AS_FRAG:
		return "one of no, yes, first, later, not_later";
	case FIELD_AS_TCP_FLAGS:
		return "flags like +syn-ack or syn|ack, of fin, syn, rst, psh, ack, urg, ece, cwr, "
		       "ns, [200], [400], [800]";
	case FIELD_AS_TUNNEL_FLAGS:
		return "+oam or -oam";
	case FIELD_AS_EXTENSIONS:
		return "flags like +frag-auth, of nonext, esp, auth, dest, frag, router, hop, "
		       "unrep, unseq";
	}
	return NULL;
}

static int say_bad_value(const struct field *field, struct slice text, struct err *err)
{
	const char *help = format_help(field);
	char max[48];
	field_bits all = field_all(field);

	if (help)
		return err_set(err, EINVAL, "\"%.*s\" is not %s", SLICE_SHOWN(text), help);
	if (field->n_bits <= 64)
		snprintf(max, sizeof(max), field->format == FIELD_AS_HEX ? "0x%llx" : "%llu",
			 (unsigned long long)all);
	else
		snprintf(max, sizeof(max), "128 bits");
	return err_set(err, EINVAL, "\"%.*s\" is not a number from 0 to %s%s", SLICE_SHOWN(text),
		       max, field->n_zero ? " with the low two bits zero" : "");
}

/* One value of the field, or one mask, without "/". */
static int one_parse(const struct field *field, struct slice text, field_bits *out)
{
	switch (field->format) {
	case FIELD_AS_MAC:
		return mac_parse(text, out);
	case FIELD_AS_IPV4:
		return ipv4_parse(text, out);
	case FIELD_AS_IPV6:
		return ipv6_parse(text, out);
	}
	return bits_parse(text, out) || (*out & ~field_all(field)) ? -EINVAL : 0;
}

static int mask_parse(const struct field *field, struct slice text, field_bits *mask,
		      struct err *err)
{
	bool is_ip = field->format == FIELD_AS_IPV4 || field->format == FIELD_AS_IPV6;
	field_bits len;

	if (is_ip && !bits_parse(text, &len)) {
		if (len > field->n_bits)
			return err_set(err, EINVAL,
				       "prefix length \"%.*s\" is not a number from 0 to %u",
				       SLICE_SHOWN(text), field->n_bits);
		*mask = field_ones(field->n_bits) & ~field_ones(field->n_bits - (unsigned)len);
		return 0;
	}
	return one_parse(field, text, mask) ? say_bad_value(field, text, err) : 0;
}

int field_parse(const struct field *field, struct slice text, const struct flow_names *names,
		field_bits *value, field_bits *mask, struct err *err)
{
	field_bits v = 0, m = field_all(field);
	size_t slash;
	uint16_t port;
	int rc;

	if (slice_is(text, "*")) {
		*value = *mask = 0;
		return 0;
	}
	if (field->format == FIELD_AS_PORT) {
		rc = port_parse(text, names, &port, err);
		if (rc)
			return rc;
		v = port >= OFPORT_MAX && field->n_bits == 32 ? port | 0xffff0000u : port;
	} else if (field->format == FIELD_AS_FRAG) {
		if (frag_parse(text, &v, &m))
			return say_bad_value(field, text, err);
	} else {
		slash = slice_find(text, '/');
		if (slash < text.len) {
			if (!(field->flags & FIELD_MASKABLE))
				return err_set(err, EINVAL, "\"%.*s\": it takes no mask",
					       SLICE_SHOWN(text));
			rc = mask_parse(field, slice_skip(text, slash + 1), &m, err);
			if (rc)
				return rc;
			text = slice_first(text, slash);
		}
		if (one_parse(field, text, &v) && (!flag_names(field) || m != field_all(field) ||
						   !text.len || flags_parse(field, text, &v, &m)))
			return say_bad_value(field, text, err);
	}
	*value = v & m;
	*mask = m;
	return 0;
}

int field_parse_value(const struct field *field, struct slice text, const struct flow_names *names,
		      field_bits *value, struct err *err)
{
	field_bits v, mask;
	int rc = field_parse(field, text, names, &v, &mask, err);

	if (rc)
		return rc;
	if (mask != field_all(field))
		return err_set(err, EINVAL, "\"%.*s\": a mask is not allowed here",
			       SLICE_SHOWN(text));
	*value = v;
	return 0;
}

static void one_print(struct print *out, const struct field *field, field_bits value, bool is_hex)
{
	if (field->format == FIELD_AS_MAC)
		mac_print(out, value);
	else if (field->format == FIELD_AS_IPV4)
		ipv4_print(out, value);
	else if (field->format == FIELD_AS_IPV6)
		ipv6_print(out, value);
	else if (field->format == FIELD_AS_HEX)
		hex_print(out, value);
	else if (is_hex)
		print_fmt(out, "0x%llx", (unsigned long long)value);
	else
		print_fmt(out, "%llu", (unsigned long long)value);
}

void field_print(struct print *out, const struct field *field, field_bits value, field_bits mask,
		 const struct flow_names *names)
{
	bool is_exact = mask == field_all(field);
	int prefix = -1;

	if (!mask) {
		print_char(out, '*');
	} else if (field->format == FIELD_AS_PORT) {
		port_print(out, (uint16_t)value, names);
	} else if (field->format == FIELD_AS_FRAG) {
		frag_print(out, value, mask);
	} else if (flag_names(field)) {
		flags_print(out, field, value, mask);
	} else {
		one_print(out, field, value, !is_exact);
		if (is_exact)
			return;
		print_char(out, '/');
		if (field->format == FIELD_AS_IPV4 || field->format == FIELD_AS_IPV6)
			prefix = prefix_of(mask, field->n_bits);
		if (prefix >= 0)
			print_fmt(out, "%d", prefix);
		else
			one_print(out, field, mask, true);
	}
}
