#include "flow/match_text.h"

#include <errno.h>

#include "base/err.h"
#include "flow/field_text.h"
#include "flow/subfield.h"
#include "flow/words.h"

/* ---- reading ---- */

static const struct keyword {
	const char *name;
	uint16_t eth_type; /* 0: none */
	uint8_t ip_proto;
} keywords[] = {
	{"ip", ETH_TYPE_IPV4, 0},
	{"ip4", ETH_TYPE_IPV4, 0},
	{"ipv4", ETH_TYPE_IPV4, 0},
	{"tcp", ETH_TYPE_IPV4, IP_PROTO_TCP},
	{"udp", ETH_TYPE_IPV4, IP_PROTO_UDP},
	{"icmp", ETH_TYPE_IPV4, IP_PROTO_ICMP},
	{"sctp", ETH_TYPE_IPV4, IP_PROTO_SCTP},
	{"arp", ETH_TYPE_ARP, 0},
	{"rarp", ETH_TYPE_RARP, 0},
	{"ipv6", ETH_TYPE_IPV6, 0},
	{"ip6", ETH_TYPE_IPV6, 0},
	{"tcp6", ETH_TYPE_IPV6, IP_PROTO_TCP},
	{"udp6", ETH_TYPE_IPV6, IP_PROTO_UDP},
	{"icmp6", ETH_TYPE_IPV6, IP_PROTO_ICMPV6},
	{"sctp6", ETH_TYPE_IPV6, IP_PROTO_SCTP},
	{"mpls", ETH_TYPE_MPLS, 0},
	{"mplsm", ETH_TYPE_MPLS_MULTICAST, 0},
	{"eth", 0, 0},
};

#define N_KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static const struct keyword *keyword_lookup(struct slice name)
{
	for (size_t i = 0; i < N_KEYWORDS; i++)
		if (slice_is(name, keywords[i].name))
			return &keywords[i];
	return NULL;
}

static int say_contradiction(struct slice word, struct err *err)
{
	return err_set(err, EINVAL, "\"%.*s\" contradicts an earlier word: no packet has both",
		       SLICE_SHOWN(word));
}

static int set_keyword(struct match *match, const struct keyword *keyword, const struct word *word,
		       struct err *err)
{
	int rc = 0;

	if (word->sign)
		return err_set(err, EINVAL, "\"%.*s\": %s takes no value", SLICE_SHOWN(word->all),
			       keyword->name);
	if (keyword->eth_type)
		rc = match_set(match, field_of(FIELD_ETH_TYPE), keyword->eth_type, UINT16_MAX);
	if (!rc && keyword->ip_proto)
		rc = match_set(match, field_of(FIELD_IP_PROTO), keyword->ip_proto, UINT8_MAX);
	return rc ? say_contradiction(word->all, err) : 0;
}

/* dl_vlan=0xffff: there is no tag. True if it was that. */
static bool is_no_tag(const struct field **field, struct slice value)
{
	field_bits number;
	enum field_id id = field_id(*field);

	if ((id != FIELD_DL_VLAN && id != FIELD_DL_VLAN1) || bits_parse(value, &number) ||
	    number != UINT16_MAX)
		return false;
	*field = field_of(id == FIELD_DL_VLAN ? FIELD_VLAN_TCI : FIELD_VLAN_TCI1);
	return true;
}

static int set_field(struct match *match, const struct field *field, const struct word *word,
		     const struct flow_names *names, struct err *err)
{
	field_bits value = 0, mask = UINT16_MAX;
	int rc;

	if (!is_no_tag(&field, word->value)) {
		rc = field_parse(field, word->value, names, &value, &mask, err);
		if (rc) {
			err_prefix(err, "%.*s", SLICE_SHOWN(word->name));
			return rc;
		}
	}
	if (field_id(field) == FIELD_VLAN_VID && value && !(value & VLAN_PRESENT))
		return err_set(err, EINVAL,
			       "vlan_vid: \"%.*s\": a VLAN id stands here with 0x1000 added "
			       "(0x%x), or write dl_vlan=%u",
			       SLICE_SHOWN(word->value), (unsigned)value | VLAN_PRESENT,
			       (unsigned)value);
	return match_set(match, field, value, mask) ? say_contradiction(word->all, err) : 0;
}

static void name_add(struct match_named *named, const struct field *field, struct slice as)
{
	field_set_add(&named->fields, field);
	named->as[field_id(field)] = as;
}

