#include "switch/ofports.h"

#include <assert.h>
#include <errno.h>
#include <linux/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/own.h"

struct holder {
	char name[IFNAMSIZ];
	uint16_t ofport;
	bool is_live;
	UT_hash_handle hh;
};

struct ofports {
	struct holder *by_name;
	struct holder *by_ofport[OFPORT_MAX + 1]; /* NULL: free */
};

int ofports_new(struct ofports **out)
{
	struct ofports *ofports = calloc(1, sizeof(*ofports));

	if (!ofports)
		return -ENOMEM;
	*out = ofports;
	return 0;
}

static void forget(struct ofports *ofports, struct holder *holder)
{
	HASH_DEL(ofports->by_name, holder);
	ofports->by_ofport[holder->ofport] = NULL;
	free(holder);
}

void ofports_free(struct ofports **p)
{
	struct holder *holder, *next;

	if (!*p)
		return;
	HASH_ITER (hh, (*p)->by_name, holder, next)
		forget(*p, holder);
	mem_free(p);
}

/* The lowest that nobody has, else the lowest that only an absent port has. */
static int choose(const struct ofports *ofports)
{
	for (int i = 1; i <= OFPORT_MAX; i++)
		if (!ofports->by_ofport[i])
			return i;
	for (int i = 1; i <= OFPORT_MAX; i++)
		if (!ofports->by_ofport[i]->is_live)
			return i;
	return -ENOSPC;
}

static int holder_replace(struct ofports *ofports, struct holder *old, const char *name,
			  uint16_t ofport)
{
	struct holder *holder = calloc(1, sizeof(*holder));

	if (!holder)
		return -ENOMEM;
	if (ofports->by_ofport[ofport])
		forget(ofports, ofports->by_ofport[ofport]);
	if (old)
		forget(ofports, old);
	snprintf(holder->name, sizeof(holder->name), "%s", name);
	holder->ofport = ofport;
	holder->is_live = true;
	HASH_ADD_STR(ofports->by_name, name, holder);
	ofports->by_ofport[ofport] = holder;
	return 0;
}

int ofports_take(struct ofports *ofports, const char *name, uint16_t request)
{
	struct holder *holder;
	int ofport = request, rc;

	HASH_FIND_STR(ofports->by_name, name, holder);
	assert(!holder || !holder->is_live);
	if (!request || request > OFPORT_MAX ||
	    (ofports->by_ofport[request] && ofports->by_ofport[request]->is_live))
		ofport = holder ? holder->ofport : choose(ofports);
	if (ofport < 0)
		return ofport;
	if (holder && holder->ofport == ofport) {
		holder->is_live = true;
		return ofport;
	}
	rc = holder_replace(ofports, holder, name, (uint16_t)ofport);
	return rc ? rc : ofport;
}

void ofports_give(struct ofports *ofports, const char *name)
{
	struct holder *holder;

	HASH_FIND_STR(ofports->by_name, name, holder);
	assert(holder && holder->is_live);
	holder->is_live = false;
}
