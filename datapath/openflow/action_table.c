#include "openflow/action_form.h"

/* OpenFlow 1.0.1 section 5.2.4, 1.3.5 section 7.2.5, 1.5.1 section 7.2.6; Nicira's as Open vSwitch documents them. */

enum { ANY = 0xff };

#define V10  OF10, OF10, ACTION_OF
#define V11  OF11, OF15, ACTION_OF
#define O11  OF11, OF11, ACTION_OF
#define V12  OF12, OF15, ACTION_OF
#define V13  OF13, OF15, ACTION_OF
#define V15  OF15, OF15, ACTION_OF
#define NX10 OF10, OF10, ACTION_NX
#define NX14 OF10, OF14, ACTION_NX
#define NX   OF10, OF15, ACTION_NX

enum { EXACT = false, OPEN = true };

/* The action, and how it is written. */
#define TYPE(type)     OFACTION_##type, 0
#define HOW(type, how) OFACTION_##type, how

#define NUMBER(at, n)           at, n, 0, number_read, number_write, NULL
#define QUEUE(at)               at, 4, 0, queue_read, number_write, NULL
#define NONE                    0, 0, 0, none_read, none_write, NULL
#define MOD(at, n, field)       at, n, FIELD_##field, mod_read, mod_write, fits_field
#define CALL(read, write, fits) 0, 0, 0, read, write, fits
#define WRITE_ONLY(write, fits) 0, 0, 0, NULL, write, fits