static int set_subfield(struct match *match, const struct word *word, struct match_named *named,
			struct err *err)
{
	const struct field *field;
	struct subfield sub;
	field_bits value, ones;
	int rc = subfield_parse(word->name, &sub, err);

	if (rc)
		return -EINVAL;
	field = field_of(sub.field);
	ones = field_ones(sub.n_bits);
	if (!(field->flags & FIELD_MASKABLE) && sub.n_bits != field->n_bits)
		return err_set(err, EINVAL, "\"%.*s\": %s can only be matched as a whole",
			       SLICE_SHOWN(word->name), field->name);
	if (bits_parse(word->value, &value) || (value & ~ones))
		return err_set(err, EINVAL, "\"%.*s\": \"%.*s\" is not a number of %u bits",
			       SLICE_SHOWN(word->name), SLICE_SHOWN(word->value), sub.n_bits);
	name_add(named, field, slice_first(word->name, slice_find(word->name, '[')));
	if (match_set(match, field, value << sub.low, ones << sub.low))
		return say_contradiction(word->all, err);
	return 0;
}

int match_parse_word(struct match *match, const struct word *word, const struct flow_names *names,
		     struct match_named *named, struct err *err)
{
	const struct field *field = field_lookup(word->name);
	const struct keyword *keyword;
	size_t bracket;

	if (field) {
		if (word->sign != '=' && word->sign != ':')
			return err_set(err, EINVAL, "\"%.*s\": write %s=VALUE",
				       SLICE_SHOWN(word->all), field->name);
		name_add(named, field, word->name);
		return set_field(match, field, word, names, err);
	}
	keyword = keyword_lookup(word->name);
	if (keyword)
		return set_keyword(match, keyword, word, err);
	bracket = slice_find(word->name, '[');
	if (bracket < word->name.len && field_lookup(slice_first(word->name, bracket)))
		return set_subfield(match, word, named, err);
	return -ENOENT;
}

/* May it stand for the other one? People write nw_src for arp_spa, tp_dst for udp_dst, icmp_type for
 * icmpv6_type. */
static bool is_twin(const struct field *a, const struct field *b)
{
	return a->offset == b->offset && a->shift == b->shift && a->n_bits == b->n_bits &&
	       a->format == b->format && a->format != FIELD_AS_MAC;
}

static bool named_field_is_there(const struct match *match, const struct field *field)
{
	for (unsigned i = 0; i < N_FIELDS; i++)
		if (is_twin(field, field_of(i)) &&
		    field_need_is_met(field_of(i)->need, &match->key, &match->mask))
			return true;
	return field_need_is_met(field->need, &match->key, &match->mask);
}

static const struct field *unmet_named(const struct match *match, const struct field_set *named)
{
	for (unsigned w = 0; w < sizeof(named->word) / 8; w++) {
		for (uint64_t rest = named->word[w]; rest; rest &= rest - 1) {
			const struct field *field = field_of(w * 64 + __builtin_ctzll(rest));

			if (field->need != NEED_NONE &&
			    !field_need_is_met(field->need, &match->key, &match->mask) &&
			    !named_field_is_there(match, field))
				return field;
		}
	}
	return NULL;
}

int match_check(const struct match *match, const struct match_named *named, struct err *err)
{
	const struct field *field = unmet_named(match, &named->fields);
	struct slice name;

	if (!field)
		field = match_unmet(match);
	if (!field)
		return 0;
	name = field_set_has(&named->fields, field) ? named->as[field_id(field)]
						    : slice_of(field->alias ?: field->name);
	return err_set(err, EINVAL, "%.*s needs a match on %s%s", SLICE_SHOWN(name),
		       field_need_text(field->need),
		       match->key.packet.ip_frag & FRAG_LATER ? ", and not nw_frag=later" : "");
}

int match_parse(struct slice text, const struct flow_names *names, struct match *out,
		struct err *err)
{
	struct match_named named;
	struct match match = {0};
	struct word word;
	int rc;

	named.fields = (struct field_set){0};
	while ((rc = word_next(&text, &word, err)) > 0) {
		rc = match_parse_word(&match, &word, names, &named, err);
		if (rc == -ENOENT)
			return err_set(err, EINVAL,
				       "\"%.*s\" is neither a field (like in_port, dl_dst, nw_src, "
				       "tp_dst) nor a protocol (like ip, tcp, arp)",
				       SLICE_SHOWN(word.name));
		if (rc)
			return rc;
	}
	if (!rc)
		rc = match_check(&match, &named, err);
	if (rc)
		return rc;
	*out = match;
	return 0;
}
