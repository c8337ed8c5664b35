#pragma once
/* What a group is: buckets of actions, of which a packet that is sent to it gets all, one, or the first
 * that is alive (OpenFlow 1.3.5 section 5.6, 1.5.1 section 5.10).
 *
 * A description belongs to whoever holds it. No state; any thread.
 */
#include <stdbool.h>
#include <stdint.h>

#include "flow/ofaction.h"

struct err;

/* Numbers of OpenFlow's OFPGT_. */
enum group_type { GROUP_ALL, GROUP_SELECT, GROUP_INDIRECT, GROUP_FF, N_GROUP_TYPES };

/* What a select group takes the hash of. */
enum group_method {
	GROUP_BY_DEFAULT, /* nobody said: as GROUP_BY_HASH without fields */
	GROUP_BY_HASH, /* of its fields; without any: addresses and ports, both directions alike */
	GROUP_BY_DP_HASH, /* of the 5-tuple */
	N_GROUP_METHODS
};

#define GROUP_NUMBER_MAX 0xffffff00u
#define GROUP_EVERY      0xfffffffcu /* to delete */
#define GROUP_NONE       0xffffffffu /* a bucket watches none */

#define BUCKET_NUMBER_MAX 0xffffff00u
enum {
	BUCKET_FIRST = -3,
	BUCKET_LAST = -2,
	BUCKET_EVERY = -1
}; /* as 32 bits; EVERY: not numbered */

#define GROUP_BUCKETS_MAX 1024 /* of a group */
#define GROUP_FIELDS_MAX  16

struct group_bucket {
	uint32_t id;              /* or BUCKET_EVERY: the lowest that is free */
	bool has_weight;          /* false: 1 in a select group, else 0 */
	uint16_t weight;          /* of a select group: its share */
	uint16_t watch_port;      /* OFPORT_NONE: it needs no port to be alive */
	uint32_t watch_group;     /* the same; GROUP_NONE */
	bool says_zero;           /* in OpenFlow before 1.5: 0 instead of these two */
	struct ofactions actions; /* an action set */
};

struct group_field {
	uint8_t field; /* enum field_id */
	field_bits mask;
};

struct group_desc {
	uint32_t id;
	uint8_t type;   /* enum group_type */
	uint8_t method; /* enum group_method */
	uint8_t n_fields;
	uint64_t param;                             /* of the method */
	struct group_field field[GROUP_FIELDS_MAX]; /* ascending */
	uint32_t n_buckets;
	struct group_bucket *bucket;
};

enum group_command {
	GROUP_ADD,
	GROUP_MODIFY,
	GROUP_MODIFY_OR_ADD,
	GROUP_DELETE,
	GROUP_INSERT_BUCKETS,
	GROUP_REMOVE_BUCKETS,
	N_GROUP_COMMANDS,
	GROUP_BY_WORD =
		N_GROUP_COMMANDS, /* for reading: the line may begin with one, else it is ADD */
};

struct group_mod {
	uint8_t command;        /* enum group_command, not GROUP_BY_WORD */
	uint32_t bucket;        /* of INSERT: where, of REMOVE: which; enum above, or a number */
	struct group_desc desc; /* id of DELETE: or GROUP_EVERY */
};

void group_desc_fini(struct group_desc *desc);
void group_mod_fini(struct group_mod *mod);
/* 0 or -ENOMEM; *out was empty. */
int group_desc_copy(struct group_desc *out, const struct group_desc *desc);
/* Takes `bucket` over and puts it at place `at`; also if it fails, which is -ENOSPC or -ENOMEM. */
int group_bucket_insert(struct group_desc *desc, uint32_t at, struct group_bucket *bucket);
void group_bucket_remove(struct group_desc *desc, uint32_t at);
/* Its place; n_buckets: there is none. */
uint32_t group_bucket_find(const struct group_desc *desc, uint32_t id);
/* Gives numbers to those that have none, and weights, as the group's type has them. */
void group_buckets_settle(struct group_desc *desc);
/* In its place among the fields; one that is there already gets another mask. 0 or -ENOSPC. */
int group_field_add(struct group_desc *desc, const struct field *field, field_bits mask);

/* What is wrong with a description by itself. */
enum group_fault {
	GROUP_FINE,
	GROUP_BAD_NUMBER,
	GROUP_BAD_TYPE,
	GROUP_BAD_COUNT,  /* an indirect group has one bucket */
	GROUP_BAD_WEIGHT, /* only select groups have weights */
	GROUP_BAD_WATCH,  /* a bucket of a fast failover group watches nothing */
	GROUP_BAD_BUCKET, /* a number of a bucket, or the same twice */
	GROUP_BAD_ACTION, /* what cannot be in an action set */
	GROUP_BAD_METHOD, /* fields are for select groups by hash */
};
/* Of what ADD and MODIFY have. */
enum group_fault group_desc_check(const struct group_desc *desc, struct err *err);
const char *group_type_name(enum group_type type);

/* Calls `visit` for each group that the actions send to. */
void ofactions_for_each_group(const struct ofactions *list,
			      void (*visit)(void *ctx, uint32_t group), void *ctx);
