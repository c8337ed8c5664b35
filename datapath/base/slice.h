#pragma once
/* A stretch of text inside a longer one: parsers cut their input into these without copying it. */
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *at; /* not terminated */
	size_t len;
};

/* For "%.*s", cut to what fits into a message. */
#define SLICE_SHOWN(s) ((int)((s).len < 80 ? (s).len : 80)), (s).at

static inline struct slice slice_of(const char *text)
{
	return (struct slice){text, strlen(text)};
}

static inline bool slice_is(struct slice s, const char *text)
{
	/* the first byte alone tells most names apart */
	return (!s.len || *s.at == *text) && strlen(text) == s.len && !memcmp(s.at, text, s.len);
}

/* Do they agree, upper and lower case being the same? ASCII only. */
static inline bool slice_is_nocase(struct slice s, const char *text)
{
	for (size_t i = 0; i < s.len; i++) {
		char a = s.at[i], b = text[i];

		a += a >= 'A' && a <= 'Z' ? 'a' - 'A' : 0;
		b += b >= 'A' && b <= 'Z' ? 'a' - 'A' : 0;
		if (!b || a != b)
			return false;
	}
	return !text[s.len];
}

static inline bool slice_starts(struct slice s, const char *text)
{
	size_t len = strlen(text);

	return s.len >= len && !memcmp(s.at, text, len);
}

static inline struct slice slice_skip(struct slice s, size_t n)
{
	return (struct slice){s.at + n, s.len - n};
}

static inline struct slice slice_first(struct slice s, size_t n)
{
	return (struct slice){s.at, n};
}

/* Where `c` is; s.len if it is not there. */
static inline size_t slice_find(struct slice s, char c)
{
	const char *found = s.len ? memchr(s.at, c, s.len) : NULL;

	return found ? (size_t)(found - s.at) : s.len;
}

static inline bool char_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline struct slice slice_trim(struct slice s)
{
	while (s.len && char_is_blank(*s.at))
		s = slice_skip(s, 1);
	while (s.len && char_is_blank(s.at[s.len - 1]))
		s.len--;
	return s;
}
