#pragma once
/* Inside the reader and writer of actions (action.h): what their files share. */
#include "flow/ofaction.h"
#include "openflow/action.h"
#include "openflow/oxm.h"

#define OF_ACTIONS_MAX_DEPTH 16 /* clone() in clone() ... */
#define OF_ACTION_HEADER     4
#define OF_ACTION_EXT_HEADER 10 /* with experimenter and its type */

struct action_form;

struct action_reader {
	struct ofactions *list;
	uint8_t version;
	uint8_t depth;
};

struct action_writer {
	struct wire_writer *w;
	const struct ofactions *list;
	const struct match *match; /* NULL: unknown */
	uint8_t version;
};

/* All of an action's bytes, as many as its form has at least. */
typedef enum of_error action_read_fn(struct action_reader *r, const struct action_form *form,
				     const uint8_t *at, size_t len);
/* Appends what is behind the header of list->item[i]. */
typedef void action_write_fn(struct action_writer *aw, const struct action_form *form, uint32_t i);
/* Can the form say list->item[i]? */
typedef bool action_fits_fn(const struct action_writer *aw, const struct action_form *form,
			    uint32_t i);

/* A form of an action on the wire. */
struct action_form {
	uint8_t since, until; /* enum of_version */
	uint8_t vendor;       /* enum action_vendor */
	uint16_t number;
	uint16_t size;  /* of all of it; without read: nothing is read by this row */
	bool is_longer; /* that is the least */
	uint8_t type;   /* enum ofaction_type; of these: */
	uint8_t how;    /* ... that are written so */
	uint8_t at, n;  /* where its number or value stands, and in how many bytes */
	uint8_t field;  /* of a SET */
	action_read_fn *read;
	action_write_fn *write;
	action_fits_fn *fits; /* NULL: type and how are all that it takes */
};

enum action_vendor { ACTION_OF, ACTION_NX, ACTION_ONF };

extern const struct action_form action_forms[];
extern const unsigned n_action_forms;

/* ---- action.c, for the others ---- */

/* Checks the value and appends. */
enum of_error action_add(struct action_reader *r, const struct ofaction *action);
/* Everything behind element `at` is inside it. */
void action_close(struct action_reader *r, uint32_t at);
enum of_error action_add_bytes(struct action_reader *r, const uint8_t *bytes, size_t n);
enum of_error action_read_list(struct action_reader *r, struct wire_bytes bytes);
/* Elements `begin` to `end`. */
void action_write_list(struct action_writer *aw, uint32_t begin, uint32_t end);
/* A stand-in for list->item[i] is written by whatever form there is for it. */
void action_write_as(struct action_writer *aw, const struct ofaction *action);
/* The bytes of the BYTES inside element i. */
void action_write_bytes(struct action_writer *aw, uint32_t i);
/* A port that may be output to, of 32 bits. */
enum of_error action_port(uint32_t number, uint16_t *out);
/* A part of a field: its header at `at`, `low` and `n_bits`. BAC_BAD_SET_TYPE, BAC_BAD_SET_LEN. */
enum of_error action_subfield(struct wire_bytes header, unsigned low, unsigned n_bits,
			      struct subfield *out, size_t *header_size);
/* How many of the bits that a value is said for the field has here: arp_op is wider in OpenFlow than what there is of
 * it. What is beyond must be zero. */
unsigned action_value_bits(struct wire_bytes header, unsigned n_bits);
/* The other way: what the bits of a value are called in OpenFlow. */
unsigned action_wire_bits(struct subfield sub);
void action_put_header(struct action_writer *aw, uint8_t field);

/* ---- readers and writers of rows ---- */

action_read_fn none_read, number_read, mod_read, output10_read, output11_read, queue_read,
	enqueue_read, set_field_read, copy_field_read, onf_copy_field_read, load_read, load2_read,
	move_read, output_reg_read, output_reg2_read, output_trunc_read, resubmit_read,
	resubmit_table_read, controller_read, controller2_read, dec_ttl_read, dec_ttl_ids_read,
	metadata_read, note_read, clone_read, conjunction_read, fin_timeout_read, learn_read,
	learn2_read;
action_write_fn none_write, number_write, mod_write, output10_write, output11_write,
	to_controller10_write, to_controller11_write, enqueue_write, set_field_write,
	copy_field_write, load_write, load2_write, move_write, output_reg_write, output_trunc_write,
	resubmit_write, resubmit_table_write, goto_write, controller_write, controller2_write,
	dec_ttl_ids_write, metadata_write, note_write, clone_write, conjunction_write,
	fin_timeout_write, learn_write, learn2_write;
action_fits_fn fits_plain_output, fits_cut_output, fits_plain_controller, fits_controller,
	fits_plain_ttl, fits_here, fits_field, fits_small_tunnel, fits_whole, fits_64,
	fits_plain_learn;

/* action_several.c: said by several actions of the version: writes them instead. False: it is not one of those. */
bool action_write_several(struct action_writer *aw, uint32_t i);
