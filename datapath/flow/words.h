#pragma once
/* The grammar that matches and actions share: words, apart by commas or blanks.
 *
 *	name   name=value   name:value   name(inside)
 *
 * Brackets, parentheses and double quotes nest: a comma inside them does not end a word. No state.
 */
#include "base/slice.h"

struct err;

struct word {
	struct slice all;
	struct slice name;
	char sign;          /* '=', ':', '(' or 0: only a name */
	struct slice value; /* behind the sign; in the parentheses */
};

/* Cuts the next word off *text. 1, 0: there is none, or -EINVAL: parentheses or quotes that do not
 * close, or something right behind a parenthesis that does. */
int word_next(struct slice *text, struct word *out, struct err *err);
/* The same where an empty place between commas counts as an empty word: "resubmit(,1)". */
int word_next_comma(struct slice *text, struct slice *out);
