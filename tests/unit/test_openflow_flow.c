#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/match_text.h"
#include "flow/ofaction_text.h"
#include "flow/port_text.h"
#include "openflow/action.h"
#include "openflow/flow.h"
#include "support/random.h"

#ifndef FLOW_LINES
#define FLOW_LINES "tests/system/flow-text-vs-ovs-ofctl.lines"
#endif

static uint64_t seed = 1;

static const uint8_t versions[] = {OF10, OF13, OF14, OF15};

#define N_VERSIONS (sizeof(versions) / sizeof(versions[0]))

static struct flow_mod read_text(const char *text, enum flow_command command)
{
	struct flow_mod flow;
	struct err err = ERR_INIT;

	if (flow_mod_parse(slice_of(text), command, NULL, &flow, &err))
		fail_msg("%s: %s", text, err.text);
	return flow;
}

/* What comes out of what `flow` is written as. */
static struct flow_mod write_and_read(const struct flow_mod *flow, uint8_t version,
				      struct wire_writer *w, const char *text)
{
	struct flow_mod again = {0};
	struct of_message message;
	enum of_error error;

	of_flow_mod_write(w, version, 1, flow);
	assert_false(w->is_lost);
	assert_int_equal(of_message_length(w->at), w->len);
	error = of_message_read((struct wire_bytes){w->at, w->len}, &message);
	if (!error)
		error = of_flow_mod_read(&message, true, &again);
	if (error)
		fail_msg("version %u: %s: %s", version, text, of_error_name(error));
	return again;
}

/* Reading what was written and writing it again changes nothing: not a bit on the wire, and none of the match. */
static void expect_stable(const struct flow_mod *flow, uint8_t version, const char *text)
{
	own(wire_fini) struct wire_writer one = {.at = NULL}, two = {.at = NULL};
	own(flow_mod_fini) struct flow_mod again = write_and_read(flow, version, &one, text);
	own(flow_mod_fini) struct flow_mod third = write_and_read(&again, version, &two, text);

	if (one.len != two.len || memcmp(one.at, two.at, one.len))
		fail_msg("version %u: %s: written otherwise when written again", version, text);
	if (!match_is_equal(&again.match, &third.match) ||
	    !ofactions_are_equal(&again.actions, &third.actions))
		fail_msg("version %u: %s: read otherwise when read again", version, text);
}

/* (Where OpenFlow 1.0 has to leave something out or say it otherwise, what is behind it may make no sense.) */
static void every_line_of_the_text_test(void **state)
{
	FILE *file = fopen(FLOW_LINES, "r");
	char line[4096];
	unsigned n = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		own(flow_mod_fini) struct flow_mod flow = {0};
		struct slice text = slice_trim(slice_of(line));

		if (flow_mod_parse(text, FLOW_ADD, NULL, &flow, NULL))
			continue;
		for (unsigned v = 0; v < N_VERSIONS; v++)
			if (versions[v] != OF10 ||
			    (!strstr(line, "push_") && !strstr(line, "goto_table")))
				expect_stable(&flow, versions[v], line);
		n++;
	}
	fclose(file);
	assert_true(n > 400);
}

/* ---- settings ---- */

