#pragma once
/* Flow tables as messages describe them. */
#include "openflow/message.h"

struct of_table {
	uint8_t number, n_tables;
	char name[32];
	uint32_t max_flows, n_flows;
	uint64_t n_lookups, n_matched;
	uint32_t config; /* of OpenFlow 1.1 and 1.2: enum of_table_miss */
	bool evicts;
};

enum of_table_miss { OF_MISS_CONTROLLER, OF_MISS_CONTINUE, OF_MISS_DROP };
enum of_table_config { OF_TABLE_EVICTION = 1 << 2 };

/* One entry of the reply each. */
void of_table_stats_write(struct wire_writer *w, uint8_t version, const struct of_table *table);
void of_table_features_write(struct wire_writer *w, uint8_t version, const struct of_table *table);
void of_table_desc_write(struct wire_writer *w, const struct of_table *table);
