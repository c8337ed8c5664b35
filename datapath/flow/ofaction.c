#include "flow/ofaction.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flow/port_text.h"

void ofactions_fini(struct ofactions *list)
{
	free(list->item);
	*list = (struct ofactions){0};
}

int ofactions_add(struct ofactions *list, const struct ofaction *action)
{
	struct ofaction *item;
	uint32_t size;

	if (list->n == OFACTIONS_MAX)
		return -E2BIG;
	if (list->n == list->size) {
		size = list->size ? list->size * 2 : 4;
		item = realloc(list->item, size * sizeof(*item));
		if (!item)
			return -ENOMEM;
		list->item = item;
		list->size = size;
	}
	list->item[list->n++] = *action;
	return 0;
}

int ofactions_copy(struct ofactions *out, const struct ofactions *list)
{
	size_t size = list->n * sizeof(*list->item);
	struct ofaction *item = NULL;

	if (size) {
		item = malloc(size);
		if (!item)
			return -ENOMEM;
		memcpy(item, list->item, size);
	}
	*out = (struct ofactions){list->n, list->n, item};
	return 0;
}

bool ofactions_are_equal(const struct ofactions *a, const struct ofactions *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->item, b->item, a->n * sizeof(*a->item)));
}

void ofaction_set_bits(struct ofaction *action, field_bits value, field_bits mask)
{
	action->set.value[0] = (uint64_t)(value >> 64);
	action->set.value[1] = (uint64_t)value;
	action->set.mask[0] = (uint64_t)(mask >> 64);
	action->set.mask[1] = (uint64_t)mask;
}

bool ofactions_have_output(const struct ofactions *list, uint16_t port)
{
	for (uint32_t i = 0; i < list->n; i++) {
		const struct ofaction *a = &list->item[i];

		if ((a->type == OFACTION_OUTPUT || a->type == OFACTION_ENQUEUE) &&
		    a->output.port == port)
			return true;
		if (a->type == OFACTION_CONTROLLER && port == OFPORT_CONTROLLER)
			return true;
	}
	return false;
}

bool ofactions_have_group(const struct ofactions *list, uint32_t group)
{
	for (uint32_t i = 0; i < list->n; i++)
		if (list->item[i].type == OFACTION_GROUP && list->item[i].number == group)
			return true;
	return false;
}

const char *ofaction_name(const struct ofaction *action)
{
	static const char *const names[] = {
		[OFACTION_OUTPUT] = "output",
		[OFACTION_OUTPUT_REG] = "output",
		[OFACTION_CONTROLLER] = "controller",
		[OFACTION_MIRROR] = "mirror",
		[OFACTION_GROUP] = "group",
		[OFACTION_ENQUEUE] = "enqueue",
		[OFACTION_SET_QUEUE] = "set_queue",
		[OFACTION_POP_QUEUE] = "pop_queue",
		[OFACTION_SET] = "set_field",
		[OFACTION_MOVE] = "move",
		[OFACTION_SET_VLAN_VID] = "set_vlan_vid",
		[OFACTION_SET_VLAN_PCP] = "set_vlan_pcp",
		[OFACTION_PUSH_VLAN] = "push_vlan",
		[OFACTION_POP_VLAN] = "pop_vlan",
		[OFACTION_PUSH_MPLS] = "push_mpls",
		[OFACTION_POP_MPLS] = "pop_mpls",
		[OFACTION_PUSH_PBB] = "push_pbb",
		[OFACTION_POP_PBB] = "pop_pbb",
		[OFACTION_COPY_TTL_IN] = "copy_ttl_in",
		[OFACTION_COPY_TTL_OUT] = "copy_ttl_out",
		[OFACTION_DEC_TTL] = "dec_ttl",
		[OFACTION_DEC_MPLS_TTL] = "dec_mpls_ttl",
		[OFACTION_RESUBMIT] = "resubmit",
		[OFACTION_LEARN] = "learn",
		[OFACTION_FIN_TIMEOUT] = "fin_timeout",
		[OFACTION_CONJUNCTION] = "conjunction",
		[OFACTION_NOTE] = "note",
		[OFACTION_CLONE] = "clone",
		[OFACTION_METER] = "meter",
		[OFACTION_CLEAR_ACTIONS] = "clear_actions",
		[OFACTION_WRITE_ACTIONS] = "write_actions",
		[OFACTION_WRITE_METADATA] = "write_metadata",
		[OFACTION_GOTO_TABLE] = "goto_table",
	};

	return action->type < sizeof(names) / sizeof(names[0]) ? names[action->type] : "a part";
}
