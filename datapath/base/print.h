#pragma once
/* Text that grows while it is printed. When memory runs out it stays as it is and says so in
 * `is_failed`, so that a printer asks once, at the end.
 *
 *	own(print_fini) struct print out = {0};
 */
#include <stdbool.h>
#include <stddef.h>

struct print {
	char *text; /* terminated; NULL while nothing was added */
	size_t len, size;
	bool is_failed;
};

void print_fini(struct print *out);
/* Empties it and keeps the memory. */
void print_clear(struct print *out);
void print_bytes(struct print *out, const char *text, size_t len);
void print_add(struct print *out, const char *text);
void print_char(struct print *out, char c);
void print_fmt(struct print *out, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Takes `c` away if it is the last character. */
void print_chomp(struct print *out, char c);
/* What was printed, "" at least. */
const char *print_text(const struct print *out);
