#include "attach.h"

#include <errno.h>
#include <bpf/bpf.h>

#define TCX_INGRESS ((enum bpf_attach_type)46) /* BPF_TCX_INGRESS, Linux 6.6 */

int attach_xdp(const struct bpf_program *program, unsigned ifindex)
{
	const int link = bpf_link_create(bpf_program__fd(program), (int)ifindex, BPF_XDP, NULL);

	return link < 0 ? -errno : 0;
}

int attach_tc(const struct bpf_program *program, unsigned ifindex)
{
	const int link = bpf_link_create(bpf_program__fd(program), (int)ifindex, TCX_INGRESS, NULL);

	return link < 0 ? -errno : 0;
}
