#include "switch/mirror.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/credit.h"
#include "flow/fdb.h"
#include "flow/key.h"
#include "switch/bridge.h"
#include "switch/flow_store.h"
#include "switch/normal.h"
#include "switch/snapshot.h"

typedef char port_name[IFNAMSIZ];

struct names {
	port_name *name;
	unsigned n;
};

/* A mirror as it was asked for. */
struct mirror {
	char id[MIRROR_NAME_SIZE], name[MIRROR_NAME_SIZE];
	bool selects_all;
	struct names sources, destinations;
	struct vlan_bitmap vlans;
	port_name output_port; /* "": none */
	uint16_t output_vlan;
	uint16_t snaplen;
	struct tally *tally;
};

struct bridge_mirrors {
	unsigned n;
	struct mirror mirror[MIRRORS_MAX];
};

/* ---- life ---- */

static void tally_gone(struct tally *tally)
{
	free(tally);
}

static struct tally *tally_new(void)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally) {
		tally->n_refs = 1;
		tally->gone = tally_gone;
	}
	return tally;
}

void mirrors_free(struct bridge_mirrors **mirrors)
{
	struct bridge_mirrors *m = *mirrors;

	for (unsigned i = 0; m && i < m->n; i++) {
		free(m->mirror[i].sources.name);
		free(m->mirror[i].destinations.name);
		if (m->mirror[i].tally)
			tally_put(m->mirror[i].tally);
	}
	mem_free(mirrors);
}

static struct mirror *mirror_find(struct bridge_mirrors *mirrors, const char *id)
{
	for (unsigned i = 0; mirrors && i < mirrors->n; i++)
		if (!strcmp(mirrors->mirror[i].id, id))
			return &mirrors->mirror[i];
	return NULL;
}

/* ---- a new set ---- */

/* A name that is too long is no port's. */
static bool is_port_name(const char *name)
{
	return strlen(name) < IFNAMSIZ;
}

static int names_copy(struct names *names, const struct mirror_ports *ports)
{
	names->name = calloc(ports->n + 1, sizeof(names->name[0]));
	if (!names->name)
		return -ENOMEM;
	for (unsigned i = 0; i < ports->n; i++)
		if (is_port_name(ports->name[i]))
			strcpy(names->name[names->n++], ports->name[i]);
	return 0;
}

static int mirror_init(struct mirror *mirror, const struct mirror_config *config,
		       struct bridge_mirrors *before)
{
	struct mirror *same = mirror_find(before, config->id);

	strcpy(mirror->id, config->id);
	strcpy(mirror->name, config->name);
	mirror->selects_all = config->selects_all;
	mirror->vlans = config->vlans;
	if (config->output_port && is_port_name(config->output_port))
		strcpy(mirror->output_port, config->output_port);
	mirror->output_vlan = config->output_vlan;
	mirror->snaplen = config->snaplen;
	mirror->tally = same ? tally_get(same->tally) : tally_new();
	if (!mirror->tally || names_copy(&mirror->sources, &config->sources))
		return -ENOMEM;
	return names_copy(&mirror->destinations, &config->destinations);
}

int mirror_config_check(const struct bridge *bridge, const struct mirror_config *config,
			struct err *err)
{
	if (!config->output_port && !config->output_vlan)
		return err_set(err, EINVAL,
			       "mirror %s of bridge %s has no output: give it a port or a VLAN",
			       config->name, bridge->name);
	if (config->output_port && config->output_vlan)
		return err_set(err, EINVAL,
			       "mirror %s of bridge %s has two outputs, port %s and VLAN %u: "
			       "leave it one",
			       config->name, bridge->name, config->output_port,
			       config->output_vlan);
	if (config->output_vlan > VLAN_MAX)
		return err_set(err, EINVAL, "mirror %s of bridge %s: VLAN %u is not 1 to %d",
			       config->name, bridge->name, config->output_vlan, VLAN_MAX);
	return 0;
}

static int mirrors_new(struct bridge_mirrors **out, const struct bridge *bridge,
		       const struct mirror_config *config, unsigned n, struct err *err)
{
	own(mirrors_free) struct bridge_mirrors *mirrors = calloc(1, sizeof(*mirrors));

	if (n > MIRRORS_MAX)
		return err_set(err, EINVAL, "bridge %s: %u mirrors are too many: at most %d",
			       bridge->name, n, MIRRORS_MAX);
	if (!mirrors)
		return err_set(err, ENOMEM, "bridge %s: out of memory", bridge->name);
	for (unsigned i = 0; i < n; i++) {
		int rc = mirror_config_check(bridge, &config[i], err);

		if (rc)
			return rc;
		mirrors->n++;
		if (mirror_init(&mirrors->mirror[i], &config[i], bridge->mirrors))
			return err_set(err, ENOMEM, "bridge %s: out of memory", bridge->name);
	}
	*out = take_ptr(mirrors);
	return 0;
}

static bool is_same_names(const struct names *a, const struct names *b)
{
	return a->n == b->n && !memcmp(a->name, b->name, a->n * sizeof(a->name[0]));
}

static bool is_same(const struct bridge_mirrors *a, const struct bridge_mirrors *b)
{
	if (!a || a->n != b->n)
		return !a && !b->n;
	for (unsigned i = 0; i < a->n; i++) {
		const struct mirror *x = &a->mirror[i], *y = &b->mirror[i];

		if (strcmp(x->id, y->id) || strcmp(x->name, y->name) ||
		    x->selects_all != y->selects_all || !is_same_names(&x->sources, &y->sources) ||
		    !is_same_names(&x->destinations, &y->destinations) ||
		    memcmp(&x->vlans, &y->vlans, sizeof(x->vlans)) ||
		    strcmp(x->output_port, y->output_port) || x->output_vlan != y->output_vlan ||
		    x->snaplen != y->snaplen)
			return false;
	}
	return true;
}

