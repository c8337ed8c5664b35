#include "flow/meter.h"

#include <errno.h>

#include "base/err.h"
#include "base/print.h"
#include "flow/port_text.h"
#include "flow/words.h"

static const struct {
	const char *name;
	uint16_t flag;
} flag_words[] = {
	{"kbps", METER_KBPS},
	{"pktps", METER_PKTPS},
	{"burst", METER_BURST},
	{"stats", METER_STATS},
};

#define N_FLAGS (sizeof(flag_words) / sizeof(flag_words[0]))

/* ---- reading ---- */

static int read_u32(struct slice text, const char *what, uint32_t max, uint32_t *out,
		    struct err *err)
{
	uint64_t number;
	int rc = number_parse(text, what, max, &number, err);

	if (!rc)
		*out = (uint32_t)number;
	return rc;
}

static int read_id(struct slice text, uint32_t *out, struct err *err)
{
	int rc;

	if (slice_is(text, "controller")) {
		*out = METER_CONTROLLER;
		return 0;
	}
	rc = read_u32(text, "meter", METER_NUMBER_MAX, out, err);
	return rc || *out ? rc : err_set(err, EINVAL, "meter=0: meters count from 1");
}

static int begin_band(struct meter_desc *desc, struct slice type, struct err *err)
{
	struct meter_band band = {.type = METER_DROP};

	if (slice_is(type, "dscp_remark"))
		band.type = METER_DSCP_REMARK;
	else if (!slice_is(type, "drop"))
		return err_set(err, EINVAL, "type=%.*s: a band is drop or dscp_remark",
			       SLICE_SHOWN(type));
	if (desc->n_bands == METER_BANDS_MAX)
		return err_set(err, EINVAL, "a meter has at most %d bands", METER_BANDS_MAX);
	desc->band[desc->n_bands++] = band;
	return 0;
}

static int read_level(struct meter_band *band, struct slice text, struct err *err)
{
	uint32_t level = 0;
	int rc = read_u32(text, "prec_level", UINT8_MAX, &level, err);

	band->level = (uint8_t)level;
	return rc;
}

/* A word behind "bands=". */
static int read_band_word(struct meter_desc *desc, const struct word *word, struct err *err)
{
	struct meter_band *band = desc->n_bands ? &desc->band[desc->n_bands - 1] : NULL;

	if (slice_is(word->name, "type"))
		return begin_band(desc, word->value, err);
	if (!band)
		return err_set(err, EINVAL,
			       "\"%.*s\": a band begins with type=drop or "
			       "type=dscp_remark",
			       SLICE_SHOWN(word->all));
	if (slice_is(word->name, "rate"))
		return read_u32(word->value, "rate", UINT32_MAX, &band->rate, err);
	if (slice_is(word->name, "burst_size"))
		return read_u32(word->value, "burst_size", UINT32_MAX, &band->burst, err);
	if (slice_is(word->name, "prec_level") && band->type == METER_DSCP_REMARK)
		return read_level(band, word->value, err);
	return err_set(err, EINVAL, "\"%.*s\": a band has type, rate, burst_size%s",
		       SLICE_SHOWN(word->all),
		       band->type == METER_DSCP_REMARK ? ", prec_level" : "");
}

static int read_bands(struct slice text, struct meter_desc *desc, struct err *err)
{
	struct word word;
	int rc;

	while ((rc = word_next(&text, &word, err)) > 0) {
		rc = read_band_word(desc, &word, err);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_word(struct meter_mod *mod, const struct word *word, struct err *err)
{
	if (slice_is(word->name, "meter")) {
		if (mod->command == METER_DELETE && slice_is(word->value, "all")) {
			mod->desc.id = METER_EVERY;
			return 0;
		}
		return read_id(word->value, &mod->desc.id, err);
	}
	for (unsigned i = 0; mod->command != METER_DELETE && i < N_FLAGS; i++) {
		if (slice_is(word->name, flag_words[i].name) && !word->sign) {
			mod->desc.flags |= flag_words[i].flag;
			return 0;
		}
	}
	return err_set(err, EINVAL, "\"%.*s\" is none of meter, kbps, pktps, burst, stats, bands",
		       SLICE_SHOWN(word->all));
}

static int check(const struct meter_mod *mod, struct err *err)
{
	const struct meter_desc *desc = &mod->desc;

	if (!desc->id)
		return err_set(err, EINVAL, "the meter's number is missing: meter=NUMBER");
	if (mod->command == METER_DELETE)
		return 0;
	if (!(desc->flags & METER_KBPS) == !(desc->flags & METER_PKTPS))
		return err_set(err, EINVAL, "a meter counts in kbps or in pktps");
	for (unsigned i = 0; i < desc->n_bands; i++)
		if (!desc->band[i].rate)
			return err_set(err, EINVAL,
				       "band %u: a rate of 0 lets nothing through: "
				       "use 1 or more",
				       i);
	return 0;
}

int meter_mod_parse(struct slice text, enum meter_command command, struct meter_mod *out,
		    struct err *err)
{
	struct meter_mod mod = {.command = (uint8_t)command};
	bool has_bands = command == METER_DELETE;
	struct word word;
	int rc;

	while ((rc = word_next(&text, &word, err)) > 0) {
		if (command != METER_DELETE &&
		    (slice_is(word.name, "bands") || slice_is(word.name, "band")) &&
		    word.sign == '=') {
			const struct slice bands = {word.value.at,
						    (size_t)(text.at + text.len - word.value.at)};

			has_bands = true;
			rc = read_bands(bands, &mod.desc, err);
			break;
		}
		rc = read_word(&mod, &word, err);
		if (rc)
			return rc;
	}
	if (!rc && !has_bands)
		rc = err_set(err, EINVAL, "the bands are missing: bands=type=drop,rate=RATE");
	if (!rc)
		rc = check(&mod, err);
	if (!rc)
		*out = mod;
	return rc;
}

int meter_filter_parse(struct slice text, uint32_t *out, struct err *err)
{
	text = slice_trim(text);
	if (slice_starts(text, "meter="))
		text = slice_skip(text, strlen("meter="));
	if (!text.len || slice_is(text, "all")) {
		*out = METER_EVERY;
		return 0;
	}
	return read_id(text, out, err);
}

/* ---- printing ---- */

void meter_print(struct print *out, const struct meter_desc *desc)
{
	if (desc->id == METER_CONTROLLER)
		print_add(out, "meter=controller");
	else
		print_fmt(out, "meter=%u", desc->id);
	for (unsigned i = 0; i < N_FLAGS; i++)
		if (desc->flags & flag_words[i].flag)
			print_fmt(out, ",%s", flag_words[i].name);
	print_add(out, ",bands=");
	for (unsigned i = 0; i < desc->n_bands; i++) {
		const struct meter_band *band = &desc->band[i];

		print_fmt(out, "%stype=%s,rate=%u", i ? "," : "",
			  band->type == METER_DROP ? "drop" : "dscp_remark", band->rate);
		if (desc->flags & METER_BURST)
			print_fmt(out, ",burst_size=%u", band->burst);
		if (band->type == METER_DSCP_REMARK)
			print_fmt(out, ",prec_level=%u", band->level);
	}
}
