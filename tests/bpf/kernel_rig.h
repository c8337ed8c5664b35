#pragma once
/* The kernel programs with one port and one cache entry, for tests that have the kernel run them
 * (BPF_PROG_TEST_RUN). All functions fail the test that calls them rather than return an error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>
#include <cmocka.h>

#include "bpf/index.h"
#include "bpf/kernel.skel.h"

#define IFINDEX 1 /* the loopback: test runs come from it */
#define PORT    7
#define LEN_MAX 1600 /* of a frame on its way up */

/* The entry's place, mask and list; the port that it sends to. */
enum { PLACE = 3, MASK = 5, OUT = 9, LIST = KERNEL_OPS_LIST + 700 };

/* Ethernet, IPv4, UDP and "data". */
#define IPV4_SIZE 46
extern const uint8_t ipv4[IPV4_SIZE];

struct fixture {
	struct kernel *kernel;
	int sock; /* an AF_XDP socket: two workers have it */
};

int kernel_rig_setup(void **state);
/* With frames in several buffers, where the kernel has them (xsk_has_pieces()). */
int kernel_rig_setup_pieces(void **state);
int kernel_rig_teardown(void **state);
#define RIG_TEST(test) cmocka_unit_test_setup_teardown(test, kernel_rig_setup, kernel_rig_teardown)

#define RIG_RUN(tests) \
	(geteuid() ? rig_skips("needs root") : cmocka_run_group_tests(tests, NULL, NULL))
/* Says why, and returns the exit status of a test that is skipped. */
int rig_skips(const char *why);

/* Returns the verdict; -1: the kernel itself refuses the frame. `out` has room for 4 KiB. */
int run(const struct bpf_program *program, const void *frame, uint32_t size, void *out,
	uint32_t *out_size);

/* What IFINDEX is from here on; NULL: no port. */
void port_is(struct fixture *f, const struct port_entry *entry);
/* From here on no worker is there. */
void workers_leave(struct fixture *f);

void map_write(const struct bpf_map *map, uint32_t key, const void *value);
uint64_t n_dropped(struct fixture *f, uint32_t port, enum drop_reason reason);
uint64_t n_flow_packets(struct fixture *f);

/* An entry for the MAC addresses of `frame` on PORT, which is fresh until version 10, 11 or the
 * kernel's changes. */
struct kernel_flow flow_of(const uint8_t *frame, const struct flow_op *ops, uint32_t n);
/* Puts it in, and the maps that lead to it; OUT is a device that takes everything. */
void flow_install(struct fixture *f, const uint8_t *frame, const struct flow_op *ops, uint32_t n);
/* Of the one that is in: from here on no other slot has its tag, and one with another leads to an entry for the same
 * frame that does `other`. */
void flow_tag_alone(struct fixture *f, const uint8_t *frame, const struct flow_op *other);
/* Where no slot leads, but the bits of two that have its tag do, is a flow like it that does `other`. */
void flow_was_between(struct fixture *f, const uint8_t *frame, const struct flow_op *other);
/* The index is empty from here on, and the entry at home; it says so, or not yet. */
void flow_goes_home(struct fixture *f, const uint8_t *frame, const struct flow_op *ops,
		    bool is_home);
/* At the home of the one that is in lives another one from here on, which does `other`. */
void flow_home_is_anothers(struct fixture *f, const uint8_t *frame, const struct flow_op *other);
/* From here on IPv6 addresses count; the entry's are zero, but for the last word. */
void flow_has_tail(struct fixture *f, const uint8_t *frame, uint64_t last);
