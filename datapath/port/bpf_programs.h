#pragma once
/* The kernel programs: found in bpffs or loaded, attached to devices, with names as long as they are.
 *
 * They are there when the port table is made; a port only attaches. What is attached is a bpf_link
 * where the kernel has it (XDP always, tc as tcx from Linux 6.6), with a name in the instance's
 * folder (port/pins.h); on older kernels a clsact filter. Differences between kernels are found by
 * trying. What a daemon before us attached goes on as it is and is taken over by bpf_attach().
 * Control thread only.
 */
#include <stdbool.h>
#include <stdint.h>

#include "../bpf/abi.h"

struct bpf_programs;
struct err;
struct pins;

enum bpf_program_id {
	PROGRAM_PORT_XDP,
	PROGRAM_PORT_TC,
	PROGRAM_UPCALL_XDP,
	PROGRAM_DOWNCALL_TC,
	N_PROGRAMS
};

/* A program on a device. */
struct attachment {
	enum bpf_program_id program;
	uint32_t ifindex; /* 0: nothing is attached */
	int link_fd;      /* -1: a clsact filter */
	bool made_qdisc;  /* clsact: the qdisc is ours, too */
};

#define ATTACHMENT_NONE \
	{ \
		.link_fd = -1 \
	}

struct bpf_settings {
	uint32_t upcall_ifindex; /* the outer end */
	unsigned n_workers;
	bool has_pieces; /* see xsk_has_pieces() */
	bool hold;       /* until bpf_programs_admit() no packet reaches a socket */
};

/* What programs and maps of this build are called in bpffs: a hash of all their code, and of the size of the
 * flow cache. */
#define BPF_BUILD_NAME_SIZE 17
void bpf_build_name(char name[BPF_BUILD_NAME_SIZE], uint32_t n_flows);
/* What libbpf says goes to the log, with the least serious level, rather than to stderr. */
void bpf_messages_to_log(void);

/* Finds the programs under their names, or loads them and gives them names; maps that have names
 * are shared. 0 or -errno with a text. */
int bpf_programs_new(struct bpf_programs **out, struct pins *pins,
		     const struct bpf_settings *settings, struct err *err);
/* The longest frame, with its header, that the upcall device takes: known once it runs. */
void bpf_upcall_len_max_set(struct bpf_programs *programs, uint32_t len_max);
/* All attachments must be gone; what has a name stays. */
void bpf_programs_free(struct bpf_programs **programs);
/* Ends the hold: sockets get packets from now on, and then what an earlier daemon attached is pointed to
 * our programs, without a gap. */
void bpf_programs_admit(struct bpf_programs *programs);
/* From now on bpf_detach() and the functions that change rows leave the kernel as it is. */
void bpf_programs_leave(struct bpf_programs *programs);

/* 0 or -errno with a text: -EBUSY another XDP program is there, -EOPNOTSUPP the driver has no
 * native XDP, -ERANGE its MTU is too large for XDP, -ENOSPC too few queues, -ENODEV. */
int bpf_attach(struct bpf_programs *programs, enum bpf_program_id program, uint32_t ifindex,
	       struct attachment *out, struct err *err);
/* Works as well for a device that is gone or in another namespace. Idempotent. */
void bpf_detach(struct bpf_programs *programs, struct attachment *attachment);

/* True for the names of our programs, also those that another instance has loaded. */
bool bpf_is_program_name(const char *name);
/* True if that program is on the device by us, or by an earlier daemon of this instance. */
bool bpf_is_ours(const struct bpf_programs *programs, uint32_t ifindex, uint32_t program_id);
/* True if it is there by a link that has a name in the folder of that instance. */
bool bpf_is_pinned(const char *instance, uint32_t ifindex, uint32_t program_id);
/* The kernel's number of the program that a link of this name points to; 0: it is no link to a program of
 * a switch. */
uint32_t bpf_link_program(const char *instance, const char *name);
/* The same for a name in a set of maps and programs (set_pin_for_each_of()); 0: it is no program. */
uint32_t bpf_set_program(const char *instance, const char *name);
/* That of the filter where ours would be; 0: there is none. */
uint32_t bpf_filter_program(uint32_t ifindex);

/* Rows of the maps. 0 or -errno. */
int bpf_port_set(struct bpf_programs *programs, const struct port_entry *entry);
void bpf_port_clear(struct bpf_programs *programs, uint32_t ifindex);
int bpf_output_set(struct bpf_programs *programs, uint16_t port, const struct output_entry *entry);
void bpf_output_clear(struct bpf_programs *programs, uint16_t port);
int bpf_xsk_set(struct bpf_programs *programs, uint32_t slot, int fd);
void bpf_xsk_clear(struct bpf_programs *programs, uint32_t slot);
/* The counters of what the programs drop: a row per port, made with it and removed with it. One
 * that is there goes on counting. */
int bpf_drops_add(struct bpf_programs *programs, uint16_t port);
void bpf_drops_del(struct bpf_programs *programs, uint16_t port);
/* Summed over the CPUs; zeros if there is no row. */
void bpf_drops_read(const struct bpf_programs *programs, uint16_t port, struct drop_counters *out);

/* What may come in by a port that has PORT_FLAG_POLICED. 0 or -errno. */
int bpf_policer_set(struct bpf_programs *programs, uint16_t port, const struct policer *policer);
void bpf_policer_clear(struct bpf_programs *programs, uint16_t port);

/* What an earlier daemon left and nobody uses now: links; rows of ports, and the filters on them. */
typedef bool bpf_is_used_fn(void *ctx, enum bpf_program_id program, uint32_t ifindex);
void bpf_links_drop(struct bpf_programs *programs, bpf_is_used_fn *is_used, void *ctx);
void bpf_rows_drop(struct bpf_programs *programs, bpf_is_used_fn *is_used, void *ctx);
/* The instance's filter on that device, if there is one, and its qdisc. */
void bpf_filter_drop(const char *instance, uint32_t ifindex);
