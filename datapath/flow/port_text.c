#include "flow/port_text.h"

#include <ctype.h>
#include <errno.h>

#include "base/err.h"
#include "base/print.h"

/* ---- numbers ---- */

unsigned digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	c |= 'a' - 'A';
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

int bits_parse(struct slice text, field_bits *out)
{
	unsigned base = 10;
	field_bits value = 0;

	if (text.len > 2 && text.at[0] == '0' && (text.at[1] | 32) == 'x') {
		base = 16;
		text = slice_skip(text, 2);
	} else if (text.len > 1 && text.at[0] == '0') {
		base = 8;
	}
	if (!text.len)
		return -EINVAL;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = digit_of(text.at[i]);

		if (digit >= base)
			return -EINVAL;
		/* (dividing 128 bits is slow) */
		if (value >> 120 && value > (~(field_bits)0 - digit) / base)
			return -ERANGE;
		value = value * base + digit;
	}
	*out = value;
	return 0;
}

int number_parse(struct slice text, const char *what, uint64_t max, uint64_t *out, struct err *err)
{
	field_bits value;

	if (bits_parse(text, &value) || value > max)
		return err_set(err, EINVAL, "%s: \"%.*s\" is not a number from 0 to %llu", what,
			       SLICE_SHOWN(text), (unsigned long long)max);
	*out = (uint64_t)value;
	return 0;
}

void hex_print(struct print *out, field_bits value)
{
	if (value >> 64)
		print_fmt(out, "0x%llx%016llx", (unsigned long long)(value >> 64),
			  (unsigned long long)value);
	else
		print_fmt(out, "%#llx", (unsigned long long)value);
}

/* ---- ports and tables ---- */

static const struct {
	const char *name;
	uint16_t number;
} reserved_ports[] = {
	{"IN_PORT", OFPORT_IN_PORT}, {"TABLE", OFPORT_TABLE}, {"NORMAL", OFPORT_NORMAL},
	{"FLOOD", OFPORT_FLOOD},     {"ALL", OFPORT_ALL},     {"CONTROLLER", OFPORT_CONTROLLER},
	{"LOCAL", OFPORT_LOCAL},     {"NONE", OFPORT_NONE},   {"UNSET", OFPORT_UNSET},
	{"ANY", OFPORT_NONE}, /* as it is printed: the last of its number */
};

#define N_RESERVED_PORTS (sizeof(reserved_ports) / sizeof(reserved_ports[0]))

static struct slice unquoted(struct slice text)
{
	if (text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"')
		return (struct slice){text.at + 1, text.len - 2};
	return text;
}

int port_parse(struct slice text, const struct flow_names *names, uint16_t *out, struct err *err)
{
	struct slice name = unquoted(text);
	field_bits value;

	if (name.len == text.len && !bits_parse(text, &value)) {
		if (value >= 0xffffff00 && value <= UINT32_MAX)
			value &= UINT16_MAX;
		if (value >= OFPORT_UNSET || value < OFPORT_MAX) {
			if (value <= UINT16_MAX) {
				*out = (uint16_t)value;
				return 0;
			}
		}
		return err_set(err, EINVAL,
			       "\"%.*s\" is not a port: numbers end at 65279, behind them only "
			       "names like LOCAL stand for something",
			       SLICE_SHOWN(text));
	}
	for (size_t i = 0; name.len == text.len && i < N_RESERVED_PORTS; i++) {
		if (slice_is_nocase(text, reserved_ports[i].name)) {
			*out = reserved_ports[i].number;
			return 0;
		}
	}
	if (names && names->port_number && !names->port_number(names->ctx, name, out))
		return 0;
	return err_set(err, EINVAL,
		       "\"%.*s\" is no port of this bridge: give a number, a name or "
		       "one of IN_PORT, LOCAL, NORMAL, FLOOD, ALL, CONTROLLER, TABLE, ANY",
		       SLICE_SHOWN(text));
}

/* Can it stand in a flow as it is, and be nothing but a name? */
static bool name_is_plain(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (size_t i = 0; i < N_RESERVED_PORTS; i++)
		if (slice_is_nocase(slice_of(name), reserved_ports[i].name))
			return false;
	while (isalnum((unsigned char)*name))
		name++;
	return !*name;
}

static void name_print(struct print *out, const char *name)
{
	const char *quote = name_is_plain(name) ? "" : "\"";

	print_fmt(out, "%s%s%s", quote, name, quote);
}

void port_print(struct print *out, uint16_t port, const struct flow_names *names)
{
	const char *name = NULL;

	for (size_t i = N_RESERVED_PORTS; i-- > 0;) {
		if (reserved_ports[i].number == port) {
			print_add(out, reserved_ports[i].name);
			return;
		}
	}
	if (names && names->port_name)
		name = names->port_name(names->ctx, port);
	if (name)
		name_print(out, name);
	else
		print_fmt(out, "%u", port);
}

int table_parse(struct slice text, const struct flow_names *names, uint8_t *out, struct err *err)
{
	field_bits value;

	if (!bits_parse(text, &value) && value < UINT8_MAX) {
		*out = (uint8_t)value;
		return 0;
	}
	if (names && names->table_number && !names->table_number(names->ctx, unquoted(text), out))
		return 0;
	return err_set(err, EINVAL, "\"%.*s\" is not a table: give a number from 0 to 254%s",
		       SLICE_SHOWN(text), names && names->table_number ? " or a name" : "");
}

void table_print(struct print *out, uint8_t table, const struct flow_names *names)
{
	const char *name = NULL;

	if (names && names->table_name)
		name = names->table_name(names->ctx, table);
	if (name)
		name_print(out, name);
	else
		print_fmt(out, "%u", table);
}
