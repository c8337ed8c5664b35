#pragma once
/* What the three files of bpf_programs.h share. Control thread only. */
#include "port/bpf_programs.h"

struct pins;

/* The maps that we write. */
enum table {
	TABLE_PORTS,
	TABLE_NEAR_PORTS,
	TABLE_OUTPUTS,
	TABLE_DEVICES,
	TABLE_XDP_OUTPUTS,
	TABLE_XSKS,
	TABLE_DROPS,
	TABLE_POLICERS,
	TABLE_BSS,
	N_TABLES
};

struct bpf_programs {
	/* fixed after create */
	struct pins *pins;
	int program_fd[N_PROGRAMS];
	int table_fd[N_TABLES];
	unsigned n_cpus;
	/* control only */
	bool has_tcx; /* decided by the first attachment to tc */
	bool is_tc_known;
	bool is_left;   /* what is in the kernel stays as it is */
	bool is_held;   /* no packet reaches a socket yet, and no link is pointed to our programs */
	int *held_xsks; /* by slot: a socket's descriptor + 1; 0: none */
	struct attachment *adopted; /* they run what they ran before we came */
	unsigned n_adopted;
	struct drop_counters *row; /* scratch: one per CPU */
};

/* Static. */
const char *bpf_program_name(enum bpf_program_id program);
/* Points what was adopted to our programs. */
void bpf_adopted_update(struct bpf_programs *programs);