static void settings_of_every_command(void **state)
{
	static const struct {
		const char *text;
		enum flow_command command;
	} cases[] = {
		{"table=3,priority=7,cookie=0x123456789abcdef0,idle_timeout=5,hard_timeout=6,"
		 "importance=9,send_flow_rem,check_overlap,reset_counts,no_packet_counts,"
		 "no_byte_counts,actions=drop",
		 FLOW_ADD},
		{"table=3,cookie=0x5/0xff,in_port=1,actions=2", FLOW_MODIFY},
		{"table=0,priority=9,cookie=7/7,actions=2", FLOW_MODIFY_STRICT},
		{"out_port=3,out_group=4,cookie=1/-1", FLOW_DELETE},
		{"table=9,priority=0,out_port=local", FLOW_DELETE_STRICT},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own(flow_mod_fini) struct flow_mod flow =
			read_text(cases[i].text, cases[i].command);
		own(wire_fini) struct wire_writer w = {.at = NULL};
		own(flow_mod_fini) struct flow_mod got =
			write_and_read(&flow, OF14, &w, cases[i].text);

		assert_int_equal(got.command, flow.command);
		assert_int_equal(got.table, flow.table);
		assert_int_equal(got.flags, flow.flags | FLOW_SINCE_12);
		assert_int_equal(got.priority, flow.priority);
		assert_int_equal(got.idle_timeout, flow.idle_timeout);
		assert_int_equal(got.hard_timeout, flow.hard_timeout);
		assert_int_equal(got.importance, flow.importance);
		assert_int_equal(got.out_port, flow.out_port);
		assert_int_equal(got.out_group, flow.out_group);
		assert_int_equal(got.cookie, flow.cookie);
		assert_int_equal(got.cookie_value, flow.cookie_value);
		assert_int_equal(got.cookie_mask, flow.cookie_mask);
	}
}

/* ---- every field ---- */

static const char *const need_words[N_FIELD_NEEDS] = {
	[NEED_NONE] = "",
	[NEED_IN_PORT] = "in_port=1",
	[NEED_ARP] = "arp",
	[NEED_MPLS] = "mpls",
	[NEED_PBB] = "dl_type=0x88e7",
	[NEED_IPV4] = "ip",
	[NEED_IPV6] = "ipv6",
	[NEED_IP] = "ip",
	[NEED_TCP] = "tcp",
	[NEED_UDP] = "udp6",
	[NEED_SCTP] = "sctp",
	[NEED_ICMPV4] = "icmp",
	[NEED_ICMPV6] = "icmp6",
	[NEED_ND] = "icmp6,icmp_type=135",
	[NEED_ND_SOLICIT] = "icmp6,icmp_type=135",
	[NEED_ND_ADVERT] = "icmp6,icmp_type=136",
};

static bool set_random(struct match *match, const struct field *field)
{
	field_bits mask = field_all(field);
	field_bits value = (field_bits)random_u64(&seed) << 64 | random_u64(&seed);

	if (field->flags & FIELD_MASKABLE && random_below(&seed, 2))
		mask &= (field_bits)random_u64(&seed) << 64 | random_u64(&seed);
	if (field_id(field) == FIELD_IN_PORT || field->order == FIELD_PORT)
		value = 1 + random_below(&seed, 0xfe00);
	return !match_set(match, field, value & mask, mask);
}

/* No number: what it is in OpenFlow, or nothing. */
static bool has_form(const struct field *field)
{
	return of_oxm_has_number(field) || field_id(field) == FIELD_DL_VLAN ||
	       field_id(field) == FIELD_DL_VLAN_PCP;
}

static void every_field_with_masks(void **state)
{
	for (unsigned i = 0; i < N_FIELDS; i++) {
		const struct field *field = field_of(i);
		unsigned n = 0;

		for (unsigned turn = 0; turn < 200; turn++) {
			uint8_t version = versions[turn % N_VERSIONS];
			own(flow_mod_fini) struct flow_mod flow = {0};
			own(flow_mod_fini) struct flow_mod again = {0};
			own(wire_fini) struct wire_writer w = {.at = NULL};
			char text[128];

			snprintf(text, sizeof(text), "%s%sactions=drop", need_words[field->need],
				 field->need ? "," : "");
			flow = read_text(text, FLOW_ADD);
			if (!set_random(&flow.match, field) || match_unmet(&flow.match))
				continue;
			again = write_and_read(&flow, version, &w, field->name);
			if (has_form(field) && !match_is_equal(&flow.match, &again.match) &&
			    field->offset != field_of(FIELD_VLAN_TCI)->offset)
				fail_msg("version %u: %s is not what it was", version, field->name);
			n++;
		}
		assert_true(n > 0);
	}
}

