/* From one daemon to the next: ports keep their numbers, what is wanted is taken over, the rest goes.
 *
 * A daemon that starts makes its ports while all that was left goes on as it is; packets that the
 * kernel does not know are dropped and counted (upcall-down) as before. When all ports are there,
 * port_table_settle() opens the way to the workers, and only then points links to other programs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/own.h"
#include "port/link.h"
#include "port/notes.h"
#include "port/pins.h"
#include "port/table.h"

/* ---- numbers ---- */

struct number_before {
	char name[IFNAMSIZ];
	uint16_t id;
	UT_hash_handle hh;
};

static void number_visit(void *ctx, uint16_t id, const struct port_note *note)
{
	struct port_table *table = ctx;
	struct number_before *number = calloc(1, sizeof(*number));

	if (!number)
		return;
	number->id = id;
	memcpy(number->name, note->name, sizeof(number->name) - 1);
	HASH_ADD_STR(table->before, name, number);
}

void port_numbers_read(struct port_table *table)
{
	if (notes_were_there(table->notes))
		note_for_each(table->notes, number_visit, table);
}

void port_numbers_forget(struct port_table *table)
{
	struct number_before *number, *next;

	HASH_ITER (hh, table->before, number, next) {
		HASH_DEL(table->before, number);
		free(number);
	}
}

uint16_t port_number_before(const struct port_table *table, const char *name)
{
	const struct number_before *number;

	HASH_FIND_STR(table->before, name, number);
	return number ? number->id : PORT_ID_NONE;
}

void port_numbers_before(struct port_table *table, void (*visit)(void *ctx, uint16_t id), void *ctx)
{
	for (struct number_before *number = table->before; number; number = number->hh.next)
		visit(ctx, number->id);
}

/* ---- notes ---- */

void port_note_write(const struct port *port)
{
	struct port_note note = {
		.ifindex = port->ifindex,
		.mtu_found = port->mtu_found,
		.is_promisc_ours = port->is_promisc_ours,
		.is_qdisc_ours = port->is_qdisc_ours,
	};

	if (port->table->is_left)
		return;
	memcpy(note.name, port->config.name, sizeof(note.name));
	note_put(port->table->notes, port->id, &note);
}

void port_note_read(struct port *port)
{
	struct port_note note;

	if (!port->table->is_settled && note_get(port->table->notes, port->id, &note) &&
	    !strcmp(note.name, port->config.name) && note.ifindex == port->ifindex) {
		port->mtu_found = note.mtu_found;
		port->is_promisc_ours = note.is_promisc_ours;
		port->is_qdisc_ours = note.is_qdisc_ours;
	}
}

static void note_visit(void *ctx, uint16_t id, const struct port_note *note)
{
	struct port_table *table = ctx;
	const struct port *port = port_by_id(table, id);
	struct link_info info;

	if (port && !strcmp(port->config.name, note->name))
		return;
	if (!link_lookup(table->links, note->name, &info) && info.ifindex == note->ifindex)
		note_undo(table->links, table->qdiscs, note);
	note_del(table->notes, id);
	bpf_drops_del(table->programs, id);
	bpf_policer_clear(table->programs, id);
}

/* ---- devices ---- */

/* Switch's ends of internal ports; their other ends go with them. */
static void device_visit(void *ctx, const struct link_info *info)
{
	struct port_table *table = ctx;
	char alias[64], prefix[IFNAMSIZ];
	const struct port *port;

	snprintf(alias, sizeof(alias), "shunt %s", table->instance);
	snprintf(prefix, sizeof(prefix), "%s-i", table->instance);
	HASH_FIND(hh_ifindex, table->by_ifindex, &info->ifindex, sizeof(info->ifindex), port);
	if (!port && !strcmp(info->alias, alias) && !strncmp(info->name, prefix, strlen(prefix)) &&
	    table->n_stale < PORT_ID_MAX)
		table->stale[table->n_stale++] = info->ifindex;
}

void port_stale_devices_del(struct port_table *table)
{
	table->n_stale = 0;
	table->stale = calloc(PORT_ID_MAX, sizeof(*table->stale));
	if (!table->stale)
		return;
	link_for_each(table->links, device_visit, table);
	for (unsigned i = 0; i < table->n_stale; i++)
		link_del(table->links, table->stale[i]);
	mem_free(&table->stale);
}

/* ---- links and rows ---- */

static bool is_attached(const struct attachment *attachment, enum bpf_program_id program,
			uint32_t ifindex)
{
	return attachment->program == program && attachment->ifindex == ifindex;
}

static bool is_used(void *ctx, enum bpf_program_id program, uint32_t ifindex)
{
	const struct port_table *table = ctx;
	const struct port *port;

	if (program == PROGRAM_UPCALL_XDP)
		return table->upcall && ifindex == upcall_inner(table->upcall);
	if (program == PROGRAM_DOWNCALL_TC)
		return table->upcall && ifindex == upcall_outer(table->upcall);
	HASH_FIND(hh_ifindex, table->by_ifindex, &ifindex, sizeof(ifindex), port);
	return port && (is_attached(&port->attachment, program, ifindex) ||
			is_attached(&port->tc_attachment, program, ifindex));
}

void port_stale_programs_drop(struct port_table *table)
{
	if (!table->programs)
		return;
	bpf_links_drop(table->programs, is_used, table);
	bpf_rows_drop(table->programs, is_used, table);
}

/* ---- outside ---- */

void port_table_settle(struct port_table *table)
{
	if (table->is_settled)
		return;
	table->is_settled = true;
	table->is_left = false;
	if (table->programs)
		bpf_programs_admit(table->programs);
	port_stale_programs_drop(table);
	if (table->programs)
		note_for_each(table->notes, note_visit, table);
	for (const struct port *port = table->by_name; port; port = port->hh_name.next)
		port_note_write(port);
	port_stale_devices_del(table);
	pins_drop_others(table->pins);
	port_numbers_forget(table);
}

void port_table_leave(struct port_table *table)
{
	table->is_left = true;
	if (table->programs)
		bpf_programs_leave(table->programs);
}
