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

/* OpenFlow 1.5 says what becomes of tables; earlier versions mean the first: tables that are not named go. */
enum of_table_command { OF_TABLE_REPLACE, OF_TABLE_MODIFY, OF_TABLE_ENABLE, OF_TABLE_DISABLE };

enum of_table_flag { OF_TABLE_INGRESS = 1 << 0 }; /* there are no tables for egress */

/* What somebody would like a table to be. */
struct of_table_features {
	uint8_t number, command;
	char name[32];                           /* may fill it */
	uint32_t flags, capabilities, max_flows; /* flags: enum of_table_flag, of OpenFlow 1.5 */
	struct wire_bytes bytes;                 /* all of it, with its properties */
};

/* Takes the next table off the body of a request. *out borrows it. */
enum of_error of_table_features_read(uint8_t version, struct wire_bytes *rest,
				     struct of_table_features *out);
/* Does the table do all of that, whatever its name? */
enum of_error of_table_features_check(uint8_t version, const struct of_table_features *wanted,
				      const struct of_table *table);

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
