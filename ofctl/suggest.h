#pragma once
/* "did you mean ...?": the name nearest to a word that is not known. */
#include <stddef.h>

struct suggestion {
	const char *word;
	const char *name; /* the nearest one tried so far, borrowed; NULL: none is near enough */
	size_t distance;
};

#define SUGGESTION_INIT(text) \
	{ \
		.word = (text) \
	}

/* Compares `name` with the word and keeps it if it is near and nearer than what was there. */
void suggestion_try(struct suggestion *suggestion, const char *name);