/* A tag is said in two ways; each says all that the version can. */
static void every_tag(void **state)
{
	static const char *const tags[] = {
		"dl_vlan=5",
		"dl_vlan=0",
		"dl_vlan=5,dl_vlan_pcp=3",
		"dl_vlan_pcp=3",
		"vlan_tci=0x1000/0x1000",
		"vlan_tci=0",
		"vlan_vid=0x1005/0x100f",
		"vlan_tci=5/0xf",
	};

	for (unsigned i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
		for (unsigned v = 0; v < N_VERSIONS; v++) {
			own(wire_fini) struct wire_writer w = {.at = NULL};
			own(flow_mod_fini) struct flow_mod flow = {0}, again = {0};
			char text[64];

			snprintf(text, sizeof(text), "%s,actions=drop", tags[i]);
			flow = read_text(text, FLOW_ADD);
			again = write_and_read(&flow, versions[v], &w, text);
			if (!strcmp(tags[i], "vlan_tci=0") && versions[v] > OF10)
				match_replace(&flow.match, field_of(FIELD_VLAN_PCP), 0, 0);
			if (!match_is_equal(&flow.match, &again.match))
				fail_msg("version %u: %s is not what it was", versions[v], tags[i]);
		}
}

static void read_match(const char *text, struct match *out)
{
	assert_int_equal(match_parse(slice_of(text), NULL, out, NULL), 0);
}

/* The fixed structs say what they have room for. */
static void the_fixed_matches(void **state)
{
	/* NULL: the same, in OpenFlow 1.0 and in 1.1 */
	static const struct {
		const char *text, *as10, *as11;
	} cases[] = {
		{"", NULL, NULL},
		{"in_port=3,dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02", NULL, NULL},
		{"in_port=LOCAL", NULL, NULL},
		{"dl_vlan=7", NULL, NULL},
		{"dl_vlan=7,dl_vlan_pcp=2", NULL, NULL},
		{"vlan_tci=0", NULL, NULL},
		{"dl_type=0x1234", NULL, NULL},
		{"ip,nw_src=10.0.0.0/8,nw_dst=10.1.2.3,nw_tos=32", NULL, NULL},
		{"tcp,tp_src=80,tp_dst=443", NULL, NULL},
		{"udp,tp_src=80", NULL, NULL},
		{"icmp,icmp_type=8,icmp_code=0", NULL, NULL},
		{"arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/24", NULL, NULL},
		{"ipv6,nw_proto=6", "ipv6", "ipv6"},
		{"tcp,tp_src=0x50/0xfff0", "tcp", "tcp"},
		{"ip,nw_src=10.0.0.1/255.0.0.255", "ip", NULL},
		{"in_port=1,reg0=5", "in_port=1", "in_port=1"},
		{"dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "", NULL},
		{"vlan_tci=0x1000/0x1000", "", NULL},
		{"mpls,mpls_label=7,mpls_tc=3", "mpls", NULL},
		{"metadata=0x5/0xff", "", NULL},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own(wire_fini) struct wire_writer w = {.at = NULL};
		struct match match, expected, again;

		read_match(cases[i].text, &match);
		of_match10_write(&w, &match);
		of_match11_write(&w, &match);
		assert_int_equal(w.len, OF_MATCH10_SIZE + OF_MATCH11_SIZE);

		of_match10_read(w.at, &again);
		read_match(cases[i].as10 ?: cases[i].text, &expected);
		if (!match_is_equal(&again, &expected))
			fail_msg("1.0: %s is not what it was", cases[i].text);
		assert_int_equal(of_match11_read(w.at + OF_MATCH10_SIZE, &again), OF_OK);
		read_match(cases[i].as11 ?: cases[i].text, &expected);
		if (!match_is_equal(&again, &expected))
			fail_msg("1.1: %s is not what it was", cases[i].text);
	}
}

/* OpenFlow 1.1 section A.2.3, and what Open vSwitch makes of it. */
static void a_match_of_11_that_cannot_be_is_refused(void **state)
{
	enum { IN_PORT = 4, WILDCARDS = 8, VID = 36, PCP = 38, TYPE = 40, TOS = 42 };
	static const struct {
		uint32_t wildcards;
		uint16_t at, number;
		enum of_error error;
	} cases[] = {
		{0x3fe, IN_PORT + 2, 0xff01, OF_BMC_BAD_VALUE},
		{0x3fd, VID, 0x1001, OF_BMC_BAD_VALUE},
		{0x3fd, VID, 0xfffe, OF_OK},
		{0x3fd, VID, 0xffff, OF_OK},
		{0x3f9, PCP, 0x0800, OF_BMC_BAD_VALUE},
		{0x3fb, PCP, 0x0800, OF_OK},
		{0x3e7, TOS, 0x2100, OF_BMC_BAD_VALUE},
		{0x3e7, TOS, 0x2000, OF_OK},
		{0x3fe, IN_PORT + 2, 0xfeff, OF_OK},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		own(wire_fini) struct wire_writer w = {.at = NULL};
		struct match match = {0};

		of_match11_write(&w, &match);
		wire_patch16(&w, WILDCARDS + 2, (uint16_t)cases[i].wildcards);
		wire_patch16(&w, TYPE, 0x0800);
		wire_patch16(&w, cases[i].at, cases[i].number);
		if (of_match11_read(w.at, &match) != cases[i].error)
			fail_msg("case %u: another answer", i);
	}
}

/* The wildcard of a VLAN covers its priority. */
static void a_priority_of_11_without_a_vlan_counts_for_nothing(void **state)
{
	own(wire_fini) struct wire_writer w = {.at = NULL};
	struct match none = {0}, match;

	of_match11_write(&w, &none);
	wire_patch16(&w, 10, 0x3fb);
	w.at[38] = 3;
	assert_int_equal(of_match11_read(w.at, &match), OF_OK);
	assert_true(match_is_equal(&match, &none));
}

/* ---- every action ---- */

static const char same[] = "same";

/* As written, and as it comes back in 1.0, 1.3 and 1.5; "": the version cannot say it. */
static const struct {
	const char *text, *as10, *as13, *as15;
} actions[] = {
	{"output:1", same, same, same},
	{"LOCAL", same, same, same},
	{"IN_PORT", same, same, same},
	{"NORMAL", same, same, same},
	{"FLOOD", same, same, same},
	{"ALL", same, same, same},
	{"TABLE", same, same, same},
	{"output(port=2,max_len=100)", same, same, same},
	{"output:NXM_NX_REG0[16..31]", same, same, same},
	{"CONTROLLER:65535", same, same, same},
	{"CONTROLLER:100", same, same, same},
	{"controller(reason=no_match,max_len=7,id=3)", same, same, same},
	{"controller(reason=no_match,max_len=7,id=3,userdata=01.02.03,pause,meter_id=4)", same,
	 same, same},
	{"group:5", same, same, same},
	{"enqueue:3:4", same, "set_queue:4,output:3,pop_queue", "set_queue:4,output:3,pop_queue"},
	{"set_queue:7", same, same, same},
	{"pop_queue", same, same, same},
	{"set_field:02:00:00:00:00:01->eth_dst", same, same, same},
	{"set_field:0x5/0xf->reg3", same, same, same},
	{"set_field:0x1234->xreg1", same, same, same},
	{"set_field:0x1/0x3->xxreg2", same, same, same},
	{"set_field:fe80::1->tun_ipv6_dst", same, same, same},
	{"set_field:1.0.0.4/255.0.0.255->tun_src", same, same, same},
	{"set_field:0x1/0x1->metadata", same, same, same},
	{"load:0x5->NXM_NX_REG1[4..7]", same, same, "set_field:0x50/0xf0->reg1"},
	{"load:0x1->OXM_OF_PKT_REG0[63]", same, same,
	 "set_field:0x8000000000000000/0x8000000000000000->xreg0"},
	{"load:0x5->NXM_OF_IN_PORT[]", same, same, "set_field:5->in_port"},
	{"load:0x2->NXM_NX_REG1[]", same, same, "set_field:0x2->reg1"},
	{"move:NXM_NX_REG0[0..15]->NXM_NX_REG1[16..31]", same, same, same},
	{"move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]", same, same, same},
	{"mod_dl_src:02:00:00:00:00:01", same, "set_field:02:00:00:00:00:01->eth_src",
	 "set_field:02:00:00:00:00:01->eth_src"},
	{"mod_nw_dst:1.2.3.5", same, "set_field:1.2.3.5->ip_dst", "set_field:1.2.3.5->ip_dst"},
	{"mod_nw_tos:64", same, "set_field:16->ip_dscp", "set_field:16->ip_dscp"},
	{"mod_nw_ttl:9", "set_field:9->nw_ttl", same, same},
	{"mod_nw_ecn:2", "set_field:2->nw_ecn", "set_field:2->nw_ecn", "set_field:2->nw_ecn"},
	{"mod_tp_dst:81", same, "set_field:81->udp_dst", "set_field:81->udp_dst"},
	{"mod_vlan_vid:7", same, "push_vlan:0x8100,set_field:4103->vlan_vid",
	 "push_vlan:0x8100,set_field:4103->vlan_vid"},
	{"mod_vlan_pcp:3", same, "push_vlan:0x8100,set_field:3->vlan_pcp",
	 "push_vlan:0x8100,set_field:3->vlan_pcp"},
	{"set_tunnel:0x9", same, same, same},
	{"set_tunnel:0x100000000", "set_tunnel64:0x100000000", "set_tunnel64:0x100000000",
	 "set_tunnel64:0x100000000"},
	{"set_tunnel64:0x123456789", same, same, same},
	{"push_vlan:0x8100", "drop", same, same},
	{"push_vlan:0x88a8", "drop", same, same},
	{"pop_vlan", "strip_vlan", same, same},
	{"strip_vlan", same, "pop_vlan", "pop_vlan"},
	{"push_mpls:0x8847", same, same, same},
	{"push_pbb:0x88e7", "drop", same, same},
	{"copy_ttl_in", "drop", same, same},
	{"copy_ttl_out", "drop", same, same},
	{"dec_ttl", same, same, same},
	{"dec_ttl(1,2,65535)", same, same, same},
	{"dec_mpls_ttl", same, same, same},
	{"resubmit:3", same, same, same},
	{"resubmit(3,4)", same, same, same},
	{"resubmit(,0)", same, same, same},
	{"learn(table=2)", same, same, same},
	{"learn(table=9,idle_timeout=1,hard_timeout=2,fin_idle_timeout=3,fin_hard_timeout=4,"
	 "priority=3,send_flow_rem,delete_learned,cookie=0x123456789abcdef,limit=5,"
	 "result_dst=NXM_NX_REG0[3],NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
	 "NXM_NX_REG4[2..3]=0x1,load:NXM_OF_IN_PORT[]->NXM_NX_REG1[0..15],"
	 "load:0x3->NXM_NX_REG2[0..4],output:NXM_OF_IN_PORT[])",
	 same, same, same},
	{"fin_timeout(idle_timeout=3,hard_timeout=4)", same, same, same},
	{"note:01.02.03.00.00.00", same, same, same},
	{"note:00.11.22.33.44.55.66.77.88.99.aa.bb.cc.dd", same, same, same},
	{"clone(output:1,clone(dec_ttl),output:2)", same, same, same},
	{"clone(drop)", same, same, same},
	{"meter:5", "drop", same, same},
	{"clear_actions", "drop", same, same},
	{"write_actions(pop_vlan,output:2)", "drop", same, same},
	{"write_metadata:0x5", same, same, same},
	{"write_metadata:0xf/0xff", same, same, same},
	{"goto_table:7", "resubmit(,7)", same, same},
	{"meter:3,dec_ttl,output:1,clear_actions,write_actions(output:2),goto_table:9",
	 "dec_ttl,output:1,resubmit(,9)", same, same},
	{"output:1,write_metadata:0x1", same, same, same},
};

static void every_action(void **state)
{
	bool seen[OFACTION_LEARN_OUTPUT + 1] = {0};

	for (unsigned i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		for (unsigned v = 0; v < N_VERSIONS; v++) {
			own(wire_fini) struct wire_writer w = {.at = NULL};
			own(print_fini) struct print print = {0};
			own(flow_mod_fini) struct flow_mod flow = {0}, again = {0};
			const char *want = versions[v] == OF10   ? actions[i].as10
					   : versions[v] == OF15 ? actions[i].as15
								 : actions[i].as13;
			char text[1024];

			snprintf(text, sizeof(text), "udp,actions=%s", actions[i].text);
			flow = read_text(text, FLOW_ADD);
			for (uint32_t k = 0; k < flow.actions.n; k++)
				seen[flow.actions.item[k].type] = true;
			again = write_and_read(&flow, versions[v], &w, text);
			ofactions_print(&print, &again.actions, NULL);
			want = want == same ? actions[i].text : want;
			if (strcmp(print_text(&print), want))
				fail_msg("version %u: %s came back as %s", versions[v],
					 actions[i].text, print_text(&print));
		}
	}
	/* conjunction stands alone; mirror, and what asks for other matches, is in the lines of the text test */
	seen[OFACTION_CONJUNCTION] = seen[OFACTION_MIRROR] = true;
	seen[OFACTION_POP_MPLS] = seen[OFACTION_POP_PBB] = true;
	for (unsigned i = 0; i <= OFACTION_LEARN_OUTPUT; i++)
		if (!seen[i])
			fail_msg("no word for action type %u", i);
}

static size_t hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	int used;

	while (sscanf(text, " %2x%n", &byte, &used) == 1) {
		out[n++] = (uint8_t)byte;
		text += used;
	}
	return n;
}

/* tcp_flags is OpenFlow's own from 1.5 on, and ONF's extension in 1.3. */
static void fields_of_later_are_extensions(void **state)
{
	static const struct {
		uint8_t version;
		const char *field;
	} cases[] = {
		{OF13, "ffff 55 08 4f4e4600 0002 0012"},
		{OF14, "ffff 55 08 4f4e4600 0002 0012"},
		{OF15, "8000 55 04 0002 0012"},
	};
	own(flow_mod_fini) struct flow_mod flow =
		read_text("tcp,tcp_flags=0x2/0x12,actions=drop", FLOW_ADD);

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		/* eth_type and ip_proto come before it */
		enum { MATCH_HEADER = 4, BEFORE = 6 + 5 };
		own(wire_fini) struct wire_writer w = {.at = NULL};
		uint8_t field[32];
		size_t n = hex(cases[i].field, field);

		of_match_write(&w, cases[i].version, &flow.match);
		assert_true(w.len >= MATCH_HEADER + BEFORE + n);
		assert_memory_equal(w.at + MATCH_HEADER + BEFORE, field, n);
	}
}

