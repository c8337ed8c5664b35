#include "switch/offload-places.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "port/flow_maps.h"

#define STANDBY_SHARE 16 /* of so many entries, one may be one that stands by */
#define VICTIM_CHOICE 8  /* of a port's oldest, the one that was idle for longest goes */

int places_init(struct places *places, uint32_t n_max, uint32_t n_places)
{
	memset(places, 0, sizeof(*places));
	places->n_max = places->max_live = n_max;
	places->n_places = n_places;
	places->n_made = KERNEL_HOMES - 1;
	places->place = calloc(n_places, sizeof(*places->place));
	return places->place ? 0 : -ENOMEM;
}

void places_fini(struct places *places)
{
	free(places->place);
	places->place = NULL;
}

/* ---- queues: `next` leads from the first to the last ---- */

static void push(struct places *places, struct place_queue *queue, uint32_t i)
{
	places->place[i].next = PLACE_NONE;
	places->place[i].prev = queue->last;
	if (queue->last)
		places->place[queue->last].next = i;
	else
		queue->first = i;
	queue->last = i;
}

static void unlink_from(struct places *places, struct place_queue *queue, uint32_t i)
{
	const struct place *place = &places->place[i];

	if (place->prev)
		places->place[place->prev].next = place->next;
	else
		queue->first = place->next;
	if (place->next)
		places->place[place->next].prev = place->prev;
	else
		queue->last = place->prev;
}

/* ---- a place's life ---- */

static bool is_free(const struct places *places, uint32_t home)
{
	return home && places->place[home].state == PLACE_UNUSED;
}

bool places_have_room(const struct places *places, uint32_t home)
{
	return is_free(places, home) || places->unused.first ||
	       places->n_made + 1 < places->n_places;
}

uint32_t places_take(struct places *places, uint32_t home)
{
	uint32_t i = places->unused.first;

	if (is_free(places, home))
		return home;
	if (i)
		unlink_from(places, &places->unused, i);
	else if (places->n_made + 1 < places->n_places)
		i = ++places->n_made;
	return i;
}

void places_join(struct places *places, uint32_t i, uint16_t in_port, uint64_t now)
{
	places->place[i] = (struct place){
		.made_at = now,
		.since = now,
		.in_port = in_port,
		.state = PLACE_LIVE,
	};
	push(places, &places->ring[in_port], i);
	places->n_live++;
	places->n_ports += !places->n_of_port[in_port]++;
}

void places_stand_by(struct places *places, uint32_t i, uint16_t in_port, uint64_t now)
{
	places->place[i] = (struct place){
		.made_at = now,
		.since = now,
		.in_port = in_port,
		.state = PLACE_STANDBY,
	};
	places->n_standby++;
}

bool places_are_enough(const struct places *places)
{
	return places->n_standby >= places->n_max / STANDBY_SHARE;
}

void places_leave(struct places *places, uint32_t i, uint64_t now)
{
	struct place *place = &places->place[i];

	if (place->state == PLACE_LIVE) {
		unlink_from(places, &places->ring[place->in_port], i);
		places->n_live--;
		places->n_ports -= !--places->n_of_port[place->in_port];
	}
	places->n_standby -= place->state == PLACE_STANDBY;
	place->state = PLACE_RESTING;
	place->since = now;
	push(places, &places->resting, i);
}

bool places_adopt(struct places *places, uint32_t i, uint16_t in_port, bool is_standby,
		  uint64_t now)
{
	if (i == PLACE_NONE || i >= places->n_places || places->place[i].state != PLACE_UNUSED ||
	    (is_standby ? places_are_enough(places) : places->n_live == places->n_max))
		return false;
	if (is_standby)
		places_stand_by(places, i, in_port, now);
	else
		places_join(places, i, in_port, now);
	places_know(places, i);
	return true;
}

void places_know(struct places *places, uint32_t i)
{
	if (places->n_made < i)
		places->n_made = i;
}

void places_adopted(struct places *places, uint64_t now)
{
	for (uint32_t i = 1; i <= places->n_made; i++)
		if (places->place[i].state == PLACE_UNUSED)
			places_leave(places, i, now);
}

uint32_t places_ripe(struct places *places, uint64_t now)
{
	const uint32_t i = places->resting.first;

	if (!i || now <= places->place[i].since + FLOW_MAPS_REST_NS)
		return PLACE_NONE;
	unlink_from(places, &places->resting, i);
	places->place[i].state = PLACE_UNUSED;
	if (i >= KERNEL_HOMES)
		push(places, &places->unused, i);
	return i;
}

/* ---- shares ---- */

static uint16_t victim_port(struct places *places, uint16_t in_port)
{
	const uint32_t own_n = places->n_of_port[in_port];
	const uint32_t share = places->max_live / (places->n_ports + !own_n);

	if (own_n && own_n >= share)
		return in_port;
	/* Not all have a share or less if this one has less: the search ends. */
	while (places->n_of_port[places->next_victim] <= share)
		places->next_victim = (places->next_victim + 1) % PORT_ID_MAX;
	return places->next_victim;
}

uint32_t places_victim(struct places *places, uint16_t in_port)
{
	uint32_t victim, i;

	if (places->n_live < places->max_live || !places->n_live)
		return PLACE_NONE;
	victim = i = places->ring[victim_port(places, in_port)].first;
	for (unsigned n = 1; n < VICTIM_CHOICE && places->place[i].next; n++) {
		i = places->place[i].next;
		if (places->place[i].since < places->place[victim].since)
			victim = i;
	}
	return victim;
}
