/* Runs a fuzz target over its seeds without a fuzzer, so that `make check` proves each of them.
 *
 * fuzz_NOUN [FILE|FOLDER...]: the default is $srcdir/tests/fuzz/corpus/NOUN. The seeds run in the
 * order of their names, after the empty input. A crash or a sanitizer's report is the failure.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void file_close(FILE **file)
{
	if (*file)
		fclose(*file);
	*file = NULL;
}

static int replay_file(const char *path, off_t size)
{
	own(mem_free) uint8_t *data = malloc(size ? (size_t)size : 1);
	own(file_close) FILE *file = fopen(path, "rb");

	if (!data || !file || fread(data, 1, (size_t)size, file) != (size_t)size) {
		fprintf(stderr, "%s: cannot read it: %s\n", path, strerror(errno));
		return -EIO;
	}
	printf("%s\n", path);
	fflush(stdout); /* so that the last line names the input that crashed */
	LLVMFuzzerTestOneInput(data, (size_t)size);
	return 1;
}

static int replay(const char *path);

static int replay_folder(const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, NULL, alphasort);
	int n_run = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		char child[4096];
		int ran = 0;

		snprintf(child, sizeof(child), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && n_run >= 0)
			ran = replay(child);
		n_run = ran < 0 ? ran : n_run + ran;
		free(entries[i]);
	}
	free(entries);
	return n_run;
}

/* Returns how many inputs ran, or -errno. */
static int replay(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -ENOENT;
	}
	return S_ISDIR(st.st_mode) ? replay_folder(path) : replay_file(path, st.st_size);
}

/* "lt-fuzz_frame" or "./tests/fuzz/fuzz_frame" -> "frame" */
static const char *noun_of(const char *program)
{
	const char *name = strstr(program, "fuzz_");

	for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
		name = next;
	return name ? name + strlen("fuzz_") : program;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char seeds[4096];
	int n_run = 0;

	LLVMFuzzerTestOneInput((const uint8_t *)"", 0);
	if (argc == 1) {
		snprintf(seeds, sizeof(seeds), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
			 noun_of(argv[0]));
		n_run = replay(seeds);
	}
	for (int i = 1; i < argc && n_run >= 0; i++) {
		int n = replay(argv[i]);

		n_run = n < 0 ? n : n_run + n;
	}
	if (n_run > 0)
		printf("%d inputs\n", n_run);
	return n_run > 0 ? 0 : 1;
}
