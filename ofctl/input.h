#pragma once
/* A whole file, or what comes in by standard input. */
#include "base/slice.h"

struct err;

/* Reads the file `name`, "-": standard input. out->at is the caller's to free. 0 or -errno. */
int input_read(const char *name, struct slice *out, struct err *err);
/* The same, of text: -EINVAL if a line is none. A zero byte follows. */
int input_read_text(const char *name, struct slice *out, struct err *err);
/* How messages call it. */
const char *input_name(const char *name);
