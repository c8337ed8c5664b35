#include "control/state_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/own.h"
#include "base/slice.h"
#include "packet/mac.h"
#include "control/state_group.h"
#include "flow/flow_text.h"
#include "flow/match_text.h"
#include "flow/port_text.h"
#include "switch/flow_table.h"
#include "switch/flows.h"
#include "switch/meters.h"
#include "switch/order.h"
#include "switch/port_mod.h"
#include "switch/restore.h"
#include "switch/vswitch.h"

#define BATCH    1024 /* flows in one change */
#define WORD_MAX 64

static const struct clock clock_real;

#define FIRST_LINE_SIZE (sizeof(STATE_MAGIC) + STATE_BOOT_SIZE + 2)
#define SIZE_MAX_READ   (1 << 30) /* far more than as many flows as there may be */

int state_boot(char boot[STATE_BOOT_SIZE])
{
	own(fd_close) int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, boot, STATE_BOOT_SIZE - 1);

	if (n < 0)
		return -errno;
	boot[n] = '\0';
	boot[strcspn(boot, "\n")] = '\0';
	return 0;
}

/* ---- the file ---- */

static int all_read(int fd, char *text, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(fd, text + done, size - done);

		if (n <= 0)
			return n ? -errno : -EINVAL;
		done += (size_t)n;
	}
	text[size] = '\0';
	return 0;
}

/* Why a file with this beginning is not looked at; NULL: it may be one. *is_old: nothing is wrong with it. */
static const char *first_line_check(const char *text, size_t *len, bool *is_old)
{
	char boot[STATE_BOOT_SIZE], first[FIRST_LINE_SIZE];

	if (strncmp(text, STATE_KIND, strlen(STATE_KIND)) != 0)
		return "is no state file";
	if (strncmp(text, STATE_MAGIC " ", strlen(STATE_MAGIC) + 1) != 0)
		return "is of another version of switchd";
	if (state_boot(boot))
		return "cannot be told from one of an earlier boot";
	*len = (size_t)snprintf(first, sizeof(first), STATE_MAGIC " %s\n", boot);
	*is_old = strncmp(text, first, *len) != 0;
	return *is_old ? "is of an earlier boot" : NULL;
}

/* Whether the last line says what the others are. *end: where it begins. */
static bool is_whole(const char *text, size_t size, size_t *end)
{
	uint64_t hash = 0;
	size_t at = 0, len = 0;
	char last[32];

	for (; at < size && strncmp(text + at, "end ", 4) != 0; at += len) {
		const char *newline = memchr(text + at, '\n', size - at);

		if (!newline)
			return false;
		len = (size_t)(newline - text) - at + 1;
		hash = state_hash(hash, text + at, len);
	}
	snprintf(last, sizeof(last), "end %016" PRIx64 "\n", hash);
	*end = at;
	return size - at == strlen(last) && !strcmp(text + at, last);
}

static const char *file_check(int fd, const struct stat *info, size_t *begin, bool *is_old)
{
	char text[FIRST_LINE_SIZE] = "";

	if (!S_ISREG(info->st_mode))
		return "is no file";
	if (info->st_size > SIZE_MAX_READ)
		return "is too large";
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		return "cannot be read";
	return first_line_check(text, begin, is_old);
}

