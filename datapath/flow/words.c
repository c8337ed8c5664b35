#include "flow/words.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

static bool is_separator(char c)
{
	return c == ',' || char_is_blank(c);
}

/* Brackets, quotes and separators. */
static const bool is_mark[256] = {
	['"'] = true, ['('] = true,  [')'] = true,  ['['] = true,  [']'] = true,  [','] = true,
	[' '] = true, ['\t'] = true, ['\n'] = true, ['\v'] = true, ['\f'] = true, ['\r'] = true,
};

/* Where the closing quote is, of one at `at`; text.len: there is none. */
static size_t quote_end(struct slice text, size_t at)
{
	while (++at < text.len && text.at[at] != '"')
		continue;
	return at;
}

/* The first place from `at` on, outside of brackets, quotes and parentheses, with a separator (or,
 * if `is_inside`, the parenthesis that closes). text.len + 1: something does not close. */
static size_t value_end(struct slice text, size_t at, bool is_inside)
{
	unsigned depth = 0;

	for (; at < text.len; at++) {
		char c = text.at[at];

		if (!is_mark[(uint8_t)c])
			continue;
		if (c == '"') {
			at = quote_end(text, at);
			if (at == text.len)
				return text.len + 1;
		} else if (c == '(' || c == '[') {
			depth++;
		} else if (depth && (c == ')' || c == ']')) {
			depth--;
		} else if (is_inside ? c == ')' : !depth && is_separator(c)) {
			return at;
		}
	}
	return depth || is_inside ? text.len + 1 : text.len;
}

static size_t name_end(struct slice text)
{
	size_t at = 0;

	if (text.at[0] == '"')
		return value_end(text, 0, false);
	while (at < text.len && !is_separator(text.at[at]) && text.at[at] != '=' &&
	       text.at[at] != ':' && text.at[at] != '(')
		at++;
	return at;
}

int word_next(struct slice *text, struct word *out, struct err *err)
{
	struct slice s = *text;
	size_t end, close;
	char sign = 0;

	while (s.len && is_separator(*s.at))
		s = slice_skip(s, 1);
	*text = s;
	if (!s.len)
		return 0;
	end = name_end(s);
	if (end > s.len)
		return err_set(err, EINVAL, "\"%.*s\": a quote is not closed", SLICE_SHOWN(s));
	*out = (struct word){.name = slice_first(s, end), .value = {s.at + end, 0}};
	if (end < s.len && !is_separator(s.at[end]))
		sign = s.at[end];
	out->sign = sign;
	if (sign == '(') {
		close = value_end(s, end + 1, true);
		if (close > s.len)
			return err_set(err, EINVAL, "\"%.*s\": a parenthesis is not closed",
				       SLICE_SHOWN(s));
		out->value = (struct slice){s.at + end + 1, close - end - 1};
		end = close + 1;
		if (end < s.len && !is_separator(s.at[end]))
			return err_set(err, EINVAL, "\"%.*s\": a comma is missing behind \")\"",
				       SLICE_SHOWN(s));
	} else if (sign) {
		close = end + 1;
		end = value_end(s, close, false);
		if (end <= s.len)
			out->value = (struct slice){s.at + close, end - close};
	}
	if (end > s.len)
		return err_set(err, EINVAL,
			       "\"%.*s\": a parenthesis, bracket or quote is not closed",
			       SLICE_SHOWN(s));
	out->all = slice_first(s, end);
	*text = slice_skip(s, end);
	return 1;
}

int word_next_comma(struct slice *text, struct slice *out)
{
	size_t comma = slice_find(*text, ',');

	if (!text->at)
		return 0;
	*out = slice_trim(slice_first(*text, comma));
	*text = comma < text->len ? slice_skip(*text, comma + 1) : (struct slice){NULL, 0};
	return 1;
}
