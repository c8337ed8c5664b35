/* What is no order. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/slice.h"
#include "flow/key.h"
#include "flow/port_text.h"
#include "switch/bridge.h"
#include "switch/order.h"

static bool is_name(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return *name && strlen(name) < ORDER_NAME_SIZE && name[strspn(name, letters)] == '\0' &&
	       *name != '-';
}

static int name_check(const struct bridge *bridge, const char *name, struct err *err)
{
	const struct order *other;

	if (!is_name(name))
		return err_set(err, EINVAL,
			       "\"%.40s\" is not a name for an order: use at most %d letters, "
			       "digits, '_', '.' and '-', and begin with no '-'",
			       name, ORDER_NAME_SIZE - 1);
	HASH_FIND_STR(bridge->orders->by_name, name, other);
	if (other)
		return err_set(err, EEXIST,
			       "bridge %s: there is an order named %s already: undo that, or "
			       "choose another name",
			       bridge->name, name);
	return 0;
}

/* Beside a packet's own fields, a flow may match on what flows before it have written. */
static int match_check_received(const struct match *match, struct err *err)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		struct flow_key bits = {0};

		if (!match_mask(match, field))
			continue;
		field_write(field, &bits, field_all(field));
		for (unsigned k = FLOW_KEY_PACKET_WORDS; k < FLOW_KEY_WORDS; k++)
			if (bits.word[k])
				return err_set(err, EINVAL,
					       "%s: an order looks at packets as they come in, "
					       "and that is written by flows only",
					       field->name);
	}
	return 0;
}

static bool is_same_place(const struct order *a, const struct order *b)
{
	return !strcmp(a->port, b->port) && a->vlan == b->vlan;
}

/* How many places the mirror orders send to. */
static unsigned count_places(const struct bridge_orders *orders)
{
	const struct order *order, *other;
	unsigned n = 0;

	for (order = orders->by_name; order; order = order->hh.next) {
		if (order->kind != ORDER_MIRROR)
			continue;
		for (other = orders->by_name; other != order; other = other->hh.next)
			if (other->kind == ORDER_MIRROR && is_same_place(other, order))
				break;
		n += other == order;
	}
	return n;
}

static unsigned count_captures(const struct bridge *bridge)
{
	const struct order *order;
	unsigned n = 0;

	for (order = bridge->orders->by_name; order; order = order->hh.next)
		n += order->kind == ORDER_CAPTURE;
	return n;
}

static int mirror_check(struct bridge *bridge, const struct order_config *config, struct err *err)
{
	struct order place = {.vlan = config->vlan};
	const struct order *other;

	if (!config->port == !config->vlan)
		return err_set(err, EINVAL, "a mirror order sends to one port, or into one VLAN");
	if (config->vlan > VLAN_MAX)
		return err_set(err, EINVAL, "VLAN %u is not 1 to %d", config->vlan, VLAN_MAX);
	if (config->port && !config->past && !bridge_port_lookup(bridge, config->port))
		return err_set(err, EINVAL, "bridge %s has no port %s", bridge->name, config->port);
	snprintf(place.port, sizeof(place.port), "%s", config->port ? config->port : "");
	for (other = bridge->orders->by_name; other; other = other->hh.next)
		if (other->kind == ORDER_MIRROR && is_same_place(other, &place))
			return 0;
	if (count_places(bridge->orders) >= ORDER_PLACES_MAX)
		return err_set(err, ENOSPC,
			       "bridge %s: its orders mirror to %d ports and VLANs, and no more "
			       "are possible: undo one, or mirror to one of these",
			       bridge->name, ORDER_PLACES_MAX);
	return 0;
}

int order_port_find(struct bridge *bridge, const char *text, const char **name, struct err *err)
{
	const struct flow_names names = bridge_flow_names(bridge);
	uint16_t number;
	const char *found = port_parse(slice_of(text), &names, &number, NULL)
				    ? NULL
				    : names.port_name(names.ctx, number);

	if (!found)
		return err_set(err, EINVAL, "bridge %s has no port %.40s", bridge->name, text);
	*name = found;
	return 0;
}

int order_check(struct bridge *bridge, const struct order_config *config, struct err *err)
{
	int rc = config->name ? name_check(bridge, config->name, err) : 0;

	if (!rc)
		rc = match_check_received(&config->match, err);
	if (!rc && config->kind == ORDER_MIRROR)
		rc = mirror_check(bridge, config, err);
	if (!rc && config->kind == ORDER_CAPTURE && count_captures(bridge) >= CAPTURES_MAX)
		rc = err_set(err, ENOSPC, "bridge %s: %d captures are under way already",
			     bridge->name, CAPTURES_MAX);
	if (!rc && bridge_n_orders(bridge) >= ORDERS_MAX)
		rc = err_set(err, ENOSPC,
			     "bridge %s has %d orders, and can have no more: undo some, or add "
			     "flows instead",
			     bridge->name, ORDERS_MAX);
	return rc;
}
