/* OpenFlow 1.3.5 section 7.2.4, 1.5.1 section 7.2.5. */
#include "openflow/action.h"
#include "openflow/action_form.h"

enum instruction {
	GOTO_TABLE = 1,
	WRITE_METADATA,
	WRITE_ACTIONS,
	APPLY_ACTIONS,
	CLEAR_ACTIONS,
	METER,
	STAT_TRIGGER,
	EXPERIMENTER = 0xffff,
};

/* By type: the exact size, or the least; and the versions that have it. */
static const struct form {
	uint8_t size;
	bool is_longer;
	uint8_t since, until;
} forms[] = {
	[GOTO_TABLE] = {8, false, OF11, OF15},    [WRITE_METADATA] = {24, false, OF11, OF15},
	[WRITE_ACTIONS] = {8, true, OF11, OF15},  [APPLY_ACTIONS] = {8, true, OF11, OF15},
	[CLEAR_ACTIONS] = {8, false, OF11, OF15}, [METER] = {8, false, OF13, OF14},
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* The order in which they take effect. */
static const uint8_t order[] = {
	METER, APPLY_ACTIONS, CLEAR_ACTIONS, WRITE_ACTIONS, WRITE_METADATA, GOTO_TABLE,
};

#define N_ORDER (sizeof(order) / sizeof(order[0]))

/* ---- reading ---- */

static enum of_error check(uint8_t version, uint16_t type, size_t len)
{
	if (type == EXPERIMENTER)
		return OF_BIC_BAD_EXPERIMENTER;
	if (type == STAT_TRIGGER && version >= OF15)
		return OF_BIC_UNSUP_INST;
	if (type >= N_FORMS || !forms[type].size || version < forms[type].since ||
	    version > forms[type].until)
		return OF_BIC_UNKNOWN_INST;
	return (forms[type].is_longer ? len < forms[type].size : len != forms[type].size)
		       ? OF_BIC_BAD_LEN
		       : OF_OK;
}

static enum of_error add_inside(struct action_reader *r, struct wire_bytes actions)
{
	const struct ofaction a = {.type = OFACTION_WRITE_ACTIONS};
	uint32_t begin = r->list->n;
	enum of_error error = action_add(r, &a);

	if (!error)
		error = action_read_list(r, actions);
	if (!error)
		action_close(r, begin);
	return error;
}

static enum of_error add_metadata(struct action_reader *r, const uint8_t *at)
{
	const uint64_t mask = wire_get64(at + 16);
	struct ofaction a = {.type = OFACTION_WRITE_METADATA};

	a.set.to = (struct subfield){FIELD_METADATA, 0, field_of(FIELD_METADATA)->n_bits};
	ofaction_set_bits(&a, wire_get64(at + 8) & mask, mask);
	return action_add(r, &a);
}

static enum of_error add_instruction(struct action_reader *r, uint16_t type, struct wire_bytes all)
{
	const struct wire_bytes actions = wire_skip(all, 8);
	struct ofaction a = {.type = OFACTION_CLEAR_ACTIONS};

	switch (type) {
	case METER:
		a = (struct ofaction){.type = OFACTION_METER, .number = wire_get32(all.at + 4)};
		return action_add(r, &a);
	case APPLY_ACTIONS:
		return action_read_list(r, actions);
	case WRITE_ACTIONS:
		return add_inside(r, actions);
	case WRITE_METADATA:
		return add_metadata(r, all.at);
	case GOTO_TABLE:
		a = (struct ofaction){.type = OFACTION_GOTO_TABLE, .number = all.at[4]};
		return action_add(r, &a) ? OF_BIC_BAD_TABLE_ID : OF_OK;
	}
	return action_add(r, &a);
}

enum of_error of_instructions_read(uint8_t version, struct wire_bytes bytes, struct ofactions *out)
{
	struct action_reader r = {.list = out, .version = version};
	struct wire_bytes found[N_FORMS] = {{NULL, 0}};
	enum of_error error = OF_OK;

	while (bytes.len) {
		uint16_t type;
		size_t len;

		if (bytes.len < 8)
			return OF_BIC_BAD_LEN;
		type = wire_get16(bytes.at);
		len = wire_get16(bytes.at + 2);
		if (len < 8 || len % 8 || len > bytes.len)
			return OF_BIC_BAD_LEN;
		error = check(version, type, len);
		if (error)
			return error;
		if (found[type].at)
			return OF_BIC_DUP_INST;
		found[type] = wire_first(bytes, len);
		bytes = wire_skip(bytes, len);
	}
	for (unsigned i = 0; !error && i < N_ORDER; i++)
		if (found[order[i]].at)
			error = add_instruction(&r, order[i], found[order[i]]);
	return error;
}

/* ---- writing ---- */

static size_t begin(struct wire_writer *w, uint16_t type)
{
	size_t start = w->len;

	wire_put16(w, type);
	wire_put16(w, 0);
	return start;
}

static void end(struct wire_writer *w, size_t start)
{
	wire_pad(w, start);
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
}

static uint16_t instruction_of(uint8_t version, uint8_t type)
{
	switch (type) {
	case OFACTION_METER:
		return version >= OF13 && version < OF15 ? METER : APPLY_ACTIONS;
	case OFACTION_CLEAR_ACTIONS:
		return CLEAR_ACTIONS;
	case OFACTION_WRITE_ACTIONS:
		return WRITE_ACTIONS;
	case OFACTION_WRITE_METADATA:
		return WRITE_METADATA;
	case OFACTION_GOTO_TABLE:
		return GOTO_TABLE;
	}
	return APPLY_ACTIONS;
}

static void write_instruction(struct action_writer *aw, uint16_t type, uint32_t i)
{
	const struct ofaction *a = &aw->list->item[i];
	size_t start = begin(aw->w, type);

	switch (type) {
	case METER:
		wire_put32(aw->w, a->number);
		break;
	case WRITE_ACTIONS:
		wire_put32(aw->w, 0);
		action_write_list(aw, i + 1, ofactions_next(aw->list, i));
		break;
	case WRITE_METADATA:
		wire_put32(aw->w, 0);
		wire_put64(aw->w, (uint64_t)ofaction_value(a));
		wire_put64(aw->w, (uint64_t)ofaction_mask(a));
		break;
	case GOTO_TABLE:
		wire_put8(aw->w, (uint8_t)a->number);
		break;
	default:
		wire_put32(aw->w, 0);
	}
	end(aw->w, start);
}

/* The actions from i on that stand for themselves, in one instruction. Where the next one is. */
static uint32_t write_apply(struct action_writer *aw, uint32_t i)
{
	size_t start = begin(aw->w, APPLY_ACTIONS);
	uint32_t k = i;

	while (k < aw->list->n &&
	       instruction_of(aw->version, aw->list->item[k].type) == APPLY_ACTIONS)
		k = ofactions_next(aw->list, k);
	wire_put32(aw->w, 0);
	action_write_list(aw, i, k);
	end(aw->w, start);
	return k;
}

void of_instructions_write(struct wire_writer *w, uint8_t version, const struct ofactions *list,
			   const struct match *match)
{
	struct action_writer aw = {.w = w, .list = list, .match = match, .version = version};
	uint32_t i = 0;

	while (i < list->n) {
		uint16_t type = instruction_of(version, list->item[i].type);

		if (type == APPLY_ACTIONS) {
			i = write_apply(&aw, i);
			continue;
		}
		write_instruction(&aw, type, i);
		i = ofactions_next(list, i);
	}
}