/* Nobody is reached by the ports that are for mirrors alone now. */
static void fdb_forget(struct bridge *bridge)
{
	fdb_write_begin(bridge->sw);
	for (unsigned i = 0; i < bridge->view->n_ports; i++)
		if (bridge->view->ports[i].is_mirror_only)
			fdb_flush(bridge->fdb, bridge->view->ports[i].id, false);
	fdb_write_end(bridge->sw);
}

int bridge_mirrors_set(struct bridge *bridge, const struct mirror_config *mirrors, unsigned n,
		       struct err *err)
{
	own(mirrors_free) struct bridge_mirrors *old = NULL;
	own(mirrors_free) struct bridge_mirrors *new = NULL;
	int rc = mirrors_new(&new, bridge, mirrors, n, err);

	if (rc || is_same(bridge->mirrors, new))
		return rc;
	old = bridge->mirrors;
	bridge->mirrors = new;
	rc = snapshot_publish(bridge);
	if (rc) {
		bridge->mirrors = take_ptr(old);
		return err_set(err, -rc, "bridge %s: its mirrors: %s", bridge->name, strerror(-rc));
	}
	new = NULL;
	fdb_forget(bridge);
	return 0;
}

bool bridge_has_mirror(const struct bridge *bridge, const char *id)
{
	return mirror_find(bridge->mirrors, id) != NULL;
}

void bridge_mirrors_harvest(struct bridge *bridge)
{
	flows_harvest(bridge);
}

int bridge_mirror_stats(struct bridge *bridge, const char *id, struct mirror_stats *out)
{
	const struct mirror *mirror = mirror_find(bridge->mirrors, id);

	if (!mirror)
		return -ENOENT;
	out->n_packets = counter_get(&mirror->tally->n_packets);
	out->n_bytes = counter_get(&mirror->tally->n_bytes);
	return 0;
}

/* ---- what packets see of it ---- */

/* NULL: the bridge has no such port now. */
static struct port_view *port_of(struct bridge_view *view, struct bridge *bridge, const char *name)
{
	const struct bridge_port *port = bridge_port_lookup(bridge, name);

	return port ? (struct port_view *)bridge_view_port(view, port->ofport) : NULL;
}

static void select_ports(struct bridge_view *view, struct bridge *bridge,
			 const struct mirror *mirror, uint32_t bit)
{
	for (unsigned i = 0; mirror->selects_all && i < view->n_ports; i++) {
		view->ports[i].mirror_in |= bit;
		view->ports[i].mirror_out |= bit;
	}
	for (unsigned i = 0; !mirror->selects_all && i < mirror->sources.n; i++) {
		struct port_view *port = port_of(view, bridge, mirror->sources.name[i]);

		if (port)
			port->mirror_in |= bit;
	}
	for (unsigned i = 0; !mirror->selects_all && i < mirror->destinations.n; i++) {
		struct port_view *port = port_of(view, bridge, mirror->destinations.name[i]);

		if (port)
			port->mirror_out |= bit;
	}
}

static bool has_same_output(const struct mirror_view *a, const struct mirror_view *b)
{
	return a->output == b->output && a->output_vlan == b->output_vlan;
}

/* One without its output port chooses nothing. */
static void mirror_view_init(struct bridge_view *view, struct bridge *bridge, unsigned i)
{
	static const struct vlan_bitmap none;
	const struct mirror *mirror = &bridge->mirrors->mirror[i];
	struct mirror_view *out = &view->mirrors[i];
	struct port_view *output = port_of(view, bridge, mirror->output_port);

	*out = (struct mirror_view){
		.name = mirror->name,
		.tally = mirror->tally,
		.output = output,
		.output_vlan = mirror->output_vlan,
		.snaplen = mirror->snaplen,
		.same = 1u << i,
		.has_vlans = memcmp(&mirror->vlans, &none, sizeof(none)) != 0,
		.vlans = mirror->vlans,
	};
	if (!output && !mirror->output_vlan)
		return;
	if (output)
		output->is_mirror_only = true;
	for (unsigned j = 0; j < i; j++) {
		if (has_same_output(&view->mirrors[j], out)) {
			view->mirrors[j].same |= 1u << i;
			out->same |= 1u << j;
		}
	}
	select_ports(view, bridge, mirror, 1u << i);
}

void mirrors_view_init(struct bridge_view *view, struct bridge *bridge)
{
	view->n_mirrors = bridge->mirrors ? bridge->mirrors->n : 0;
	for (unsigned i = 0; i < view->n_mirrors; i++)
		mirror_view_init(view, bridge, i);
}

void mirrors_mask(const struct bridge_view *view, struct flow_key *bits)
{
	bool chooses_outgoing = false;
	struct flow_key normal;

	if (!view->n_mirrors)
		return;
	normal_mask(view, &normal);
	bits->packet.vlan.tci.be |= normal.packet.vlan.tci.be;
	for (unsigned i = 0; i < view->n_ports; i++)
		chooses_outgoing |= view->ports[i].mirror_out != 0;
	if (chooses_outgoing) /* they may have lost their outer tag by then */
		bits->packet.vlan_inner.tci.be |= normal.packet.vlan.tci.be;
	for (unsigned i = 0; i < view->n_mirrors; i++)
		if (view->mirrors[i].output_vlan)
			bits->packet.eth_dst = normal.packet.eth_dst;
}