/* ---- what is refused ---- */

static void wrong_matches(void **state)
{
	static const struct {
		const char *fields;
		enum of_error error;
	} cases[] = {
		{"8000 00 04 00000001", OF_OK},
		{"8000 00 04 000000", OF_BMC_BAD_LEN},
		{"8000 00 05 0000000101", OF_BMC_BAD_LEN},
		{"8000 ff", OF_BMC_BAD_LEN},
		{"8000 fa 04 00000001", OF_BMC_BAD_FIELD},
		{"1234 00 04 00000001", OF_BMC_BAD_FIELD},
		{"ffff 54 06 4f4e4600 0012", OF_BMC_BAD_PREREQ}, /* ONF's tcp_flags without tcp */
		{"ffff 54 06 00000001 0012", OF_BMC_BAD_FIELD},
		{"8000 00 04 00000001 8000 00 04 00000001", OF_BMC_DUP_FIELD},
		{"8000 00 04 0000ff00", OF_BMC_BAD_VALUE},  /* in_port beyond all */
		{"8000 16 04 0a000001", OF_BMC_BAD_PREREQ}, /* ipv4_src before eth_type */
		{"8000 0a 02 0800 8000 16 04 0a000001", OF_OK},
		{"8000 0a 02 0800 8000 17 08 0a000001 ff000000", OF_BMC_BAD_WILDCARDS},
		{"8000 0a 02 0800 8000 17 08 0a000000 ff000000", OF_OK},
		{"0001 01 08 00000005 00000001", OF_BMC_BAD_WILDCARDS}, /* of NXM, too */
		{"8000 0b 04 0800 ff00", OF_BMC_BAD_MASK},              /* part of eth_type */
		{"8000 0b 04 0800 ffff", OF_BMC_BAD_MASK},
		{"0000 07 04 0800 ffff", OF_OK},      /* as NXM */
		{"8000 0e 01 03", OF_BMC_BAD_PREREQ}, /* pcp without vid */
		{"8000 0c 02 1005 8000 0e 01 03", OF_OK},
		{"8000 0c 02 0000 8000 0e 01 03", OF_BMC_BAD_PREREQ}, /* ... of no tag */
		{"8000 0c 02 2005", OF_BMC_BAD_VALUE},
		{"8000 0c 02 1005 8000 0e 01 08", OF_BMC_BAD_VALUE},
		{"0001 3c 08 0000000000000001",
		 OF_BMC_BAD_FIELD}, /* a cookie where there is none */
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t bytes[64];
		struct match match;
		enum of_error error = of_fields_read(
			(struct wire_bytes){bytes, hex(cases[i].fields, bytes)}, &match, NULL);

		if (error != cases[i].error)
			fail_msg("%s: %s instead of %s", cases[i].fields, of_error_name(error),
				 of_error_name(cases[i].error));
	}
}

