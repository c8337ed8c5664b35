/* What flows may say and this switch cannot do (yet): refused when the flow comes, never ignored when a
 * packet does. */
#include <errno.h>

#include "base/err.h"
#include "flow/ofaction.h"
#include "path/host.h"
#include "switch/translate.h"

static int check_learn(const struct ofactions *list, uint32_t at, struct err *err)
{
	unsigned n = 0;

	for (uint32_t i = at + 1; i <= at + list->item[at].n_inside; i++) {
		const uint8_t type = list->item[i].type;

		n += type == OFACTION_LEARN_LOAD || type == OFACTION_LEARN_LOAD_VALUE ||
		     type == OFACTION_LEARN_OUTPUT;
	}
	if (n <= LEARNED_ACTIONS_MAX)
		return 0;
	return err_set(err, EINVAL, "learn: its flow would have %u actions, more than %u", n,
		       LEARNED_ACTIONS_MAX);
}

static int check_controller(const struct ofactions *list, uint32_t at, struct err *err)
{
	const struct ofaction *action = &list->item[at];
	unsigned n = 0;

	if (action->controller.meter)
		return err_set(err, EINVAL,
			       "controller: meter_id=%u: there are no meters in this version",
			       action->controller.meter);
	if (action->controller.pause)
		return err_set(err, EINVAL,
			       "controller: pause: packets cannot wait for an answer in this "
			       "version");
	for (uint32_t i = at + 1; i <= at + action->n_inside; i++)
		n += list->item[i].how;
	if (n <= PACKET_IN_USERDATA_MAX)
		return 0;
	return err_set(err, EINVAL, "controller: userdata has %u bytes, more than %d", n,
		       PACKET_IN_USERDATA_MAX);
}

static int check(const struct ofactions *list, uint32_t at, struct err *err)
{
	const struct ofaction *action = &list->item[at];

	switch (action->type) {
	case OFACTION_CONTROLLER:
		return check_controller(list, at, err);
	case OFACTION_LEARN:
		return check_learn(list, at, err);
	}
	return 0;
}

int translate_check(const struct ofactions *actions, struct err *err)
{
	int rc = 0;

	for (uint32_t i = 0; !rc && i < actions->n; i++)
		rc = check(actions, i, err);
	return rc;
}
