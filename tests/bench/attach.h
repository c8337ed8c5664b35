#pragma once
/* Programs of bench.bpf.c on devices, for as long as this process lives. */
#include <bpf/libbpf.h>

/* 0 or a negative errno. The links close with the process. */
int attach_xdp(const struct bpf_program *program, unsigned ifindex);
/* At tc ingress, as a tcx link: Linux 6.6 or later. */
int attach_tc(const struct bpf_program *program, unsigned ifindex);
