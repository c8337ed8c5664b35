#pragma once
/* Flow tables as messages describe them. */
#include "openflow/message.h"

#define OF_TABLES 255 /* 0 to 254 */

struct of_table {
	uint8_t number, n_tables;
	char name[32];
	uint32_t max_flows, n_flows;
	uint64_t n_lookups, n_matched;
	uint32_t config; /* of OpenFlow 1.1 and 1.2: enum of_table_miss */
	bool evicts;
	bool has_vacancy; /* ... events: below `down` and above `up` percent of room */
	uint8_t down, up, vacancy;
};

enum of_table_miss { OF_MISS_CONTROLLER, OF_MISS_CONTINUE, OF_MISS_DROP };
enum of_table_config { OF_TABLE_EVICTION = 1 << 2, OF_TABLE_VACANCY = 1 << 3 };

/* One entry of the reply each. */
void of_table_stats_write(struct wire_writer *w, uint8_t version, const struct of_table *table);
void of_table_features_write(struct wire_writer *w, uint8_t version, const struct of_table *table);
/* What is wrong with features that somebody would like; TFFC_EPERM: nothing, but they are what they are. */
enum of_error of_table_features_check(const struct of_message *message);
void of_table_desc_write(struct wire_writer *w, const struct of_table *table);

struct of_table_mod {
	uint8_t number; /* 0xff: all */
	uint32_t config;
	bool has_vacancy;
	uint8_t down, up;
};

/* Of OpenFlow 1.1 to 1.3 `config` is an enum of_table_miss, of later versions enum of_table_config. */
enum of_error of_table_mod_read(const struct of_message *message, struct of_table_mod *out);

enum of_table_reason { OF_TABLE_VACANCY_DOWN = 3, OF_TABLE_VACANCY_UP };
void of_table_status_write(struct wire_writer *w, uint8_t version, const struct of_table *table,
			   enum of_table_reason reason);
