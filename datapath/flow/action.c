#include "flow/action.h"

#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "base/own.h"

/* ---- collecting ops ---- */

struct field_shape {
	uint8_t size;   /* bytes */
	uint8_t n_bits; /* the lowest ones count */
};

static const struct field_shape fields[N_PACKET_FIELDS] = {
	[SET_ETH_DST] = {6, 48},     [SET_ETH_SRC] = {6, 48},       [SET_IPV4_SRC] = {4, 32},
	[SET_IPV4_DST] = {4, 32},    [SET_IPV6_SRC] = {16, 128},    [SET_IPV6_DST] = {16, 128},
	[SET_IP_TOS] = {1, 8},       [SET_IP_TTL] = {1, 8},         [SET_L4_SRC] = {2, 16},
	[SET_L4_DST] = {2, 16},      [SET_IPV6_LABEL] = {4, 20},    [SET_ICMP_TYPE] = {1, 8},
	[SET_ICMP_CODE] = {1, 8},    [SET_ARP_OP] = {2, 16},        [SET_ARP_SPA] = {4, 32},
	[SET_ARP_TPA] = {4, 32},     [SET_ARP_SHA] = {6, 48},       [SET_ARP_THA] = {6, 48},
	[SET_ND_TARGET] = {16, 128}, [SET_ND_SLL] = {6, 48},        [SET_ND_TLL] = {6, 48},
	[SET_MPLS_ENTRY] = {4, 32},  [SET_MPLS_INNER_TTL] = {1, 8}, [SET_PBB_ISID] = {3, 24},
	[SET_PBB_UCA] = {1, 1},
};

unsigned packet_field_size(enum packet_field field)
{
	assert(field < N_PACKET_FIELDS);
	return fields[field].size;
}

static uint16_t words_of(size_t size)
{
	return (uint16_t)((size + sizeof(struct flow_op) - 1) / sizeof(struct flow_op));
}

/* Appends the op with `op.n_words` words of zeroes. Returns these, or NULL: it does not fit. */
static uint8_t *add_with_words(struct flow_op_list *list, struct flow_op op)
{
	uint8_t *words;

	if (list->is_full || list->n_ops + 1 + op.n_words > FLOW_OPS_MAX) {
		list->is_full = 1;
		return NULL;
	}
	list->op[list->n_ops] = op;
	words = (uint8_t *)&list->op[list->n_ops + 1];
	memset(words, 0, op.n_words * sizeof(op));
	list->n_ops += 1u + op.n_words;
	return words;
}

/* The bits of byte `i` that the field has. */
static uint8_t bits_of(const struct field_shape *shape, unsigned i)
{
	unsigned below = 8u * (shape->size - 1u - i);

	if (shape->n_bits >= below + 8)
		return 0xff;
	return shape->n_bits <= below ? 0 : (uint8_t)((1u << (shape->n_bits - below)) - 1);
}

void flow_op_set(struct flow_op_list *list, enum packet_field field, const void *value,
		 const void *mask)
{
	const struct field_shape *shape = &fields[field];
	const uint16_t n = words_of(shape->size);
	const uint8_t *from = value, *bits = mask;
	uint8_t *words;

	assert(field < N_PACKET_FIELDS);
	words = add_with_words(list, (struct flow_op){.type = OP_SET,
						      .field = (uint8_t)field,
						      .n_words = (uint16_t)(2 * n)});
	for (unsigned i = 0; words && i < shape->size; i++) {
		uint8_t bit = bits[i] & bits_of(shape, i);

		words[i] = from[i] & bit;
		words[n * sizeof(struct flow_op) + i] = bit;
	}
}

void flow_op_set_all(struct flow_op_list *list, enum packet_field field, const void *value)
{
	uint8_t all[16];

	memset(all, 0xff, sizeof(all));
	flow_op_set(list, field, value, all);
}

void flow_op_truncate(struct flow_op_list *list, uint16_t size)
{
	const uint16_t least = sizeof(struct eth_header);

	flow_op_add(list,
		    (struct flow_op){.type = OP_TRUNCATE, .port = size > least ? size : least});
}

static void add_with_entry(struct flow_op_list *list, uint8_t type, uint16_t tpid, be32 entry)
{
	uint8_t *words =
		add_with_words(list, (struct flow_op){.type = type, .tpid = tpid, .n_words = 1});

	if (words)
		memcpy(words, &entry, sizeof(entry));
}

void flow_op_push_mpls(struct flow_op_list *list, uint16_t type, be32 entry)
{
	add_with_entry(list, OP_PUSH_MPLS, type, entry);
}

void flow_op_pop_mpls(struct flow_op_list *list, uint16_t type)
{
	flow_op_add(list, (struct flow_op){.type = OP_POP_MPLS, .tpid = type});
}

void flow_op_push_pbb(struct flow_op_list *list, uint16_t type, be32 itag)
{
	add_with_entry(list, OP_PUSH_PBB, type, itag);
}

void flow_op_pop_pbb(struct flow_op_list *list)
{
	flow_op_add(list, (struct flow_op){.type = OP_POP_PBB});
}

void flow_op_capture(struct flow_op_list *list, uint16_t size, uint64_t who)
{
	uint8_t *words = add_with_words(
		list, (struct flow_op){.type = OP_CAPTURE, .port = size, .n_words = 1});

	if (words)
		memcpy(words, &who, sizeof(who));
}

