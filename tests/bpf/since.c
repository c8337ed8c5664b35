/* The programs need nothing that Linux 5.15 does not have: helpers, map types, kinds of programs and
 * instructions, as they are after loading. (The verifier of 5.15 itself is asked by tests/vm.) */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "kernel_rig.h"

/* The last ones of Linux 5.15: bpf_task_pt_regs(), BPF_MAP_TYPE_TASK_STORAGE. */
#define HELPER_LAST   175
#define MAP_TYPE_LAST 29

static void insn_check(const struct bpf_insn *insn)
{
	const uint8_t class = BPF_CLASS(insn->code);

	if (class == BPF_JMP && BPF_OP(insn->code) == BPF_CALL) {
		assert_int_not_equal(insn->src_reg, BPF_PSEUDO_KFUNC_CALL);
		if (insn->src_reg != BPF_PSEUDO_CALL)
			/* the one exception is shown to the verifier only if has_pieces is set */
			assert_true((insn->imm >= 1 && insn->imm <= HELPER_LAST) ||
				    insn->imm == BPF_FUNC_xdp_get_buff_len);
	}
	/* -mcpu=v4, Linux 6.6: sign extension, signed division, long jumps. */
	if (class == BPF_LDX)
		assert_int_not_equal(BPF_MODE(insn->code), 0x80);
	if (class == BPF_ALU || class == BPF_ALU64)
		assert_int_equal(insn->off, 0);
	if (class == BPF_JMP32)
		assert_int_not_equal(BPF_OP(insn->code), BPF_JA);
}

static void test_instructions_and_helpers(void **state)
{
	struct fixture *f = *state;
	struct bpf_program *program;
	size_t n = 0;

	bpf_object__for_each_program(program, f->kernel->obj)
	{
		const struct bpf_insn *insns = bpf_program__insns(program);
		const size_t n_insns = bpf_program__insn_cnt(program);

		for (size_t i = 0; i < n_insns; i++) {
			insn_check(&insns[i]);
			i += insns[i].code == (BPF_LD | BPF_IMM | BPF_DW); /* two long */
		}
		n += n_insns;
	}
	assert_true(n > 1000); /* with what they call */
}

static void test_kinds_of_programs(void **state)
{
	struct fixture *f = *state;
	struct bpf_program *program;

	bpf_object__for_each_program(program, f->kernel->obj)
	{
		const char *section = bpf_program__section_name(program);

		assert_true(!strcmp(section, "xdp") || !strcmp(section, "tc") ||
			    !strncmp(section, "tp_btf/", 7));
	}
}

static void test_types_of_maps(void **state)
{
	struct fixture *f = *state;
	struct bpf_map *map;

	bpf_object__for_each_map(map, f->kernel->obj)
		assert_in_range(bpf_map__type(map), 1, MAP_TYPE_LAST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_instructions_and_helpers),
		cmocka_unit_test(test_kinds_of_programs),
		cmocka_unit_test(test_types_of_maps),
	};

	if (geteuid())
		return rig_skips("needs root");
	return cmocka_run_group_tests(tests, kernel_rig_setup, kernel_rig_teardown);
}