static void wrong_actions(void **state)
{
	static const struct {
		uint8_t version;
		const char *bytes;
		enum of_error error;
	} cases[] = {
		{OF13, "0000 0010 00000001 ffff 000000000000", OF_OK},
		{OF13, "0000 0008 00000001", OF_BAC_BAD_LEN},
		{OF13, "0000 0018 00000001 ffff 000000000000", OF_BAC_BAD_LEN},
		{OF13, "0000 000c 00000001 ffff0000", OF_BAC_BAD_LEN},
		{OF13, "0000 0000 00000001 ffff 000000000000", OF_BAC_BAD_LEN},
		{OF13, "0000", OF_BAC_BAD_LEN},
		{OF13, "0000 0010 ffffffff ffff 000000000000", OF_BAC_BAD_OUT_PORT},
		{OF13, "0000 0010 00ff0000 ffff 000000000000", OF_BAC_BAD_OUT_PORT},
		{OF13, "0001 0008 00010000", OF_BAC_BAD_TYPE}, /* set_vlan_vid is of 1.0 and 1.1 */
		{OF10, "0001 0008 00010000", OF_OK},
		{OF10, "0001 0008 10000000", OF_BAC_BAD_ARGUMENT},
		{OF10, "000c 0008 00000000", OF_BAC_BAD_TYPE},
		{OF13, "ffff 0008 00000001", OF_BAC_BAD_EXPERIMENTER},
		{OF13, "ffff 0008 00002320", OF_BAC_BAD_LEN},
		{OF13, "ffff 0010 00000001 0000 000000000000", OF_BAC_BAD_EXPERIMENTER},
		{OF13, "ffff 0010 00002320 ffff 000000000000", OF_BAC_BAD_EXP_TYPE},
		{OF13, "0011 0008 12340000", OF_BAC_BAD_ARGUMENT}, /* push_vlan */
		{OF13, "0019 0010 80000604 00000001 00000000", OF_BAC_BAD_SET_LEN},
		{OF13, "0019 0010 80000a02 0800 000000000000", OF_BAC_BAD_SET_TYPE},
		{OF13, "0019 0018 8000070c ffffffffffff ffffffffffff 00000000",
		 OF_BAC_BAD_SET_MASK},
		{OF15, "0019 0018 8000070c 000000000001 0000000000ff 00000000", OF_OK},
		{OF13, "ffff 0010 00002320 0022 02 02 00000001", OF_BAC_BAD_CONJUNCTION},
		{OF13, "ffff 0010 00002320 0022 01 02 00000001", OF_OK},
		/* to a controller: max_len, id, reason and userdata as ovs-ofctl says them */
		{OF13,
		 "ffff 0030 00002320 0025 000000000000 0000 0008 0064 0000"
		 "0001 0008 0003 0000 0002 0005 00 000000 0003 0006 0102 0000",
		 OF_OK},
		{OF13, "ffff 0018 00002320 0025 000000000000 0001 0006 0003 0000", OF_BPC_BAD_LEN},
		{OF15, "001d 0008 00000000", OF_BAC_BAD_METER},
		/* load of 16 bits into arp_op, of which 8 are there; and of one that is not */
		{OF10, "ffff 0018 00002320 0007 000f 00001e02 0000000000000002", OF_OK},
		{OF10, "ffff 0018 00002320 0007 000f 00001e02 0000000000000102",
		 OF_BAC_BAD_SET_ARGUMENT},
		{OF10, "ffff 0018 00002320 0007 0210 00001e02 0000000000000000",
		 OF_BAC_BAD_SET_LEN},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ofactions list = {0};
		uint8_t bytes[64];
		enum of_error error = of_actions_read(
			cases[i].version, (struct wire_bytes){bytes, hex(cases[i].bytes, bytes)},
			&list);

		ofactions_fini(&list);
		if (error != cases[i].error)
			fail_msg("version %u: %s: %s instead of %s", cases[i].version,
				 cases[i].bytes, of_error_name(error),
				 of_error_name(cases[i].error));
	}
}

