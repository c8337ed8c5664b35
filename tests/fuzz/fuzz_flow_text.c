/* Whatever is read as a flow prints as a line that reads as the same flow; whatever is not leaves an
 * error and nothing else. */
#include <assert.h>
#include <stdint.h>

#include "base/err.h"
#include "base/own.h"
#include "base/print.h"
#include "flow/flow_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	own(flow_mod_fini) struct flow_mod flow = {0}, again = {0};
	own(print_fini) struct print line = {0};
	struct slice text = {(const char *)data, size};
	struct err err = ERR_INIT;

	if (flow_mod_parse(text, FLOW_BY_WORD, NULL, &flow, &err)) {
		assert(err.code && err.text[0] && !flow.actions.item);
		return 0;
	}
	flow_print(&line, &flow, NULL, NULL);
	text = (struct slice){line.text, line.len};
	if (flow_mod_parse(text, FLOW_ADD, NULL, &again, &err))
		assert(!"what was printed must read");
	assert(match_is_equal(&flow.match, &again.match));
	assert(ofactions_are_equal(&flow.actions, &again.actions));
	assert(flow.priority == again.priority && flow.cookie == again.cookie);
	assert(flow.flags == again.flags && flow.importance == again.importance);
	return 0;
}
