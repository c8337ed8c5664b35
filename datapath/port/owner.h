#pragma once
/* Whose a device is: two instances of the switch may share a network namespace, but not a device. Both
 * of their tc programs could be attached to it, and each would take packets for itself.
 *
 * An instance is known by the links and programs in its folder of bpffs. Control thread only. */
#include <stdbool.h>
#include <stdint.h>

#include "port/bpf_programs.h"
#include "port/pins.h"

struct owner {
	char instance[PINS_INSTANCE_SIZE]; /* "": one whose bpffs we do not see */
	bool is_running;
	bool is_instead; /* its program is where ours would be: ours is not there */
};

/* True if programs of another instance than `instance` are on the device. `xdp_prog_id`: of the XDP program on it, 0:
 * none. */
bool owner_find(const struct bpf_programs *programs, const char *instance, uint32_t ifindex,
		uint32_t xdp_prog_id, struct owner *out);

/* True if that program is another instance's than this one. */
bool owner_is_other(const char *instance, uint32_t program);