void flow_op_meter(struct flow_op_list *list, uint16_t slot, uint64_t number)
{
	uint8_t *words = add_with_words(
		list, (struct flow_op){.type = OP_METER, .port = slot, .n_words = 1});

	if (words)
		memcpy(words, &number, sizeof(number));
}

void flow_op_controller(struct flow_op_list *list, const struct packet_in_context *context,
			const void *userdata, uint16_t n_userdata)
{
	struct packet_in_context copy = *context;
	struct flow_op op = {.type = OP_CONTROLLER};
	uint8_t *words;

	copy.pad = 0;
	copy.n_userdata = n_userdata;
	op.n_words = words_of(sizeof(copy) + n_userdata);
	if (n_userdata > PACKET_IN_USERDATA_MAX)
		list->is_full = 1;
	words = add_with_words(list, op);
	if (!words)
		return;
	memcpy(words, &copy, sizeof(copy));
	if (n_userdata)
		memcpy(words + sizeof(copy), userdata, n_userdata);
}

uint32_t flow_op_clone_begin(struct flow_op_list *list)
{
	uint32_t at = list->n_ops;

	if (list->n_open++ >= FLOW_CLONE_DEPTH_MAX)
		list->is_full = 1;
	add_with_words(list, (struct flow_op){.type = OP_CLONE});
	return at;
}

void flow_op_clone_end(struct flow_op_list *list, uint32_t at)
{
	assert(list->n_open);
	list->n_open--;
	if (list->n_ops <= at + 1) /* nothing in it, or not even begun */
		list->n_ops = at;
	else
		list->op[at].n_words = (uint16_t)(list->n_ops - at - 1);
}

/* ---- lists that are shared ---- */

struct list {
	UT_hash_handle hh;
	struct flow_actions actions; /* last: it has no fixed size; tallies stand behind the ops */
};

/* What makes a list one of its kind: n_ops, the ops, the tallies. */
struct key {
	uint32_t pad; /* as the ops want it */
	uint32_t n_ops;
	struct flow_op op[FLOW_OPS_MAX + CREDIT_TALLIES_MAX];
};

#define KEY_START offsetof(struct key, n_ops)
#define KEY_PLACE offsetof(struct list, actions.n_ops)

_Static_assert(offsetof(struct key, op) == KEY_START + sizeof(uint32_t), "key");
_Static_assert(offsetof(struct list, actions.op) == KEY_PLACE + sizeof(uint32_t), "key");
_Static_assert(sizeof(struct tally *) == sizeof(struct flow_op), "key");

/* This worker only. */
struct action_table {
	struct credit_book *book; /* fixed after create */
	struct list *by_key;
	uint32_t n_lists;
	struct key key; /* scratch */
};

int action_table_new(struct action_table **out, struct credit_book *book)
{
	struct action_table *table = calloc(1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	table->book = book;
	*out = table;
	return 0;
}

static void list_free(struct action_table *table, struct list *list)
{
	HASH_DEL(table->by_key, list);
	table->n_lists--;
	credit_put(&list->actions.credit);
	free(list);
}

void action_table_free(struct action_table **table)
{
	struct list *list, *next;

	if (!*table)
		return;
	HASH_ITER (hh, (*table)->by_key, list, next)
		list_free(*table, list);
	mem_free(table);
}

/* Returns the key's size, from n_ops on. */
static size_t key_make(struct key *key, const struct flow_op *op, uint32_t n_ops,
		       const struct credit_list *credits)
{
	const size_t ops_size = n_ops * sizeof(*op);
	const size_t tallies_size = credits ? credits->n * sizeof(credits->tally[0]) : 0;

	key->n_ops = n_ops;
	memcpy(key->op, op, ops_size);
	if (tallies_size)
		memcpy(key->op + n_ops, credits->tally, tallies_size);
	return sizeof(key->n_ops) + ops_size + tallies_size;
}

static struct list *list_new(struct action_table *table, size_t key_size,
			     const struct credit_list *credits)
{
	struct list *list = malloc(sizeof(*list) + key_size);
	char *key;

	if (!list)
		return NULL;
	key = (char *)list + KEY_PLACE;
	list->actions.credit = NULL;
	if (credits && credits->n && !(list->actions.credit = credit_new(table->book, credits))) {
		free(list);
		return NULL;
	}
	list->actions.n_refs = 0;
	memcpy(key, (const char *)&table->key + KEY_START, key_size);
	HASH_ADD_KEYPTR(hh, table->by_key, key, key_size, list);
	table->n_lists++;
	return list;
}

int actions_get(struct action_table *table, const struct flow_op *op, uint32_t n_ops,
		const struct credit_list *credits, struct flow_actions **out)
{
	struct list *list;
	size_t size;

	if (!n_ops || n_ops > FLOW_OPS_MAX)
		return -EINVAL;
	size = key_make(&table->key, op, n_ops, credits);
	HASH_FIND(hh, table->by_key, (const char *)&table->key + KEY_START, size, list);
	if (!list)
		list = list_new(table, size, credits);
	if (!list)
		return -ENOMEM;
	list->actions.n_refs++;
	*out = &list->actions;
	return 0;
}

void actions_put(struct action_table *table, struct flow_actions **actions)
{
	struct list *list;

	if (!*actions)
		return;
	assert((*actions)->n_refs);
	list = (struct list *)((char *)*actions - offsetof(struct list, actions));
	if (!--(*actions)->n_refs)
		list_free(table, list);
	*actions = NULL;
}

uint32_t action_table_n_lists(const struct action_table *table)
{
	return table->n_lists;
}
