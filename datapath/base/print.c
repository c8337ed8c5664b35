#include "base/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void print_fini(struct print *out)
{
	free(out->text);
	*out = (struct print){0};
}

void print_clear(struct print *out)
{
	out->len = 0;
	if (out->text)
		out->text[0] = '\0';
}

/* Room for `n` characters and the zero behind them. */
static bool reserve(struct print *out, size_t n)
{
	size_t size = out->size ? out->size : 128;
	char *text;

	if (out->len + n < out->size)
		return true;
	while (size <= out->len + n)
		size *= 2;
	text = realloc(out->text, size);
	if (!text) {
		out->is_failed = true;
		return false;
	}
	out->text = text;
	out->size = size;
	return true;
}

void print_bytes(struct print *out, const char *text, size_t len)
{
	if (!reserve(out, len))
		return;
	memcpy(out->text + out->len, text, len);
	out->len += len;
	out->text[out->len] = '\0';
}

void print_add(struct print *out, const char *text)
{
	print_bytes(out, text, strlen(text));
}

void print_char(struct print *out, char c)
{
	print_bytes(out, &c, 1);
}

void print_fmt(struct print *out, const char *fmt, ...)
{
	va_list args;
	char small[256];
	int n;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		print_bytes(out, small, (size_t)n);
	} else if (n >= 0 && reserve(out, (size_t)n)) {
		va_start(args, fmt);
		vsnprintf(out->text + out->len, (size_t)n + 1, fmt, args);
		va_end(args);
		out->len += (size_t)n;
	}
}

void print_chomp(struct print *out, char c)
{
	if (out->len && out->text[out->len - 1] == c)
		out->text[--out->len] = '\0';
}

const char *print_text(const struct print *out)
{
	return out->text ? out->text : "";
}
