#pragma once
/* Reading a bridge's flows bit by bit, while they change: a dump that waits for who reads it.
 *
 * It visits the flows there were when it began, as they are when it comes to them; those removed
 * meanwhile are left out, those added are not seen. It costs 24 bytes a flow, and nothing is copied or
 * held: whoever removes or replaces a flow tells the cursors that are open. Control thread only.
 */
#include <stdbool.h>

struct bridge;
struct flow_cursor;
struct flow_mod;
struct flow_row;

/* `filter` as of bridge_flows_for_each(); it is not needed afterwards. Counters are harvested here. The
 * bridge may go before the cursor. 0 or -ENOMEM. */
int flow_cursor_new(struct flow_cursor **out, struct bridge *bridge, const struct flow_mod *filter);
void flow_cursor_free(struct flow_cursor **cursor);

/* Visits from where the last call stopped, by table, then by descending priority. A visit that returns
 * 0 goes on; one that returns less than 0 stops behind the flow; one that returns more stops in front of
 * it: it comes first in the next call. Returns what the visit did; 0 at the end; -ENODEV: the bridge is
 * gone. */
int flow_cursor_next(struct flow_cursor *cursor,
		     int (*visit)(const struct flow_row *row, void *ctx), void *ctx);

/* Have flows been removed or changed since it began? */
bool flow_cursor_is_torn(const struct flow_cursor *cursor);
/* Have several been by one change that was asked for? Then some of them may have been visited as they were before
 * it, and others after it. */
bool flow_cursor_is_halved(const struct flow_cursor *cursor);
