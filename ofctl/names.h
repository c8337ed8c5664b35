#pragma once
/* A list of names to print in order. */
#include <stddef.h>

struct output;

struct names {
	char **name;
	size_t n;
};

/* Copies `name`. */
void names_add(struct names *names, const char *name);
/* Prints them sorted, one per line. */
void names_output(struct names *names, struct output *output);
void names_fini(struct names *names);
