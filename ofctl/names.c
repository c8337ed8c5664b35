#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "need.h"
#include "output.h"

void names_add(struct names *names, const char *name)
{
	names->name = need(reallocarray(names->name, names->n + 1, sizeof(*names->name)));
	names->name[names->n++] = need(strdup(name));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_output(struct names *names, struct output *output)
{
	if (names->n)
		qsort(names->name, names->n, sizeof(*names->name), compare);
	for (size_t i = 0; i < names->n; i++)
		output_line(output, "%s", names->name[i]);
}

void names_fini(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
}
