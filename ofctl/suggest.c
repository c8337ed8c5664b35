#include "suggest.h"

#include <stdbool.h>
#include <string.h>
#include <sys/param.h>

#define NAME_LEN_MAX    63
#define SAME_PREFIX_MIN 4

/* Edit distance: insert, delete, change or swap neighbours, each costs 1 (optimal alignment). */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t rows[3][NAME_LEN_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = MIN(MIN(above[j], row[j - 1]) + 1,
				     above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = oldest;
	}
	return above[b_len];
}

void suggestion_try(struct suggestion *suggestion, const char *name)
{
	size_t word_len = strlen(suggestion->word), name_len = strlen(name);
	bool is_near;
	size_t d;

	if (word_len > NAME_LEN_MAX || name_len > NAME_LEN_MAX || word_len < 2)
		return;
	d = distance(suggestion->word, word_len, name, name_len);
	/* add-bridge for add-br, or find-in for find */
	is_near = (d <= 1 + name_len / 4 && d < name_len) ||
		  (MIN(word_len, name_len) >= SAME_PREFIX_MIN &&
		   !strncmp(suggestion->word, name, MIN(word_len, name_len)));
	if (!is_near || (suggestion->name && d >= suggestion->distance))
		return;
	suggestion->name = name;
	suggestion->distance = d;
}