static void wrong_instructions(void **state)
{
	static const struct {
		uint8_t version;
		const char *bytes;
		enum of_error error;
	} cases[] = {
		{OF13, "0001 0008 05000000", OF_OK},
		{OF13, "0001 0008 ff000000", OF_BIC_BAD_TABLE_ID},
		{OF13, "0001 0010 05000000 0000000000000000", OF_BIC_BAD_LEN},
		{OF13, "0001 0007 05000000", OF_BIC_BAD_LEN},
		{OF13, "0001 0008 05000000 0001 0008 06000000", OF_BIC_DUP_INST},
		{OF13, "0009 0008 00000000", OF_BIC_UNKNOWN_INST},
		{OF13, "ffff 0008 00000001", OF_BIC_BAD_EXPERIMENTER},
		{OF13, "0006 0008 00000001", OF_OK},
		{OF15, "0006 0008 00000001", OF_BIC_UNKNOWN_INST},
		{OF15, "0007 0010 00000000 0000000000000000", OF_BIC_UNSUP_INST},
		{OF13, "0004 0010 00000000 0000 0008 00000001", OF_BAC_BAD_LEN},
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ofactions list = {0};
		uint8_t bytes[64];
		enum of_error error = of_instructions_read(
			cases[i].version, (struct wire_bytes){bytes, hex(cases[i].bytes, bytes)},
			&list);

		ofactions_fini(&list);
		if (error != cases[i].error)
			fail_msg("version %u: %s: %s instead of %s", cases[i].version,
				 cases[i].bytes, of_error_name(error),
				 of_error_name(cases[i].error));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_of_the_text_test),
		cmocka_unit_test(settings_of_every_command),
		cmocka_unit_test(every_field_with_masks),
		cmocka_unit_test(every_tag),
		cmocka_unit_test(the_fixed_matches),
		cmocka_unit_test(a_match_of_11_that_cannot_be_is_refused),
		cmocka_unit_test(a_priority_of_11_without_a_vlan_counts_for_nothing),
		cmocka_unit_test(every_action),
		cmocka_unit_test(fields_of_later_are_extensions),
		cmocka_unit_test(wrong_matches),
		cmocka_unit_test(wrong_actions),
		cmocka_unit_test(wrong_instructions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