int state_load(const char *path, char **out, size_t *out_size)
{
	own(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	own(mem_free) char *text = NULL;
	size_t begin = 0, end = 0;
	bool is_old = false;
	struct stat info;
	const char *why;

	if (fd < 0 || fstat(fd, &info))
		return -errno;
	why = file_check(fd, &info, &begin, &is_old);
	if (!why) {
		text = malloc((size_t)info.st_size + 1);
		if (!text)
			return -ENOMEM;
		if (all_read(fd, text, (size_t)info.st_size) ||
		    !is_whole(text, (size_t)info.st_size, &end))
			why = "is damaged";
	}
	if (why) {
		log_write(is_old ? LOG_INFO : LOG_WARN, "switchd",
			  "%s %s: flows and addresses begin anew", path, why);
		return -EINVAL;
	}
	memmove(text, text + begin, end - begin);
	text[end - begin] = '\0';
	*out = take_ptr(text);
	*out_size = end - begin;
	return 0;
}

/* ---- the lines ---- */

struct reader {
	struct vswitch *sw;
	struct bridge *bridge; /* NULL: it is no more */
	unsigned n_flows, n_left_out;
	struct state_groups groups;
	/* flows that wait to be added together */
	unsigned n;
	struct flow_mod mods[BATCH];
	struct flow_past pasts[BATCH];
};

static struct slice word_next(struct slice *line)
{
	const size_t len = slice_find(*line, ' ');
	const struct slice word = slice_first(*line, len);

	*line = slice_skip(*line, len < line->len ? len + 1 : len);
	return word;
}

bool state_number_next(struct slice *line, uint64_t max, uint64_t *out)
{
	return !number_parse(word_next(line), "number", max, out, NULL);
}

/* Together, or, if one of them does not fit, each by itself. */
static void flows_add(struct reader *reader)
{
	const bool all = !bridge_flow_mods(reader->bridge, reader->mods, reader->n, NULL, NULL);

	for (unsigned i = 0; i < reader->n; i++) {
		if (all || !bridge_flow_mods(reader->bridge, &reader->mods[i], 1, NULL, NULL)) {
			bridge_flow_restore(reader->bridge, &reader->mods[i], &reader->pasts[i]);
			reader->n_flows++;
		} else {
			reader->n_left_out++;
		}
		flow_mod_fini(&reader->mods[i]);
	}
	reader->n = 0;
}

/* What has been read of a bridge is there now. */
static void all_add(struct reader *reader)
{
	reader->n_left_out += state_groups_apply(&reader->groups, reader->bridge);
	flows_add(reader);
}

static bool flow_read(struct reader *reader, struct slice line)
{
	struct flow_past *past = &reader->pasts[reader->n];

	if (!state_number_next(&line, UINT64_MAX, &past->counted.number) ||
	    !state_number_next(&line, UINT64_MAX, &past->counted.n_packets) ||
	    !state_number_next(&line, UINT64_MAX, &past->counted.n_bytes) ||
	    !state_number_next(&line, UINT64_MAX, &past->created_at) ||
	    !state_number_next(&line, UINT64_MAX, &past->counted.used_at) ||
	    !state_number_next(&line, UINT64_MAX, &past->modified_at) ||
	    flow_mod_parse(line, FLOW_ADD, NULL, &reader->mods[reader->n], NULL))
		return false;
	if (++reader->n == BATCH)
		all_add(reader);
	return true;
}

static bool address_read(struct reader *reader, struct slice line)
{
	char mac_text[WORD_MAX], port[WORD_MAX];
	struct eth_addr mac;
	uint64_t vlan, seen_at;
	struct slice word, kind;

	if (!state_number_next(&line, VLAN_MAX, &vlan))
		return false;
	word = word_next(&line);
	snprintf(mac_text, sizeof(mac_text), "%.*s", (int)word.len, word.at);
	if (mac_parse(mac_text, &mac, NULL) || !state_number_next(&line, UINT64_MAX, &seen_at))
		return false;
	kind = word_next(&line);
	snprintf(port, sizeof(port), "%.*s", (int)line.len, line.at);
	bridge_fdb_restore(reader->bridge, mac, (uint16_t)vlan, port, slice_is(kind, "static"),
			   seen_at);
	return true;
}

static void text_next(struct slice *line, char text[WORD_MAX])
{
	const struct slice word = word_next(line);

	snprintf(text, WORD_MAX, "%.*s", (int)word.len, word.at);
}

/* One whose time is over meanwhile is not given again. */
static bool order_read(struct reader *reader, struct slice line)
{
	char kind[WORD_MAX], name[WORD_MAX], port[WORD_MAX];
	struct order_past past;
	struct order_config config = {.name = name, .past = &past};
	uint64_t vlan;

	if (!state_number_next(&line, UINT64_MAX, &past.counted.number) ||
	    !state_number_next(&line, UINT64_MAX, &past.counted.n_packets) ||
	    !state_number_next(&line, UINT64_MAX, &past.counted.n_bytes) ||
	    !state_number_next(&line, UINT64_MAX, &past.counted.used_at) ||
	    !state_number_next(&line, UINT64_MAX, &past.created_at) ||
	    !state_number_next(&line, UINT64_MAX, &past.ends_at))
		return false;
	text_next(&line, kind);
	text_next(&line, name);
	text_next(&line, port);
	if (!state_number_next(&line, VLAN_MAX, &vlan) ||
	    match_parse(line, NULL, &config.match, NULL))
		return false;
	config.kind = strcmp(kind, "mirror") ? ORDER_DROP : ORDER_MIRROR;
	config.vlan = (uint16_t)vlan;
	config.port = strcmp(port, "-") ? port : NULL;
	return past.ends_at <= clock_now(&clock_real) ||
	       !bridge_order_add(reader->bridge, &config, NULL, NULL);
}

/* Before the flows that use it. */
static bool meter_read(struct reader *reader, struct slice line)
{
	struct meter_row past = {.n_flows = 0};
	struct meter_mod mod;

	if (!state_number_next(&line, UINT64_MAX, &past.created_at) ||
	    !state_number_next(&line, UINT64_MAX, &past.count.n_packets) ||
	    !state_number_next(&line, UINT64_MAX, &past.count.n_bytes))
		return false;
	for (unsigned i = 0; i < METER_BANDS_MAX; i++)
		if (!state_number_next(&line, UINT64_MAX, &past.band[i].n_packets) ||
		    !state_number_next(&line, UINT64_MAX, &past.band[i].n_bytes))
			return false;
	past.desc = &mod.desc;
	return !meter_mod_parse(line, METER_ADD, &mod, NULL) &&
	       !bridge_meter_restore(reader->bridge, &past, NULL);
}

static bool frags_read(struct reader *reader, struct slice line)
{
	uint64_t frags;

	return state_number_next(&line, FLOW_FRAGS_NX_MATCH, &frags) &&
	       !bridge_frags_set(reader->bridge, (enum flow_frags)frags);
}

static bool table_read(struct reader *reader, struct slice line)
{
	struct flow_table_mod mod = {.name = ""};
	uint64_t table, eviction, miss;

	if (!state_number_next(&line, FLOW_TABLES - 1, &table) ||
	    !state_number_next(&line, FLOW_EVICT, &eviction) ||
	    !state_number_next(&line, TABLE_MISS_DROP, &miss))
		return false;
	mod.eviction = (enum flow_eviction)eviction;
	mod.miss = (enum table_miss)miss;
	snprintf(mod.name, sizeof(mod.name), "%.*s", (int)line.len, line.at);
	return !bridge_table_mod(reader->bridge, (uint8_t)table, &mod, NULL);
}

/* A port that is gone is forgotten. */
static bool port_read(struct reader *reader, struct slice line)
{
	struct bridge_port *port;
	char name[WORD_MAX];
	uint64_t flags;

	if (!state_number_next(&line, PORT_MOD_FLAGS, &flags))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)line.len, line.at);
	port = bridge_port_lookup(reader->bridge, name);
	return !port || !bridge_port_mod(port, (uint8_t)flags,
					 PORT_MOD_FLAGS & (uint8_t)~PORT_MOD_DOWN, NULL);
}

