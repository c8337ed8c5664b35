#include <errno.h>

#include "base/err.h"
#include "base/own.h"
#include "flow/ofaction_reader.h"

/* Bytes in hexadecimal, with or without dots between them, appended inside the element at `at`.
 * Filled up with zeros to `first` bytes or `step` more. */
static int read_bytes(struct ofaction_reader *r, struct slice text, unsigned first, unsigned step)
{
	own(mem_free) uint8_t *bytes = calloc(1, text.len / 2 + first + step);
	size_t n = 0, padded = first;

	if (!bytes)
		return err_set(r->err, ENOMEM, "not enough memory for the actions");
	for (size_t i = 0; i < text.len; i += 2) {
		if (text.at[i] == '.')
			i++;
		if (i == text.len)
			break;
		if (i + 1 >= text.len || digit_of(text.at[i]) > 15 || digit_of(text.at[i + 1]) > 15)
			return err_set(r->err, EINVAL,
				       "\"%.*s\": write bytes as pairs of hexadecimal digits, like "
				       "01.0a.ff",
				       SLICE_SHOWN(text));
		bytes[n++] = (uint8_t)(digit_of(text.at[i]) << 4 | digit_of(text.at[i + 1]));
	}
	while (padded < n)
		padded += step;
	return reader_add_bytes(r, bytes, padded);
}

static int read_controller_word(struct ofaction_reader *r, const struct word *word,
				struct ofaction *a, struct slice *userdata)
{
	static const char *const reasons[] = {"no_match", "action", "invalid_ttl"};
	uint64_t number = 0;
	int rc = 0;

	if (slice_is(word->name, "reason")) {
		for (uint8_t i = 0; i < 3; i++) {
			if (slice_is(word->value, reasons[i])) {
				a->controller.reason = i;
				return 0;
			}
		}
		return err_set(
			r->err, EINVAL,
			"controller: reason=%.*s is not one of no_match, action, invalid_ttl",
			SLICE_SHOWN(word->value));
	}
	if (slice_is(word->name, "max_len")) {
		rc = number_parse(word->value, "max_len", UINT16_MAX, &number, r->err);
		a->controller.max_len = (uint16_t)number;
	} else if (slice_is(word->name, "id")) {
		rc = number_parse(word->value, "id", UINT16_MAX, &number, r->err);
		a->controller.id = (uint16_t)number;
	} else if (slice_is(word->name, "meter_id")) {
		rc = number_parse(word->value, "meter_id", UINT32_MAX, &number, r->err);
		a->controller.meter = (uint32_t)number;
	} else if (slice_is(word->name, "userdata")) {
		*userdata = word->value;
	} else if (slice_is(word->name, "pause")) {
		a->controller.pause = 1;
	} else {
		return err_set(r->err, EINVAL,
			       "controller: \"%.*s\" is not one of reason, max_len, id, userdata, "
			       "pause, meter_id",
			       SLICE_SHOWN(word->all));
	}
	return rc;
}

/* "controller", "controller:MAX_LEN", "controller(...)". */
int read_controller(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_CONTROLLER,
			     .controller = {.reason = REASON_ACTION, .max_len = UINT16_MAX}};
	struct slice inside = word->value, userdata = {NULL, 0};
	uint32_t at = r->list->n;
	struct word part;
	uint64_t max_len;
	int rc = 0;

	if (word->sign == '(') {
		while ((rc = word_next(&inside, &part, r->err)) > 0) {
			rc = read_controller_word(r, &part, &a, &userdata);
			if (rc)
				return rc;
		}
	} else if (inside.len) {
		rc = number_parse(inside, kind->name, UINT16_MAX, &max_len, r->err);
		a.controller.max_len = rc ? 0 : (uint16_t)max_len;
	}
	if (!rc)
		rc = reader_add(r, &a);
	if (!rc && userdata.len)
		rc = read_bytes(r, userdata, 0, 1);
	if (!rc)
		reader_close(r, at);
	return rc;
}

/* "dec_ttl", "dec_ttl(ID,ID)". */
int read_dec_ttl(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_DEC_TTL}, id = {.type = OFACTION_CONTROLLER_ID};
	struct slice inside = word->value;
	uint32_t at = r->list->n;
	struct word part;
	uint64_t number;
	int rc = reader_add(r, &a);

	while (!rc && (rc = word_next(&inside, &part, r->err)) > 0) {
		rc = number_parse(part.all, kind->name, UINT16_MAX, &number, r->err);
		id.number = rc ? 0 : (uint32_t)number;
		if (!rc)
			rc = reader_add(r, &id);
	}
	if (!rc && word->sign == '(' && r->list->n == at + 1)
		return err_set(r->err, EINVAL,
			       "dec_ttl(): write dec_ttl, or ids of controllers in "
			       "the parentheses");
	if (!rc && r->list->n == at + 1)
		rc = reader_add(r, &id);
	if (!rc)
		reader_close(r, at);
	return rc;
}

