#include "openflow/message.h"

#include <assert.h>

/* ---- the table ---- */

#define EXACT(n)  n, 0
#define FROM(n)   n, 1
#define EIGHTS(n) n, 8
#define STEPS(n)  0, n

/* OpenFlow 1.0.1 section 5, 1.3.5 section 7, 1.5.1 section 7. A row that is met first is written. */
static const struct of_form forms[] = {
	{OFM_HELLO, OF_PLAIN, OF10, OF15, OF_TYPE_HELLO, FROM(0)},
	{OFM_ERROR, OF_PLAIN, OF10, OF15, OF_TYPE_ERROR, FROM(4)},
	{OFM_ECHO_REQUEST, OF_PLAIN, OF10, OF15, OF_TYPE_ECHO_REQUEST, FROM(0)},
	{OFM_ECHO_REPLY, OF_PLAIN, OF10, OF15, OF_TYPE_ECHO_REPLY, FROM(0)},
	{OFM_FEATURES_REQUEST, OF_PLAIN, OF10, OF15, 5, EXACT(0)},
	{OFM_FEATURES_REPLY, OF_PLAIN, OF10, OF10, 6, 24, 48},
	{OFM_FEATURES_REPLY, OF_PLAIN, OF11, OF12, 6, 24, 64},
	{OFM_FEATURES_REPLY, OF_PLAIN, OF13, OF15, 6, EXACT(24)},
	{OFM_GET_CONFIG_REQUEST, OF_PLAIN, OF10, OF15, 7, EXACT(0)},
	{OFM_GET_CONFIG_REPLY, OF_PLAIN, OF10, OF15, 8, EXACT(4)},
	{OFM_SET_CONFIG, OF_PLAIN, OF10, OF15, 9, EXACT(4)},
	{OFM_BARRIER_REQUEST, OF_PLAIN, OF10, OF10, 18, EXACT(0)},
	{OFM_BARRIER_REPLY, OF_PLAIN, OF10, OF10, 19, EXACT(0)},
	{OFM_BARRIER_REQUEST, OF_PLAIN, OF11, OF15, 20, EXACT(0)},
	{OFM_BARRIER_REPLY, OF_PLAIN, OF11, OF15, 21, EXACT(0)},
	{OFM_DESC_REQUEST, OF_MULTIPART_REQUEST, OF10, OF15, 0, EXACT(0)},
	{OFM_DESC_REPLY, OF_MULTIPART_REPLY, OF10, OF15, 0, EXACT(1056)},
	{OFM_PORT_DESC_REQUEST, OF_MULTIPART_REQUEST, OF10, OF14, 13, EXACT(0)},
	{OFM_PORT_DESC_REQUEST, OF_MULTIPART_REQUEST, OF15, OF15, 13, EXACT(8)},
	{OFM_PORT_DESC_REPLY, OF_MULTIPART_REPLY, OF10, OF10, 13, STEPS(48)},
	{OFM_PORT_DESC_REPLY, OF_MULTIPART_REPLY, OF11, OF13, 13, STEPS(64)},
	{OFM_PORT_DESC_REPLY, OF_MULTIPART_REPLY, OF14, OF15, 13, EIGHTS(0)},
	{OFM_FLOW_MOD, OF_PLAIN, OF10, OF10, 14, EIGHTS(64)},
	{OFM_FLOW_MOD, OF_PLAIN, OF11, OF15, 14, EIGHTS(40)},
	{OFM_NX_FLOW_MOD, OF_NICIRA, OF10, OF10, 13, EIGHTS(32)},
	{OFM_NX_FLOW_MOD_TABLE_ID, OF_NICIRA, OF10, OF10, 15, EXACT(8)},
	{OFM_NX_SET_FLOW_FORMAT, OF_NICIRA, OF10, OF10, 12, EXACT(4)},
	{OFM_FLOW_REMOVED, OF_PLAIN, OF10, OF10, 11, EXACT(80)},
	{OFM_FLOW_REMOVED, OF_PLAIN, OF11, OF14, 11, EIGHTS(40)},
	{OFM_FLOW_REMOVED, OF_PLAIN, OF15, OF15, 11, EIGHTS(16)},
	{OFM_NX_FLOW_REMOVED, OF_NICIRA, OF10, OF10, 14, EIGHTS(40)},
	{OFM_FLOW_STATS_REQUEST, OF_MULTIPART_REQUEST, OF10, OF10, 1, EXACT(44)},
	{OFM_FLOW_STATS_REQUEST, OF_MULTIPART_REQUEST, OF11, OF15, 1, EIGHTS(32)},
	{OFM_FLOW_STATS_REPLY, OF_MULTIPART_REPLY, OF10, OF15, 1, EIGHTS(0)},
	{OFM_NX_FLOW_STATS_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF10, 0, EIGHTS(8)},
	{OFM_NX_FLOW_STATS_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF10, 0, EIGHTS(0)},
	{OFM_FLOW_STATS15_REQUEST, OF_MULTIPART_REQUEST, OF15, OF15, 17, EIGHTS(32)},
	{OFM_FLOW_STATS15_REPLY, OF_MULTIPART_REPLY, OF15, OF15, 17, EIGHTS(0)},
	{OFM_AGGREGATE_REQUEST, OF_MULTIPART_REQUEST, OF10, OF10, 2, EXACT(44)},
	{OFM_AGGREGATE_REQUEST, OF_MULTIPART_REQUEST, OF11, OF15, 2, EIGHTS(32)},
	{OFM_AGGREGATE_REPLY, OF_MULTIPART_REPLY, OF10, OF14, 2, EXACT(24)},
	{OFM_AGGREGATE_REPLY, OF_MULTIPART_REPLY, OF15, OF15, 2, EIGHTS(0)},
	{OFM_NX_AGGREGATE_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF10, 1, EIGHTS(8)},
	{OFM_NX_AGGREGATE_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF10, 1, EXACT(24)},
	{OFM_TABLE_STATS_REQUEST, OF_MULTIPART_REQUEST, OF10, OF15, 3, EXACT(0)},
	{OFM_TABLE_STATS_REPLY, OF_MULTIPART_REPLY, OF10, OF10, 3, STEPS(64)},
	{OFM_TABLE_STATS_REPLY, OF_MULTIPART_REPLY, OF11, OF11, 3, STEPS(88)},
	{OFM_TABLE_STATS_REPLY, OF_MULTIPART_REPLY, OF12, OF12, 3, STEPS(128)},
	{OFM_TABLE_STATS_REPLY, OF_MULTIPART_REPLY, OF13, OF15, 3, STEPS(24)},
	{OFM_TABLE_FEATURES_REQUEST, OF_MULTIPART_REQUEST, OF13, OF15, 12, EIGHTS(0)},
	{OFM_TABLE_FEATURES_REPLY, OF_MULTIPART_REPLY, OF13, OF15, 12, EIGHTS(0)},
	{OFM_TABLE_DESC_REQUEST, OF_MULTIPART_REQUEST, OF14, OF15, 14, EXACT(0)},
	{OFM_TABLE_DESC_REPLY, OF_MULTIPART_REPLY, OF14, OF15, 14, EIGHTS(0)},
	{OFM_TABLE_MOD, OF_PLAIN, OF11, OF13, 17, EXACT(8)},
	{OFM_TABLE_MOD, OF_PLAIN, OF14, OF15, 17, EIGHTS(8)},
	{OFM_TABLE_STATUS, OF_PLAIN, OF14, OF15, 31, EIGHTS(16)},
	{OFM_PORT_STATUS, OF_PLAIN, OF10, OF10, 12, EXACT(56)},
	{OFM_PORT_STATUS, OF_PLAIN, OF11, OF13, 12, EXACT(72)},
	{OFM_PORT_STATUS, OF_PLAIN, OF14, OF15, 12, EIGHTS(48)},
	{OFM_PORT_STATS_REQUEST, OF_MULTIPART_REQUEST, OF10, OF15, 4, EXACT(8)},
	{OFM_PORT_STATS_REPLY, OF_MULTIPART_REPLY, OF10, OF12, 4, STEPS(104)},
	{OFM_PORT_STATS_REPLY, OF_MULTIPART_REPLY, OF13, OF13, 4, STEPS(112)},
	{OFM_PORT_STATS_REPLY, OF_MULTIPART_REPLY, OF14, OF15, 4, EIGHTS(0)},
	{OFM_PORT_MOD, OF_PLAIN, OF10, OF10, 15, EXACT(24)},
	{OFM_PORT_MOD, OF_PLAIN, OF11, OF13, 16, EXACT(32)},
	{OFM_PORT_MOD, OF_PLAIN, OF14, OF15, 16, EIGHTS(24)},
	{OFM_QUEUE_STATS_REQUEST, OF_MULTIPART_REQUEST, OF10, OF15, 5, EXACT(8)},
	{OFM_QUEUE_STATS_REPLY, OF_MULTIPART_REPLY, OF10, OF15, 5, EIGHTS(0)},
	{OFM_QUEUE_DESC_REQUEST, OF_MULTIPART_REQUEST, OF14, OF15, 15, EXACT(8)},
	{OFM_QUEUE_DESC_REPLY, OF_MULTIPART_REPLY, OF14, OF15, 15, EIGHTS(0)},
	{OFM_QUEUE_GET_CONFIG_REQUEST, OF_PLAIN, OF10, OF10, 20, EXACT(4)},
	{OFM_QUEUE_GET_CONFIG_REPLY, OF_PLAIN, OF10, OF10, 21, EIGHTS(8)},
	{OFM_QUEUE_GET_CONFIG_REQUEST, OF_PLAIN, OF11, OF13, 22, EXACT(8)},
	{OFM_QUEUE_GET_CONFIG_REPLY, OF_PLAIN, OF11, OF13, 23, EIGHTS(8)},
	{OFM_PACKET_IN, OF_PLAIN, OF10, OF10, 10, FROM(10)},
	{OFM_PACKET_IN, OF_PLAIN, OF11, OF11, 10, FROM(16)},
	{OFM_PACKET_IN, OF_PLAIN, OF12, OF12, 10, FROM(18)},
	{OFM_PACKET_IN, OF_PLAIN, OF13, OF15, 10, FROM(26)},
	{OFM_NX_PACKET_IN, OF_NICIRA, OF10, OF15, 17, FROM(26)},
	{OFM_NX_PACKET_IN2, OF_NICIRA, OF10, OF15, 30, EIGHTS(0)},
	{OFM_NX_SET_PACKET_IN_FORMAT, OF_NICIRA, OF10, OF15, 16, EXACT(4)},
	{OFM_NX_SET_CONTROLLER_ID, OF_NICIRA, OF10, OF15, 20, EXACT(8)},
	{OFM_PACKET_OUT, OF_PLAIN, OF10, OF10, 13, FROM(8)},
	{OFM_PACKET_OUT, OF_PLAIN, OF11, OF14, 13, FROM(16)},
	{OFM_PACKET_OUT, OF_PLAIN, OF15, OF15, 13, FROM(16)},
	{OFM_ROLE_REQUEST, OF_PLAIN, OF12, OF15, 24, EXACT(16)},
	{OFM_ROLE_REPLY, OF_PLAIN, OF12, OF15, 25, EXACT(16)},
	{OFM_NX_ROLE_REQUEST, OF_NICIRA, OF10, OF15, 10, EXACT(4)},
	{OFM_NX_ROLE_REPLY, OF_NICIRA, OF10, OF15, 11, EXACT(4)},
	{OFM_ROLE_STATUS, OF_PLAIN, OF14, OF15, 30, EIGHTS(16)},
	{OFM_REQUESTFORWARD, OF_PLAIN, OF14, OF15, 32, FROM(8)},
	{OFM_GET_ASYNC_REQUEST, OF_PLAIN, OF13, OF15, 26, EXACT(0)},
	{OFM_GET_ASYNC_REPLY, OF_PLAIN, OF13, OF13, 27, EXACT(24)},
	{OFM_GET_ASYNC_REPLY, OF_PLAIN, OF14, OF15, 27, EIGHTS(0)},
	{OFM_SET_ASYNC, OF_PLAIN, OF13, OF13, 28, EXACT(24)},
	{OFM_SET_ASYNC, OF_PLAIN, OF14, OF15, 28, EIGHTS(0)},
	{OFM_NX_SET_ASYNC, OF_NICIRA, OF10, OF15, 19, EXACT(24)},
	{OFM_GROUP_MOD, OF_PLAIN, OF11, OF14, 15, EIGHTS(8)},
	{OFM_GROUP_MOD, OF_PLAIN, OF15, OF15, 15, EIGHTS(16)},
	{OFM_NX_GROUP_MOD, OF_NICIRA, OF10, OF14, 31, EIGHTS(16)},
	{OFM_GROUP_STATS_REQUEST, OF_MULTIPART_REQUEST, OF11, OF15, 6, EXACT(8)},
	{OFM_GROUP_STATS_REPLY, OF_MULTIPART_REPLY, OF11, OF15, 6, EIGHTS(0)},
	{OFM_NX_GROUP_STATS_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF10, 7, EXACT(8)},
	{OFM_NX_GROUP_STATS_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF10, 7, EIGHTS(0)},
	{OFM_GROUP_DESC_REQUEST, OF_MULTIPART_REQUEST, OF11, OF14, 7, EXACT(0)},
	{OFM_GROUP_DESC_REQUEST, OF_MULTIPART_REQUEST, OF15, OF15, 7, EXACT(8)},
	{OFM_GROUP_DESC_REPLY, OF_MULTIPART_REPLY, OF11, OF15, 7, EIGHTS(0)},
	{OFM_NX_GROUP_DESC_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF14, 8, EXACT(8)},
	{OFM_NX_GROUP_DESC_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF14, 8, EIGHTS(0)},
	{OFM_GROUP_FEATURES_REQUEST, OF_MULTIPART_REQUEST, OF12, OF15, 8, EXACT(0)},
	{OFM_GROUP_FEATURES_REPLY, OF_MULTIPART_REPLY, OF12, OF15, 8, EXACT(40)},
	{OFM_NX_GROUP_FEATURES_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF11, 9, EXACT(0)},
	{OFM_NX_GROUP_FEATURES_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF11, 9, EXACT(40)},
	{OFM_METER_MOD, OF_PLAIN, OF13, OF15, 29, EIGHTS(8)},
	{OFM_METER_STATS_REQUEST, OF_MULTIPART_REQUEST, OF13, OF15, 9, EXACT(8)},
	{OFM_METER_STATS_REPLY, OF_MULTIPART_REPLY, OF13, OF15, 9, EIGHTS(0)},
	{OFM_METER_CONFIG_REQUEST, OF_MULTIPART_REQUEST, OF13, OF15, 10, EXACT(8)},
	{OFM_METER_CONFIG_REPLY, OF_MULTIPART_REPLY, OF13, OF15, 10, EIGHTS(0)},
	{OFM_METER_FEATURES_REQUEST, OF_MULTIPART_REQUEST, OF13, OF15, 11, EXACT(0)},
	{OFM_METER_FEATURES_REPLY, OF_MULTIPART_REPLY, OF13, OF14, 11, EXACT(16)},
	{OFM_METER_FEATURES_REPLY, OF_MULTIPART_REPLY, OF15, OF15, 11, EXACT(24)},
	{OFM_FLOW_MONITOR_REQUEST, OF_MULTIPART_REQUEST, OF14, OF15, 16, EIGHTS(0)},
	{OFM_FLOW_MONITOR_REPLY, OF_MULTIPART_REPLY, OF14, OF15, 16, EIGHTS(0)},
	{OFM_NX_FLOW_MONITOR_REQUEST, OF_NICIRA_MULTIPART_REQUEST, OF10, OF10, 2, EIGHTS(0)},
	{OFM_NX_FLOW_MONITOR_REPLY, OF_NICIRA_MULTIPART_REPLY, OF10, OF10, 2, EIGHTS(0)},
	{OFM_ONF_FLOW_MONITOR_REQUEST, OF_ONF_MULTIPART_REQUEST, OF13, OF13, 1870, EIGHTS(0)},
	{OFM_ONF_FLOW_MONITOR_REPLY, OF_ONF_MULTIPART_REPLY, OF13, OF13, 1870, EIGHTS(0)},
	{OFM_NX_FLOW_MONITOR_CANCEL, OF_NICIRA, OF10, OF10, 21, EXACT(4)},
	{OFM_NX_FLOW_MONITOR_CANCEL, OF_ONF, OF13, OF13, 1870, EXACT(4)},
	{OFM_NX_FLOW_MONITOR_PAUSED, OF_NICIRA, OF10, OF10, 22, EXACT(0)},
	{OFM_NX_FLOW_MONITOR_PAUSED, OF_ONF, OF13, OF13, 1871, EXACT(0)},
	{OFM_NX_FLOW_MONITOR_RESUMED, OF_NICIRA, OF10, OF10, 23, EXACT(0)},
	{OFM_NX_FLOW_MONITOR_RESUMED, OF_ONF, OF13, OF13, 1872, EXACT(0)},
	{OFM_BUNDLE_CONTROL, OF_ONF, OF13, OF13, 2300, EIGHTS(8)},
	{OFM_BUNDLE_CONTROL, OF_PLAIN, OF14, OF15, 33, EIGHTS(8)},
	{OFM_BUNDLE_ADD, OF_ONF, OF13, OF13, 2301, FROM(8)},
	{OFM_BUNDLE_ADD, OF_PLAIN, OF14, OF15, 34, FROM(8)},
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* ---- headers ---- */

enum { TYPE_EXPERIMENTER = 4, MULTIPART_EXPERIMENTER = 0xffff };

static uint8_t type_of_kind(uint8_t kind, uint8_t version)
{
	switch (kind) {
	case OF_NICIRA:
	case OF_ONF:
		return TYPE_EXPERIMENTER;
	case OF_MULTIPART_REQUEST:
	case OF_NICIRA_MULTIPART_REQUEST:
	case OF_ONF_MULTIPART_REQUEST:
		return version == OF10 ? 16 : 18;
	}
	return version == OF10 ? 17 : 19;
}

static uint32_t vendor_of_kind(uint8_t kind)
{
	return kind == OF_ONF || kind == OF_ONF_MULTIPART_REQUEST || kind == OF_ONF_MULTIPART_REPLY
		       ? VENDOR_ONF
		       : VENDOR_NICIRA;
}

/* Bytes of the multipart header. */
static size_t multipart_size(uint8_t version)
{
	return version == OF10 ? 4 : 8;
}

static const struct of_form *form_lookup(const struct of_message *m, uint8_t kind, uint16_t number)
{
	for (unsigned i = 0; i < N_FORMS; i++) {
		const struct of_form *form = &forms[i];

		if (form->kind == kind && form->number == number && m->version >= form->since &&
		    m->version <= form->until)
			return form;
	}
	return NULL;
}

/* Bytes of the experimenter header behind it. */
static size_t experimenter_size(uint8_t kind, uint8_t version)
{
	bool is_multipart = kind >= OF_NICIRA_MULTIPART_REQUEST;

	return is_multipart && version == OF10 ? 12 : 8;
}

/* What follows a header with an experimenter's number and type. */
static enum of_error read_experimenter(struct of_message *m, uint8_t nicira, uint8_t onf)
{
	size_t size = experimenter_size(nicira, m->version);
	uint32_t vendor;

	if (m->body.len < 4)
		return OF_BRC_BAD_LEN;
	vendor = wire_get32(m->body.at);
	if (vendor != VENDOR_NICIRA && vendor != VENDOR_ONF)
		return OF_BRC_BAD_EXPERIMENTER;
	if (m->body.len < size)
		return OF_BRC_BAD_LEN;
	m->form = form_lookup(m, vendor == VENDOR_ONF ? onf : nicira,
			      (uint16_t)wire_get32(m->body.at + 4));
	if (!m->form || wire_get32(m->body.at + 4) > UINT16_MAX)
		return OF_BRC_BAD_EXP_TYPE;
	m->body = wire_skip(m->body, size);
	return OF_OK;
}

static enum of_error read_multipart(struct of_message *m, bool is_reply)
{
	size_t size = multipart_size(m->version);
	uint16_t number;

	if (m->body.len < size)
		return OF_BRC_BAD_LEN;
	number = wire_get16(m->body.at);
	/* requests come in one piece before OpenFlow 1.3 */
	if (is_reply || m->version >= OF13)
		m->flags = wire_get16(m->body.at + 2);
	m->body = wire_skip(m->body, size);
	if (number == MULTIPART_EXPERIMENTER)
		return read_experimenter(
			m, is_reply ? OF_NICIRA_MULTIPART_REPLY : OF_NICIRA_MULTIPART_REQUEST,
			is_reply ? OF_ONF_MULTIPART_REPLY : OF_ONF_MULTIPART_REQUEST);
	m->form = form_lookup(m, is_reply ? OF_MULTIPART_REPLY : OF_MULTIPART_REQUEST, number);
	return m->form ? OF_OK : OF_BRC_BAD_MULTIPART;
}

static enum of_error check_length(const struct of_message *m)
{
	size_t more;

	if (m->body.len < m->form->least)
		return OF_BRC_BAD_LEN;
	more = m->body.len - m->form->least;
	return (m->form->step ? more % m->form->step : more) ? OF_BRC_BAD_LEN : OF_OK;
}

size_t of_message_length(const uint8_t *at)
{
	return wire_get16(at + 2);
}

enum of_error of_message_read(struct wire_bytes bytes, struct of_message *out)
{
	enum of_error error = OF_OK;
	struct of_message m = {
		.version = bytes.at[0],
		.type = bytes.at[1],
		.xid = wire_get32(bytes.at + 4),
		.all = bytes,
		.body = wire_skip(bytes, OF_HEADER_SIZE),
	};

	*out = m;
	if (m.version < OF10 || m.version > OF15)
		return OF_BRC_BAD_VERSION;
	if (m.type == TYPE_EXPERIMENTER) {
		error = read_experimenter(&m, OF_NICIRA, OF_ONF);
	} else if (m.type == type_of_kind(OF_MULTIPART_REQUEST, m.version)) {
		error = read_multipart(&m, false);
	} else if (m.type == type_of_kind(OF_MULTIPART_REPLY, m.version)) {
		error = read_multipart(&m, true);
	} else {
		m.form = form_lookup(&m, OF_PLAIN, m.type);
		if (!m.form)
			error = OF_BRC_BAD_TYPE;
	}
	if (!error)
		error = check_length(&m);
	if (!error)
		*out = m;
	return error;
}

/* ---- writing ---- */

static const struct of_form *form_of(enum of_message_id id, uint8_t version)
{
	for (unsigned i = 0; i < N_FORMS; i++)
		if (forms[i].id == id && version >= forms[i].since && version <= forms[i].until)
			return &forms[i];
	assert(!"there is no such message in this version");
	return NULL;
}

static void put_multipart(struct wire_writer *w, uint8_t version, uint16_t number)
{
	wire_put16(w, number);
	wire_put(w, multipart_size(version) - 2);
}

size_t of_message_begin(struct wire_writer *w, enum of_message_id id, uint8_t version, uint32_t xid)
{
	const struct of_form *form = form_of(id, version);
	size_t start = w->len;

	wire_put8(w, version);
	wire_put8(w, form->kind == OF_PLAIN ? (uint8_t)form->number
					    : type_of_kind(form->kind, version));
	wire_put16(w, 0);
	wire_put32(w, xid);
	switch (form->kind) {
	case OF_MULTIPART_REQUEST:
	case OF_MULTIPART_REPLY:
		put_multipart(w, version, form->number);
		break;
	case OF_NICIRA_MULTIPART_REQUEST:
	case OF_NICIRA_MULTIPART_REPLY:
	case OF_ONF_MULTIPART_REQUEST:
	case OF_ONF_MULTIPART_REPLY:
		put_multipart(w, version, MULTIPART_EXPERIMENTER);
		/* fall through */
	case OF_NICIRA:
	case OF_ONF:
		wire_put32(w, vendor_of_kind(form->kind));
		wire_put32(w, form->number);
		wire_put(w, experimenter_size(form->kind, version) - 8);
	}
	return start;
}

void of_message_end(struct wire_writer *w, size_t start)
{
	assert(w->is_lost || w->len - start <= OF_MESSAGE_MAX);
	wire_patch16(w, start + 2, (uint16_t)(w->len - start));
}
