#include "switch/translate.h"

#include "flow/key.h"
#include "switch/normal.h"
#include "switch/snapshot.h"

void translate(const struct path_view *path, const struct flow_key *key, uint64_t now,
	       struct translation *out)
{
	const struct snapshot *snapshot = snapshot_of(path);
	const struct port_view *port = snapshot_port(snapshot, key->packet.in_port);

	if (port->bridge->fail_mode == FAIL_SECURE)
		flow_op_add(&out->ops, flow_op_drop(DROP_FAIL_SECURE));
	else
		normal(snapshot, port, key, now, out);
}

bool translate_refresh(const struct path_view *path, const struct flow_key *key, uint64_t now,
		       struct path_learned *learned)
{
	const struct port_view *port = snapshot_port(snapshot_of(path), key->packet.in_port);

	return port->bridge->fail_mode != FAIL_SECURE && normal_refresh(port, key, now, learned);
}
