#include "port/probe.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <bpf/bpf.h>

#include "base/err.h"
#include "base/own.h"
#include "packet/frame.h"
#include "port/link.h"
#include "port/pins.h"
#include "port/umem.h"
#include "port/xsk.h"

/* From <linux/bpf.h> of Linux 6.6. */
#define ATTACH_TCX_INGRESS 46

#define N_CHUNKS 64

/* One try at everything that needs a device: on a pair in a namespace of its own. 0 or -errno each. */
struct trial {
	int pair, xdp, afxdp, pieces, tcx, bpffs;
	struct err bpffs_err;
};

/* ---- programs of two or three instructions ---- */

#define MOV_R0(value) \
	{ \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = (value) \
	}
#define EXIT \
	{ \
		.code = BPF_JMP | BPF_EXIT \
	}
#define N_INSNS(program) (sizeof(program) / sizeof((program)[0]))

static int pass_load(enum bpf_prog_type type, int verdict)
{
	const struct bpf_insn insns[] = {MOV_R0(verdict), EXIT};

	return bpf_prog_load(type, "shunt_probe", "GPL", insns, N_INSNS(insns), NULL);
}

/* ---- the trial ---- */

static int attach_try(uint32_t ifindex, bool xdp)
{
	DECLARE_LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = xdp ? XDP_FLAGS_DRV_MODE : 0);
	own(fd_close) int prog =
		pass_load(xdp ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS, xdp ? XDP_PASS : -1);
	int link;

	if (prog < 0)
		return prog;
	link = bpf_link_create(prog, (int)ifindex, xdp ? BPF_XDP : ATTACH_TCX_INGRESS, &opts);
	if (link < 0)
		return link;
	close(link);
	return 0;
}

static int afxdp_try(const char *device, bool has_pieces)
{
	own(frame_pool_free) struct frame_pool *pool = NULL;
	own(umem_free) struct umem *umem = NULL;
	own(xsk_free) struct xsk *xsk = NULL;
	int rc = frame_pool_new(&pool, N_CHUNKS, UMEM_CHUNK_SIZE);

	if (!rc)
		rc = umem_new(&umem, pool, has_pieces);
	if (!rc)
		rc = xsk_new(&xsk, umem, &(struct xsk_config){.device = device});
	return rc;
}

static void pair_try(struct trial *trial)
{
	own(link_client_free) struct link_client *links = NULL;
	struct link_info info;
	int rc = link_client_new(&links);

	if (!rc)
		rc = link_veth_new(links, &(struct link_veth){
						  .name = "probe0",
						  .peer = "probe1",
						  .alias = "shunt",
					  });
	if (!rc)
		rc = link_lookup(links, "probe0", &info);
	trial->pair = rc;
	if (rc)
		return;
	trial->xdp = attach_try(info.ifindex, true);
	trial->tcx = attach_try(info.ifindex, false);
	trial->afxdp = afxdp_try("probe0", false);
	trial->pieces = xsk_has_pieces() ? afxdp_try("probe0", true) : -EOPNOTSUPP;
	link_del(links, info.ifindex);
}

/* A namespace belongs to a thread, and ends with it. */
static void *trial_main(void *arg)
{
	struct trial *trial = arg;

	if (unshare(CLONE_NEWNET))
		trial->pair = -errno;
	else
		pair_try(trial);
	/* What is mounted here, nobody else sees. */
	if (!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		trial->bpffs = bpffs_mount(&trial->bpffs_err);
	return NULL;
}

static void trial_run(struct trial *trial)
{
	pthread_t thread;
	int rc = pthread_create(&thread, NULL, trial_main, trial);

	if (rc)
		trial->pair = -rc;
	else
		pthread_join(thread, NULL);
}

/* ---- rows ---- */

struct emitter {
	probe_fn *emit;
	void *ctx;
};

static void row(const struct emitter *out, const char *item, enum probe_verdict verdict,
		const char *text)
{
	const struct probe_row r = {"kernel", item, verdict, text};

	out->emit(out->ctx, &r);
}

/* A thing that worked or did not. `what` is lost without it. */
static void tried(const struct emitter *out, const char *item, int rc, enum probe_verdict without,
		  const char *what)
{
	char text[192];

	if (!rc) {
		row(out, item, PROBE_GOOD, "works");
		return;
	}
	snprintf(text, sizeof(text), "%s: %s", strerror(-rc), what);
	row(out, item, without, text);
}

static void version_row(const struct emitter *out)
{
	struct utsname name;

	uname(&name);
	row(out, "version", PROBE_INFO, name.release);
}

static void memlock_row(const struct emitter *out)
{
	struct rlimit limit;
	char text[96];

	getrlimit(RLIMIT_MEMLOCK, &limit);
	if (limit.rlim_cur == RLIM_INFINITY) {
		row(out, "memlock", PROBE_GOOD, "unlimited");
		return;
	}
	snprintf(text, sizeof(text), "%llu KiB: enough from Linux 5.11 with CAP_IPC_LOCK",
		 (unsigned long long)limit.rlim_cur / 1024);
	row(out, "memlock", PROBE_INFO, text);
}

static void bpffs_row(const struct emitter *out, const struct trial *trial)
{
	char text[192];

	if (trial->bpffs) {
		snprintf(text, sizeof(text), "%.120s: all in the kernel ends with switchd",
			 trial->bpffs_err.text);
		row(out, "bpffs", PROBE_LESS, text);
	} else if (bpffs_is_mounted()) {
		row(out, "bpffs", PROBE_GOOD, "mounted on /sys/fs/bpf");
	} else {
		row(out, "bpffs", PROBE_INFO, "not mounted on /sys/fs/bpf: switchd mounts it");
	}
}

static void btf_row(const struct emitter *out)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		row(out, "btf", PROBE_GOOD, "the kernel tells its types");
	else
		row(out, "btf", PROBE_LESS,
		    "no /sys/kernel/btf/vmlinux: frames that a device refuses after XDP has sent them "
		    "there are counted by its driver alone");
}

void probe_kernel(probe_fn *emit, void *ctx)
{
	const struct emitter out = {emit, ctx};
	struct trial trial = {0};

	version_row(&out);
	memlock_row(&out);
	trial_run(&trial);
	bpffs_row(&out, &trial);
	btf_row(&out);
	tried(&out, "device pairs", trial.pair, PROBE_BAD,
	      "no skb or internal ports without veth: CONFIG_VETH, and root");
	if (trial.pair)
		return;
	tried(&out, "native XDP", trial.xdp, PROBE_BAD, "no way for packets to reach the daemon");
	tried(&out, "AF_XDP", trial.afxdp, PROBE_BAD,
	      "no way for packets to reach the daemon: CONFIG_XDP_SOCKETS");
	tried(&out, "multi-buffer XDP", trial.pieces, PROBE_LESS,
	      "ports whose MTU is larger than a page are skb ports (Linux 6.6 has it)");
	tried(&out, "tcx", trial.tcx, PROBE_LESS,
	      "tc programs are attached by clsact filters (Linux 6.6 has tcx)");
}

const char *probe_verdict_name(enum probe_verdict verdict)
{
	static const char *const names[] = {"good", "less", "bad", "info"};

	return names[verdict];
}
