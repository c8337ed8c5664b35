/* A switch of fake ports that does what its standard input says, a line each:
 *
 *	port NUMBER		adds one
 *	group TEXT		adds a group: "+", or "- why it was refused"
 *	flow TEXT		adds a flow: the same
 *	packet NUMBER HEX	comes in there: "NUMBER HEX" for each that goes out, then "."
 *	dump			all flows with what they counted, then "."
 *	reset			no flows, no groups and nothing learned: "+"
 *
 * For programs that compare it with another switch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/group_text.h"
#include "flow/port_text.h"
#include "support/rig.h"
#include "switch/bridge.h"
#include "switch/flows.h"
#include "switch/group.h"

#define MAX_FRAME 2048
#define MAX_PORTS 16

struct player {
	struct rig rig;
	struct bridge_port *ports[MAX_PORTS];
	unsigned n_ports;
};

static void player_port(struct player *player, const char *number)
{
	struct bridge_port_config config = RIG_PORT("");

	assert_true(player->n_ports < MAX_PORTS);
	config.ofport_request = (uint16_t)atoi(number);
	snprintf(config.port.name, sizeof(config.port.name), "p%u", config.ofport_request);
	player->ports[player->n_ports++] = rig_port(&player->rig, &config);
}

static void answer(int rc, const struct err *err)
{
	if (rc)
		printf("- %s\n", err->text);
	else
		puts("+");
}

static void player_group(struct player *player, struct slice text)
{
	const struct flow_names names = bridge_flow_names(player->rig.bridge);
	own(group_mod_fini) struct group_mod group = {0};
	struct err err = ERR_INIT;
	int rc = group_mod_parse(text, GROUP_ADD, &names, &group, &err);

	if (!rc)
		rc = bridge_mods(player->rig.bridge, &(struct bridge_mod){.group = &group}, 1, NULL,
				 &err);
	answer(rc, &err);
}

static void player_flow(struct player *player, struct slice text)
{
	const struct flow_names names = bridge_flow_names(player->rig.bridge);
	own(flow_mod_fini) struct flow_mod flow = {0};
	struct err err = ERR_INIT;
	int rc = flow_mod_parse(text, FLOW_ADD, &names, &flow, &err);

	if (!rc)
		rc = bridge_flow_mods(player->rig.bridge, &flow, 1, NULL, &err);
	answer(rc, &err);
}

static void player_reset(struct player *player)
{
	own(flow_mod_fini) struct flow_mod all = {0};
	struct err err = ERR_INIT;
	const struct slice everything = {"", 0};
	const struct group_mod groups = {.command = GROUP_DELETE, .desc.id = GROUP_EVERY};

	if (flow_mod_parse(everything, FLOW_DELETE, NULL, &all, &err) ||
	    bridge_flow_mods(player->rig.bridge, &all, 1, NULL, &err) ||
	    bridge_mods(player->rig.bridge, &(struct bridge_mod){.group = &groups}, 1, NULL, &err))
		fail_msg("%s", err.text);
	bridge_fdb_flush(player->rig.bridge, NULL);
	puts("+");
}

static int print_row(const struct flow_row *row, void *ctx)
{
	own(print_fini) struct print out = {0};

	flow_print(&out, row->flow, &row->stats, NULL);
	puts(print_text(&out));
	return 0;
}

static void player_dump(struct player *player)
{
	own(flow_mod_fini) struct flow_mod all = {0};
	struct err err = ERR_INIT;
	const struct slice everything = {"", 0};

	if (flow_mod_parse(everything, FLOW_DELETE, NULL, &all, &err) ||
	    bridge_flows_for_each(player->rig.bridge, &all, print_row, NULL))
		fail_msg("%s", err.text);
	puts(".");
}

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = 0;

	for (; n < MAX_FRAME && sscanf(hex + 2 * n, "%2hhx", &bytes[n]) == 1; n++)
		;
	return n;
}

static void player_packet(struct player *player, const char *number, const char *hex)
{
	uint16_t ofport = (uint16_t)atoi(number);
	uint8_t frame[MAX_FRAME];
	size_t len = from_hex(hex, frame);

	for (unsigned i = 0; i < player->n_ports; i++)
		if (player->ports[i]->ofport == ofport)
			rig_put(player->ports[i], frame, len);
	/* what a port may cause is limited by the second */
	player->rig.clock.manual_ns += CLOCK_NS_PER_MS;
	rig_turn(&player->rig);
	for (unsigned i = 0; i < player->n_ports; i++) {
		while ((len = rig_take(player->ports[i], frame))) {
			printf("%u ", player->ports[i]->ofport);
			for (size_t k = 0; k < len; k++)
				printf("%02x", frame[k]);
			putchar('\n');
		}
	}
	puts(".");
}

static void player_line(struct player *player, char *line)
{
	char *rest = strchr(line, ' ');

	line[strcspn(line, "\n")] = '\0';
	if (rest)
		*rest++ = '\0';
	if (!strcmp(line, "reset"))
		player_reset(player);
	else if (!strcmp(line, "dump"))
		player_dump(player);
	else if (rest && !strcmp(line, "port"))
		player_port(player, rest);
	else if (rest && !strcmp(line, "group"))
		player_group(player, (struct slice){rest, strlen(rest)});
	else if (rest && !strcmp(line, "flow"))
		player_flow(player, (struct slice){rest, strlen(rest)});
	else if (rest && !strcmp(line, "packet") && strchr(rest, ' '))
		player_packet(player, rest, strchr(rest, ' ') + 1);
	else
		fail_msg("no such command: %s", line);
	fflush(stdout);
}

static void play(void **state)
{
	const struct bridge_config config = RIG_BRIDGE;
	struct player player = {.n_ports = 0};
	own(mem_free) char *line = NULL;
	size_t size = 0;

	rig_init(&player.rig, &config);
	while (getline(&line, &size, stdin) > 0)
		player_line(&player, line);
	rig_fini(&player.rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(play)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