const struct action_form action_forms[] = {
	{V10, 0, 8, EXACT, TYPE(OUTPUT), CALL(output10_read, output10_write, fits_plain_output)},
	{V11, 0, 16, EXACT, TYPE(OUTPUT), CALL(output11_read, output11_write, fits_plain_output)},
	{V10, 0, 8, EXACT, TYPE(CONTROLLER),
	 WRITE_ONLY(to_controller10_write, fits_plain_controller)},
	{V11, 0, 16, EXACT, TYPE(CONTROLLER),
	 WRITE_ONLY(to_controller11_write, fits_plain_controller)},
	{NX, 20, 16, EXACT, TYPE(CONTROLLER),
	 CALL(controller_read, controller_write, fits_controller)},
	{NX, 37, 16, OPEN, TYPE(CONTROLLER), CALL(controller2_read, controller2_write, NULL)},
	{NX, 39, 16, EXACT, TYPE(OUTPUT),
	 CALL(output_trunc_read, output_trunc_write, fits_cut_output)},
	{NX, 15, 24, EXACT, TYPE(OUTPUT_REG), CALL(output_reg_read, output_reg_write, NULL)},
	{NX, 32, 24, EXACT, TYPE(OUTPUT_REG), 0, 0, 0, output_reg2_read, NULL, NULL},
	{V10, 11, 16, EXACT, TYPE(ENQUEUE), CALL(enqueue_read, enqueue_write, NULL)},
	{NX10, 40, 16, EXACT, TYPE(GROUP), NUMBER(12, 4)},
	{V11, 22, 8, EXACT, TYPE(GROUP), NUMBER(4, 4)},
	{NX10, 4, 16, EXACT, TYPE(SET_QUEUE), QUEUE(12)},
	{V11, 21, 8, EXACT, TYPE(SET_QUEUE), QUEUE(4)},
	{NX, 5, 16, EXACT, TYPE(POP_QUEUE), NONE},

	{V10, 1, 8, EXACT, HOW(SET_VLAN_VID, 1), NUMBER(4, 2)},
	{V10, 1, 8, EXACT, HOW(SET_VLAN_VID, 0), 4, 2, 0, NULL, number_write, NULL},
	{V10, 2, 8, EXACT, HOW(SET_VLAN_PCP, 1), NUMBER(4, 1)},
	{V10, 2, 8, EXACT, HOW(SET_VLAN_PCP, 0), 4, 1, 0, NULL, number_write, NULL},
	{O11, 1, 8, EXACT, HOW(SET_VLAN_VID, 0), NUMBER(4, 2)},
	{O11, 2, 8, EXACT, HOW(SET_VLAN_PCP, 0), NUMBER(4, 1)},
	{V10, 3, 8, EXACT, HOW(POP_VLAN, 1), NONE},
	{V10, 3, 8, EXACT, HOW(POP_VLAN, 0), WRITE_ONLY(none_write, NULL)},
	{V11, 18, 8, EXACT, HOW(POP_VLAN, 0), NONE},
	{V11, 18, 8, EXACT, HOW(POP_VLAN, 1), WRITE_ONLY(none_write, NULL)},
	{V11, 17, 8, EXACT, TYPE(PUSH_VLAN), NUMBER(4, 2)},

	{V10, 4, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 6, ETH_SRC)},
	{V10, 5, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 6, ETH_DST)},
	{V10, 6, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 4, IP_SRC)},
	{V10, 7, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 4, IP_DST)},
	{V10, 8, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, IP_TOS)},
	{V10, 9, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 2, TCP_SRC)},
	{V10, 10, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 2, TCP_DST)},
	{O11, 3, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 6, ETH_SRC)},
	{O11, 4, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 6, ETH_DST)},
	{O11, 5, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 4, IP_SRC)},
	{O11, 6, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 4, IP_DST)},
	{O11, 7, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, IP_TOS)},
	{O11, 8, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, IP_ECN)},
	{O11, 9, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 2, TCP_SRC)},
	{O11, 10, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 2, TCP_DST)},
	{O11, 13, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 4, MPLS_LABEL)},
	{O11, 14, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, MPLS_TC)},
	{V11, 23, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, IP_TTL)},
	{NX10, 30, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(12, 4, MPLS_LABEL)},
	{NX10, 31, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(10, 1, MPLS_TC)},
	{NX10, 25, 16, EXACT, HOW(SET, SET_AS_MOD), MOD(10, 1, MPLS_TTL)},
	{V11, 15, 8, EXACT, HOW(SET, SET_AS_MOD), MOD(4, 1, MPLS_TTL)},
	{NX, 2, 16, EXACT, HOW(SET, SET_AS_MOD), 12, 4, FIELD_TUN_ID, mod_read, mod_write,
	 fits_small_tunnel},
	{NX, 9, 24, EXACT, HOW(SET, SET_AS_TUNNEL64), MOD(16, 8, TUN_ID)},
	{NX, 9, 24, EXACT, HOW(SET, SET_AS_MOD), 16, 8, FIELD_TUN_ID, NULL, mod_write, fits_field},

	{V12, 25, 8, OPEN, HOW(SET, SET_AS_FIELD),
	 CALL(set_field_read, set_field_write, fits_whole)},
	{V15, 25, 8, OPEN, HOW(SET, SET_AS_LOAD), WRITE_ONLY(set_field_write, NULL)},
	{NX14, 7, 24, EXACT, HOW(SET, SET_AS_LOAD), CALL(load_read, load_write, fits_64)},
	{NX14, 33, 16, OPEN, HOW(SET, SET_AS_FIELD), CALL(load2_read, load2_write, NULL)},
	{NX14, 33, 16, OPEN, HOW(SET, SET_AS_LOAD), WRITE_ONLY(load2_write, NULL)},
	{V15, 28, 24, OPEN, TYPE(MOVE), CALL(copy_field_read, copy_field_write, NULL)},
	{OF13, OF14, ACTION_ONF, 3200, 32, OPEN, TYPE(MOVE), 0, 0, 0, onf_copy_field_read, NULL,
	 NULL},
	{NX14, 6, 24, OPEN, TYPE(MOVE), CALL(move_read, move_write, NULL)},

	{NX10, 23, 16, EXACT, TYPE(PUSH_MPLS), NUMBER(10, 2)},
	{V11, 19, 8, EXACT, TYPE(PUSH_MPLS), NUMBER(4, 2)},
	{NX10, 24, 16, EXACT, TYPE(POP_MPLS), NUMBER(10, 2)},
	{V11, 20, 8, EXACT, TYPE(POP_MPLS), NUMBER(4, 2)},
	{V13, 26, 8, EXACT, TYPE(PUSH_PBB), NUMBER(4, 2)},
	{V13, 27, 8, EXACT, TYPE(POP_PBB), NONE},
	{V11, 11, 8, EXACT, TYPE(COPY_TTL_OUT), NONE},
	{V11, 12, 8, EXACT, TYPE(COPY_TTL_IN), NONE},
	{NX10, 26, 16, EXACT, TYPE(DEC_MPLS_TTL), NONE},
	{V11, 16, 8, EXACT, TYPE(DEC_MPLS_TTL), NONE},
	{NX10, 18, 16, EXACT, TYPE(DEC_TTL), CALL(dec_ttl_read, none_write, fits_plain_ttl)},
	{V11, 24, 8, EXACT, TYPE(DEC_TTL), CALL(dec_ttl_read, none_write, fits_plain_ttl)},
	{NX, 21, 16, OPEN, TYPE(DEC_TTL), CALL(dec_ttl_ids_read, dec_ttl_ids_write, NULL)},

	{NX, 1, 16, EXACT, TYPE(RESUBMIT), CALL(resubmit_read, resubmit_write, fits_here)},
	{NX, 14, 16, EXACT, TYPE(RESUBMIT), CALL(resubmit_table_read, resubmit_table_write, NULL)},
	{NX10, 14, 16, EXACT, TYPE(GOTO_TABLE), WRITE_ONLY(goto_write, NULL)},
	{NX, 16, 32, OPEN, TYPE(LEARN), CALL(learn_read, learn_write, fits_plain_learn)},
	{NX, 45, 40, OPEN, TYPE(LEARN), CALL(learn2_read, learn2_write, NULL)},
	{NX, 19, 16, EXACT, TYPE(FIN_TIMEOUT), CALL(fin_timeout_read, fin_timeout_write, NULL)},
	{NX, 34, 16, EXACT, TYPE(CONJUNCTION), CALL(conjunction_read, conjunction_write, NULL)},
	{NX, 8, 16, OPEN, TYPE(NOTE), CALL(note_read, note_write, NULL)},
	{NX, 42, 16, OPEN, TYPE(CLONE), CALL(clone_read, clone_write, NULL)},
	{NX10, 22, 32, EXACT, TYPE(WRITE_METADATA), CALL(metadata_read, metadata_write, NULL)},
	{V15, 29, 8, EXACT, TYPE(METER), NUMBER(4, 4)},
};

const unsigned n_action_forms = sizeof(action_forms) / sizeof(action_forms[0]);
