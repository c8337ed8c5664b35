/* Whether the kernel can do packets in pieces: found by trying. */
#include "port/xsk.h"

#include <errno.h>
#include <sys/socket.h>
#include <linux/bpf.h>
#include <linux/if_xdp.h>
#include <bpf/bpf.h>

#include "base/own.h"

/* The flags are looked at before the device, of which there is none: an unknown one is EINVAL. */
static bool has_sockets(void)
{
	const struct sockaddr_xdp nowhere = {.sxdp_family = AF_XDP, .sxdp_flags = XSK_USE_SG};
	own(fd_close) int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)&nowhere, sizeof(nowhere)) &&
	       errno == ENODEV;
}

static bool has_programs(void)
{
	const struct bpf_insn pass[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	DECLARE_LIBBPF_OPTS(bpf_prog_load_opts, opts, .prog_flags = BPF_F_XDP_HAS_FRAGS);
	own(fd_close) int fd =
		bpf_prog_load(BPF_PROG_TYPE_XDP, "shunt_probe", "GPL", pass, 2, &opts);

	return fd >= 0;
}

bool xsk_has_pieces(void)
{
	return has_sockets() && has_programs();
}
