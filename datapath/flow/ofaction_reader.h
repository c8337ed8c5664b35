#pragma once
/* Inside the parser of actions (ofaction_text.h): what its files share. */
#include "flow/field_text.h"
#include "flow/ofaction.h"
#include "flow/words.h"

#define OFACTIONS_MAX_DEPTH 16 /* clone() in clone() ... */

struct ofaction_reader {
	const struct flow_names *names;
	struct ofactions *list;
	struct err *err;
	unsigned depth;
};

/* Appends; says what is wrong. 0, -E2BIG or -ENOMEM. */
int reader_add(struct ofaction_reader *r, const struct ofaction *action);
/* Appends bytes. */
int reader_add_bytes(struct ofaction_reader *r, const uint8_t *bytes, size_t size);
/* Everything behind element `at` is inside it. */
void reader_close(struct ofaction_reader *r, uint32_t at);

/* learn(...), of which `inside` is what stands in the parentheses. 0, -EINVAL or -ENOMEM. */
int learn_parse(struct ofaction_reader *r, struct slice inside);

/* Cuts "SOURCE->TARGET" at the arrow. 0 or -EINVAL. */
int arrow_parse(struct slice text, struct slice *source, struct slice *target, struct err *err);
/* "SOURCE->TARGET" of a load: a number, or a part of a field of the same width as the target.
 * 1: it was a number, 0: it was a field, or -EINVAL. */
int load_parse(struct slice text, struct ofaction *out, struct err *err);

/* One kind of action: its name and how what follows the name is read. `arg` is the reader's. */
struct kind {
	const char *name;
	int (*read)(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
	uint8_t type; /* enum ofaction_type */
	uint8_t how;
	uint32_t arg;
};

/* ofaction_read.c: readers of single actions. */
int read_controller(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_dec_ttl(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_resubmit(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_fin_timeout(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_conjunction(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_note(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_metadata(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
int read_goto(struct ofaction_reader *r, const struct kind *kind, const struct word *word);