/* The flows that the bridge began with are among those in the file, or were removed. */
static void bridge_read(struct reader *reader, struct slice name)
{
	const struct flow_mod all = {
		.command = FLOW_DELETE,
		.table = FLOW_TABLE_ANY,
		.out_port = OFPORT_NONE,
		.out_group = FLOW_GROUP_ANY,
	};
	char text[WORD_MAX];

	if (reader->bridge)
		all_add(reader);
	snprintf(text, sizeof(text), "%.*s", (int)name.len, name.at);
	reader->bridge = bridge_lookup(reader->sw, text);
	if (reader->bridge)
		bridge_flow_mods(reader->bridge, &all, 1, NULL, NULL);
}

static void line_read(struct reader *reader, struct slice line)
{
	const struct slice what = word_next(&line);
	bool is_good = true;

	if (slice_is(what, "bridge"))
		bridge_read(reader, line);
	else if (reader->bridge && slice_is(what, "flow"))
		is_good = flow_read(reader, line);
	else if (reader->bridge && slice_is(what, "meter"))
		is_good = meter_read(reader, line);
	else if (reader->bridge && slice_is(what, "group"))
		is_good = state_group_read(&reader->groups, line);
	else if (reader->bridge && slice_is(what, "fdb"))
		is_good = address_read(reader, line);
	else if (reader->bridge && slice_is(what, "order"))
		is_good = order_read(reader, line);
	else if (reader->bridge && slice_is(what, "frags"))
		is_good = frags_read(reader, line);
	else if (reader->bridge && slice_is(what, "stands-in"))
		is_good = !bridge_stand_in_restore(reader->bridge);
	else if (reader->bridge && slice_is(what, "table"))
		is_good = table_read(reader, line);
	else if (reader->bridge && slice_is(what, "port"))
		is_good = port_read(reader, line);
	if (!is_good)
		reader->n_left_out++;
}

void state_apply(struct vswitch *sw, const char *text, size_t size)
{
	own(mem_free) struct reader *reader = calloc(1, sizeof(*reader));
	struct slice rest = {text, size};

	if (!reader)
		return;
	reader->sw = sw;
	while (rest.len) {
		const size_t len = slice_find(rest, '\n');

		line_read(reader, slice_first(rest, len));
		rest = slice_skip(rest, len < rest.len ? len + 1 : len);
	}
	if (reader->bridge)
		all_add(reader);
	log_info("switchd", "%u flows are there again", reader->n_flows);
	if (reader->n_left_out)
		log_warn("switchd", "%u lines of the last daemon's state were left out",
			 reader->n_left_out);
}
