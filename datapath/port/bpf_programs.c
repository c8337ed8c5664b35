/* Rows of the maps that the programs go by. */
#include "port/bpf_programs.h"

#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>

#include "port/bpf_state.h"
#include "port/pins.h"

static int row_set(struct bpf_programs *programs, enum table table, uint32_t key, const void *value)
{
	if (programs->is_left)
		return 0;
	return bpf_map_update_elem(programs->table_fd[table], &key, value, BPF_ANY) ? -errno : 0;
}

static void row_clear(struct bpf_programs *programs, enum table table, uint32_t key)
{
	if (!programs->is_left)
		bpf_map_delete_elem(programs->table_fd[table], &key);
}

/* The device that has the place of this one; 0: none. */
static uint32_t near_ifindex(const struct bpf_programs *programs, uint32_t ifindex)
{
	const uint32_t place = ifindex % NEAR_PORTS;
	struct port_entry there;

	return bpf_map_lookup_elem(programs->table_fd[TABLE_NEAR_PORTS], &place, &there)
		       ? 0
		       : there.ifindex;
}

/* A program is on a device only while it has its rows. */
int bpf_port_set(struct bpf_programs *programs, const struct port_entry *entry)
{
	const uint32_t near = near_ifindex(programs, entry->ifindex);
	int rc = row_set(programs, TABLE_PORTS, entry->ifindex, entry);

	if (rc || (near && near != entry->ifindex))
		return rc;
	return row_set(programs, TABLE_NEAR_PORTS, entry->ifindex % NEAR_PORTS, entry);
}

void bpf_port_clear(struct bpf_programs *programs, uint32_t ifindex)
{
	if (near_ifindex(programs, ifindex) == ifindex)
		row_set(programs, TABLE_NEAR_PORTS, ifindex % NEAR_PORTS, &(struct port_entry){0});
	row_clear(programs, TABLE_PORTS, ifindex);
}

/* The devmaps have it before the row says so, and as long as it does. */
int bpf_output_set(struct bpf_programs *programs, uint16_t port, const struct output_entry *entry)
{
	int rc = 0;

	if (entry->ifindex)
		rc = row_set(programs, TABLE_DEVICES, port, &entry->ifindex);
	if (!rc && entry->flags & OUTPUT_FLAG_XDP)
		rc = row_set(programs, TABLE_XDP_OUTPUTS, port, &entry->ifindex);
	if (!rc)
		rc = row_set(programs, TABLE_OUTPUTS, port, entry);
	if (rc || !(entry->flags & OUTPUT_FLAG_XDP))
		row_clear(programs, TABLE_XDP_OUTPUTS, port);
	if (rc || !entry->ifindex)
		row_clear(programs, TABLE_DEVICES, port);
	return rc;
}

void bpf_output_clear(struct bpf_programs *programs, uint16_t port)
{
	bpf_output_set(programs, port, &(struct output_entry){0});
}

int bpf_xsk_set(struct bpf_programs *programs, uint32_t slot, int fd)
{
	if (!programs->is_held)
		return row_set(programs, TABLE_XSKS, slot, &fd);
	programs->held_xsks[slot] = fd + 1;
	return 0;
}

void bpf_xsk_clear(struct bpf_programs *programs, uint32_t slot)
{
	if (programs->is_held)
		programs->held_xsks[slot] = 0;
	else
		bpf_map_delete_elem(programs->table_fd[TABLE_XSKS], &slot);
}

int bpf_drops_add(struct bpf_programs *programs, uint16_t port)
{
	const uint32_t key = port;

	memset(programs->row, 0, programs->n_cpus * sizeof(*programs->row));
	if (!bpf_map_update_elem(programs->table_fd[TABLE_DROPS], &key, programs->row, BPF_NOEXIST))
		return 0;
	return errno == EEXIST ? 0 : -errno;
}

void bpf_drops_del(struct bpf_programs *programs, uint16_t port)
{
	row_clear(programs, TABLE_DROPS, port);
}

void bpf_drops_read(const struct bpf_programs *programs, uint16_t port, struct drop_counters *out)
{
	uint32_t key = port;

	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(programs->table_fd[TABLE_DROPS], &key, programs->row))
		return;
	for (unsigned cpu = 0; cpu < programs->n_cpus; cpu++)
		for (unsigned i = 0; i < N_DROP_REASONS; i++)
			out->n[i] += programs->row[cpu].n[i];
}

int bpf_policer_set(struct bpf_programs *programs, uint16_t port, const struct policer *policer)
{
	return row_set(programs, TABLE_POLICERS, port, policer);
}

void bpf_policer_clear(struct bpf_programs *programs, uint16_t port)
{
	row_clear(programs, TABLE_POLICERS, port);
}

/* ---- rows that a daemon before us left ---- */

static void port_rows_drop(struct bpf_programs *programs, bpf_is_used_fn *is_used, void *ctx)
{
	const int fd = programs->table_fd[TABLE_PORTS];
	uint32_t ifindex, next;
	bool has_next = !bpf_map_get_next_key(fd, NULL, &next);

	while (has_next) {
		ifindex = next;
		/* Before it is deleted, and with it its place. */
		has_next = !bpf_map_get_next_key(fd, &ifindex, &next);
		if (is_used(ctx, PROGRAM_PORT_TC, ifindex) ||
		    is_used(ctx, PROGRAM_PORT_XDP, ifindex))
			continue;
		bpf_filter_drop(pins_instance(programs->pins), ifindex);
		bpf_port_clear(programs, ifindex);
	}
}

/* Outputs whose device is not that port's any more. */
static void output_rows_drop(struct bpf_programs *programs)
{
	for (uint32_t port = 1; port < PORT_ID_MAX; port++) {
		struct output_entry output;
		struct port_entry entry;

		if (bpf_map_lookup_elem(programs->table_fd[TABLE_OUTPUTS], &port, &output) ||
		    !output.ifindex)
			continue;
		if (bpf_map_lookup_elem(programs->table_fd[TABLE_PORTS], &output.ifindex, &entry) ||
		    entry.port != port)
			bpf_output_clear(programs, (uint16_t)port);
	}
}

void bpf_rows_drop(struct bpf_programs *programs, bpf_is_used_fn *is_used, void *ctx)
{
	port_rows_drop(programs, is_used, ctx);
	output_rows_drop(programs);
}
