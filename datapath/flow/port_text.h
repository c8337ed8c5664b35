#pragma once
/* Ports, tables and numbers as text, both ways. No state; any thread. */
#include <stdint.h>

#include "flow/field.h"

struct err;
struct print;

/* OpenFlow's reserved ports, in 16 bits; in 32 bits they are 0xffff0000 more. */
enum {
	OFPORT_MAX = 0xff00, /* ports are below */
	OFPORT_UNSET = 0xfff7,
	OFPORT_IN_PORT = 0xfff8,
	OFPORT_TABLE = 0xfff9,
	OFPORT_NORMAL = 0xfffa,
	OFPORT_FLOOD = 0xfffb,
	OFPORT_ALL = 0xfffc,
	OFPORT_CONTROLLER = 0xfffd,
	OFPORT_LOCAL = 0xfffe,
	OFPORT_NONE = 0xffff, /* and ANY */
};

/* In 32 bits. */
static inline uint32_t ofport_wide(uint16_t port)
{
	return port >= OFPORT_MAX ? port | 0xffff0000u : port;
}

/* The names of a bridge's ports and tables, lent by who knows them. Any function may be NULL. */
struct flow_names {
	/* 0, or -ENOENT */
	int (*port_number)(void *ctx, struct slice name, uint16_t *number);
	int (*table_number)(void *ctx, struct slice name, uint8_t *number);
	/* NULL: it has none. Valid until the caller of the printer says otherwise. */
	const char *(*port_name)(void *ctx, uint16_t number);
	const char *(*table_name)(void *ctx, uint8_t number);
	void *ctx;
};

/* A number up to `max`: decimal, 0x and hexadecimal, or 0 and octal. `what` names it in the
 * error. 0 or -EINVAL. */
int number_parse(struct slice text, const char *what, uint64_t max, uint64_t *out, struct err *err);

/* A port: number, reserved name (in any case) or name, which may stand in double quotes.
 * 0 or -EINVAL. */
int port_parse(struct slice text, const struct flow_names *names, uint16_t *out, struct err *err);
void port_print(struct print *out, uint16_t port, const struct flow_names *names);
/* A table, 0 to 254. 0 or -EINVAL. */
int table_parse(struct slice text, const struct flow_names *names, uint8_t *out, struct err *err);
void table_print(struct print *out, uint8_t table, const struct flow_names *names);

/* A number in decimal, with 0x in hexadecimal, with 0 in octal. 0, -EINVAL: it is none, or -ERANGE:
 * it has more than 128 bits. */
int bits_parse(struct slice text, field_bits *out);
/* The value of a hexadecimal digit; 16: it is none. */
unsigned digit_of(char c);
/* With 0x; zero is "0". */
void hex_print(struct print *out, field_bits value);
