#pragma once
/* What a meter is: rates, and what becomes of packets beyond them (OpenFlow 1.3.5 section 5.7). No state; any thread. */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h" /* METER_BANDS_MAX */
#include "base/slice.h"

struct err;
struct print;

/* Numbers of OpenFlow's OFPMF_. */
enum meter_flag {
	METER_KBPS = 1 << 0,  /* rates are in 1,000 bits a second, bursts in 1,000 bits */
	METER_PKTPS = 1 << 1, /* in packets */
	METER_BURST = 1 << 2, /* bands say how much may come at once */
	METER_STATS = 1 << 3, /* it counts; all do */
};
#define METER_FLAGS 0xf

/* Numbers of OpenFlow's OFPMBT_. */
enum meter_band_type { METER_DROP = 1, METER_DSCP_REMARK };

#define METER_NUMBER_MAX 0xffff0000u
#define METER_CONTROLLER 0xfffffffeu /* all packets to controllers go through it: OFPM_CONTROLLER */
#define METER_EVERY      0xffffffffu

static inline bool meter_number_is(uint32_t id)
{
	return (id && id <= METER_NUMBER_MAX) || id == METER_CONTROLLER;
}

struct meter_band {
	uint8_t type;  /* enum meter_band_type */
	uint8_t level; /* DSCP_REMARK: added to the drop precedence */
	uint32_t rate, burst;
};

struct meter_desc {
	uint32_t id; /* from 1 */
	uint16_t flags;
	uint16_t n_bands;
	struct meter_band band[METER_BANDS_MAX];
};

enum meter_command { METER_ADD, METER_MODIFY, METER_DELETE };

struct meter_mod {
	uint8_t command;
	struct meter_desc desc; /* id of DELETE: or METER_EVERY */
};

/* "meter=1,kbps,burst,stats,bands=type=drop,rate=100,burst_size=10": the grammar of ovs-ofctl(8). 0 or -EINVAL. */
int meter_mod_parse(struct slice text, enum meter_command command, struct meter_mod *out,
		    struct err *err);
/* "1", "meter=1", "controller", "all" or "". 0 or -EINVAL. */
int meter_filter_parse(struct slice text, uint32_t *out, struct err *err);
/* On one line, as it is read. */
void meter_print(struct print *out, const struct meter_desc *desc);
