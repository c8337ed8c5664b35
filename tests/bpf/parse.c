/* The parser in the kernel against the same parser in C: the programs load (the verifier accepts
 * them), and find the same in every packet of the fuzz corpus and in many broken copies of each.
 *
 *	parse [FOLDER]
 *
 * Needs root: exit status 77 without.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "../bpf/parse.h" /* with the kernel's limits */
#include "base/own.h"
#include "support/random.h"
#include "tests/bpf/parse.skel.h"

#define MAX_SIZE    1500
#define MIN_SIZE    ((uint32_t)sizeof(struct eth_header))
#define MIN_IP_SIZE (MIN_SIZE + 40) /* below this the kernel does not make skbs of every type */
#define N_BROKEN    300             /* copies of each packet */

static void skeleton_free(struct parse **skel)
{
	parse__destroy(*skel);
}

static int kernel_parse(const struct bpf_program *program, const uint8_t *data, uint32_t size)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = data, .data_size_in = size);

	return bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
}

static bool is_same(struct parse *skel, const uint8_t *data, uint32_t size)
{
	const struct bpf_program *programs[] = {skel->progs.parse_xdp, skel->progs.parse_tc};
	struct packet_key key = {.in_port = 3};
	struct packet_layout layout = {0};

	parse_packet(data, data + size, size, &key, &layout);
	for (unsigned i = 0; i < 2; i++) {
		int rc = kernel_parse(programs[i], data, size);

		if (rc == -EINVAL && size < MIN_IP_SIZE)
			continue;
		if (rc) {
			printf("%s: the kernel does not run it: %s\n",
			       bpf_program__name(programs[i]), strerror(-rc));
			return false;
		}
		if (!memcmp(&key, &skel->bss->key_found, sizeof(key)) &&
		    !memcmp(&layout, &skel->bss->layout_found, sizeof(layout)))
			continue;
		printf("%s: the kernel says %u, C says %u\n", bpf_program__name(programs[i]),
		       skel->bss->layout_found.verdict, layout.verdict);
		return false;
	}
	return true;
}

static void print_packet(const uint8_t *data, uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		printf("%02x%s", data[i], i % 32 == 31 ? "\n" : "");
	printf("\n");
}

/* Flips a few bits and cuts somewhere. */
static uint32_t break_packet(uint8_t *data, uint32_t size, uint64_t *random)
{
	for (unsigned n = random_below(random, 4); n; n--)
		data[random_below(random, size)] ^= (uint8_t)(1u << random_below(random, 8));
	if (random_below(random, 2))
		size = MIN_SIZE + random_below(random, size - MIN_SIZE + 1);
	return size;
}

static int check_file(struct parse *skel, const char *path, uint64_t *random)
{
	uint8_t data[MAX_SIZE], broken[MAX_SIZE];
	FILE *file = fopen(path, "rb");
	uint32_t size;

	if (!file)
		return -errno;
	size = (uint32_t)fread(data, 1, sizeof(data), file);
	fclose(file);
	if (size < MIN_SIZE) /* the kernel does not run programs on less */
		return 0;
	for (unsigned i = 0; i <= N_BROKEN; i++) {
		uint32_t n = size;

		memcpy(broken, data, size);
		if (i)
			n = break_packet(broken, size, random);
		if (is_same(skel, broken, n))
			continue;
		printf("%s, copy %u:\n", path, i);
		print_packet(broken, n);
		return -EINVAL;
	}
	return 1;
}

int main(int argc, char **argv)
{
	own(skeleton_free) struct parse *skel = NULL;
	const struct dirent *entry;
	char folder[PATH_MAX / 2], path[PATH_MAX];
	unsigned n_files = 0;
	uint64_t random;
	int rc = 0;
	DIR *dir;

	if (geteuid()) {
		printf("skipped: needs root\n");
		return 77;
	}
	skel = parse__open_and_load();
	if (!skel) {
		printf("the kernel does not load the programs: %s\n", strerror(errno));
		return 1;
	}
	snprintf(folder, sizeof(folder), argc > 1 ? "%s" : "%s/tests/fuzz/corpus/parse",
		 argc > 1           ? argv[1]
		 : getenv("srcdir") ? getenv("srcdir")
				    : ".");
	dir = opendir(folder);
	if (!dir) {
		printf("%s: %s\n", folder, strerror(errno));
		return 1;
	}
	random_init(&random);
	while (rc >= 0 && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		rc = check_file(skel, path, &random);
		n_files += rc > 0;
	}
	closedir(dir);
	printf("%u packets, %u broken copies of each\n", n_files, N_BROKEN);
	return rc < 0 || !n_files;
}
