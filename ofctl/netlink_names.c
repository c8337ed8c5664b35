#include "netlink_names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/own.h"
#include "flow/netlink_abi.h"
#include "need.h"
#include "netlink_client.h"

struct name {
	char *text;
	bool is_table;
	uint16_t number;
};

struct netlink_names {
	struct netlink_client *client;
	const char *bridge;
	bool is_fetched;
	struct name *name;
	size_t n;
};

static const struct attr_policy policy[N_SHUNT_NAMES] = {
	[SHUNT_NAMES_NAME] = {"SHUNT_NAMES_NAME", 255, ATTR_STRING, false},
	[SHUNT_NAMES_PORT] = {"SHUNT_NAMES_PORT", 4, ATTR_FIXED, false},
	[SHUNT_NAMES_TABLE] = {"SHUNT_NAMES_TABLE", 1, ATTR_FIXED, false},
};

static const struct attr_table table = ATTR_TABLE(policy);

static int add(struct netlink_names *names, struct attr_bytes attrs, struct err *err)
{
	const struct nlattr *there[N_SHUNT_NAMES], *number;
	struct attr_fault fault = {err, NULL};
	int ret = attr_parse(attrs, &table, there, &fault);

	if (ret)
		return ret;
	number = there[SHUNT_NAMES_PORT] ?: there[SHUNT_NAMES_TABLE];
	if (!there[SHUNT_NAMES_NAME] || !number)
		return 0;
	names->name = need(realloc(names->name, (names->n + 1) * sizeof(names->name[0])));
	names->name[names->n++] = (struct name){
		need(strdup(attr_data(there[SHUNT_NAMES_NAME]))),
		there[SHUNT_NAMES_TABLE],
		(uint16_t)attr_number(number),
	};
	return 0;
}

int netlink_names_fetch(struct netlink_names *names, struct err *err)
{
	struct netlink_answer answer = {0};
	struct attr_writer *w;
	uint32_t seq;
	int ret;

	if (names->is_fetched)
		return 0;
	names->is_fetched = true;
	w = netlink_request_begin(names->client, SHUNT_NL_NAMES, SHUNT_NL_GET, NLM_F_DUMP);
	attr_put_string(w, SHUNT_NL_BRIDGE, names->bridge);
	seq = netlink_request_end(names->client);
	ret = netlink_client_send(names->client, err);
	while (!ret) {
		ret = netlink_client_answer(names->client, seq, &answer, err);
		if (ret || answer.is_end)
			break;
		ret = add(names, answer.attrs, err);
	}
	return ret;
}

/* ---- as text wants them ---- */

static const struct name *by_text(struct netlink_names *names, struct slice text, bool is_table)
{
	netlink_names_fetch(names, NULL);
	for (size_t i = 0; i < names->n; i++)
		if (names->name[i].is_table == is_table && slice_is(text, names->name[i].text))
			return &names->name[i];
	return NULL;
}

static const char *by_number(struct netlink_names *names, uint16_t number, bool is_table)
{
	netlink_names_fetch(names, NULL);
	for (size_t i = 0; i < names->n; i++)
		if (names->name[i].is_table == is_table && names->name[i].number == number)
			return names->name[i].text;
	return NULL;
}

static int port_number(void *ctx, struct slice text, uint16_t *number)
{
	const struct name *name = by_text(ctx, text, false);

	if (!name)
		return -ENOENT;
	*number = name->number;
	return 0;
}

static int table_number(void *ctx, struct slice text, uint8_t *number)
{
	const struct name *name = by_text(ctx, text, true);

	if (!name)
		return -ENOENT;
	*number = (uint8_t)name->number;
	return 0;
}

static const char *port_name(void *ctx, uint16_t number)
{
	return by_number(ctx, number, false);
}

static const char *table_name(void *ctx, uint8_t number)
{
	return by_number(ctx, number, true);
}

struct flow_names netlink_names_of(struct netlink_names *names)
{
	return (struct flow_names){port_number, table_number, port_name, table_name, names};
}

struct netlink_names *netlink_names_new(struct netlink_client *client, const char *bridge)
{
	struct netlink_names *names = need(calloc(1, sizeof(*names)));

	names->client = client;
	names->bridge = bridge;
	return names;
}

void netlink_names_free(struct netlink_names **p)
{
	struct netlink_names *names = *p;

	for (size_t i = 0; names && i < names->n; i++)
		free(names->name[i].text);
	if (names)
		free(names->name);
	mem_free(p);
}