/* "resubmit:PORT", "resubmit(PORT)", "resubmit(PORT,TABLE)", "resubmit(,TABLE)". */
int read_resubmit(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_RESUBMIT,
			     .resubmit = {.port = OFPORT_IN_PORT, .table = RESUBMIT_NO_TABLE}};
	struct slice text = word->value, part;
	unsigned n = 0;
	int rc = 0;

	for (; !rc && word_next_comma(&text, &part); n++) {
		if (n == 2)
			return err_set(r->err, EINVAL,
				       "\"%.*s\": \"%.*s\": write resubmit(PORT,TABLE)",
				       SLICE_SHOWN(word->all), SLICE_SHOWN(part));
		if (!part.len)
			continue;
		if (n == 0)
			rc = port_parse(part, r->names, &a.resubmit.port, r->err);
		else
			rc = table_parse(part, r->names, &a.resubmit.table, r->err);
	}
	if (rc) {
		err_prefix(r->err, "resubmit");
		return rc;
	}
	if (a.resubmit.port == OFPORT_IN_PORT && a.resubmit.table == RESUBMIT_NO_TABLE)
		return err_set(r->err, EINVAL,
			       "\"%.*s\": give a port or a table: "
			       "resubmit(PORT,TABLE)",
			       SLICE_SHOWN(word->all));
	return reader_add(r, &a);
}

/* "fin_timeout(idle_timeout=SECONDS,hard_timeout=SECONDS)", one of them at least. */
int read_fin_timeout(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_FIN_TIMEOUT};
	struct slice inside = word->value;
	struct word part;
	int rc = 0;

	while (word->sign == '(' && (rc = word_next(&inside, &part, r->err)) > 0) {
		const bool is_idle = slice_is(part.name, "idle_timeout");
		uint64_t seconds;

		if (!is_idle && !slice_is(part.name, "hard_timeout"))
			return err_set(r->err, EINVAL,
				       "fin_timeout: \"%.*s\" is neither idle_timeout nor "
				       "hard_timeout",
				       SLICE_SHOWN(part.all));
		rc = number_parse(part.value, is_idle ? "idle_timeout" : "hard_timeout", UINT16_MAX,
				  &seconds, r->err);
		if (rc)
			return rc;
		*(is_idle ? &a.timeouts.idle : &a.timeouts.hard) = (uint16_t)seconds;
	}
	if (rc)
		return rc;
	if (!a.timeouts.idle && !a.timeouts.hard)
		return err_set(r->err, EINVAL,
			       "\"%.*s\": write fin_timeout(idle_timeout=SECONDS) or with "
			       "hard_timeout=SECONDS, or both",
			       SLICE_SHOWN(word->all));
	return reader_add(r, &a);
}

/* "conjunction(ID,K/N)". */
int read_conjunction(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_CONJUNCTION};
	size_t comma = slice_find(word->value, ','), slash = slice_find(word->value, '/');
	uint64_t id, clause, n_clauses;
	int rc;

	if (word->sign != '(' || slash == word->value.len || comma > slash)
		return err_set(r->err, EINVAL, "\"%.*s\": write conjunction(ID,K/N)",
			       SLICE_SHOWN(word->all));
	rc = number_parse(slice_trim(slice_first(word->value, comma)), "conjunction: id",
			  UINT32_MAX, &id, r->err);
	if (!rc)
		rc = number_parse(
			slice_trim((struct slice){word->value.at + comma + 1, slash - comma - 1}),
			"conjunction: clause", 64, &clause, r->err);
	if (!rc)
		rc = number_parse(slice_trim(slice_skip(word->value, slash + 1)),
				  "conjunction: number of clauses", 64, &n_clauses, r->err);
	if (rc)
		return rc;
	if (n_clauses < 2 || !clause || clause > n_clauses)
		return err_set(r->err, EINVAL,
			       "\"%.*s\": of N clauses (2 to 64) K is one from 1 to N",
			       SLICE_SHOWN(word->all));
	a.conjunction.id = (uint32_t)id;
	a.conjunction.clause = (uint8_t)clause;
	a.conjunction.n_clauses = (uint8_t)n_clauses;
	return reader_add(r, &a);
}

/* "note:01.02". OpenFlow's messages carry 6, 14, 22 ... bytes. */
int read_note(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	const struct ofaction a = {.type = OFACTION_NOTE};
	uint32_t at = r->list->n;
	int rc = reader_add(r, &a);

	if (!rc)
		rc = read_bytes(r, word->value, 6, 8);
	if (!rc)
		reader_close(r, at);
	return rc;
}

/* "write_metadata:VALUE", "write_metadata:VALUE/MASK". */
int read_metadata(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_WRITE_METADATA};
	size_t slash = slice_find(word->value, '/');
	uint64_t value, mask = UINT64_MAX;
	int rc = number_parse(slice_first(word->value, slash), kind->name, UINT64_MAX, &value,
			      r->err);

	if (!rc && slash < word->value.len)
		rc = number_parse(slice_skip(word->value, slash + 1), kind->name, UINT64_MAX, &mask,
				  r->err);
	if (rc)
		return rc;
	a.set.to = (struct subfield){FIELD_METADATA, 0, 64};
	ofaction_set_bits(&a, value, mask);
	return reader_add(r, &a);
}

int read_goto(struct ofaction_reader *r, const struct kind *kind, const struct word *word)
{
	struct ofaction a = {.type = OFACTION_GOTO_TABLE};
	uint8_t table;
	int rc = table_parse(word->value, r->names, &table, r->err);

	if (rc) {
		err_prefix(r->err, "%s", kind->name);
		return rc;
	}
	a.number = table;
	return reader_add(r, &a);
}
