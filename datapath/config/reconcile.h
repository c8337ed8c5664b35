#pragma once
/* Compares the rows with what was made of them, and makes the switch follow: first what must go,
 * then what must come. One record per bridge and one per interface, by name, because that is what
 * the switch knows them by: a row that is deleted and inserted anew in one transaction is the same
 * port. Control thread only. */
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hash.h"
#include "switch/port_statistics.h"
#include "config/row.h"
#include "switch/vswitch.h"

struct openflow;
struct publish;
struct remotes;
struct replica;
struct tls;

/* Tables in the replica, by number. */
enum {
	TABLE_SWITCH,
	TABLE_BRIDGE,
	TABLE_PORT,
	TABLE_INTERFACE,
	TABLE_MIRROR,
	TABLE_CONTROLLER,
	TABLE_FLOW_TABLE,
	TABLE_SSL,
	TABLE_MANAGER,
	TABLE_QOS,
	TABLE_QUEUE,
	N_TABLES
};

struct bridge_record {
	char *name;
	struct bridge *bridge; /* NULL: not made, see error */
	struct bridge_config config;
	const struct row *row; /* of this run; NULL: not wanted any more */
	char error[ERR_TEXT_SIZE];
	char mirror_error[ERR_TEXT_SIZE]; /* of mirrors */
	char table_error[ERR_TEXT_SIZE];  /* the same, of flow tables */
	UT_hash_handle hh;
};

struct interface_record {
	char *name;
	struct bridge_port *port;     /* NULL: not made, see error */
	struct bridge_record *bridge; /* that the port is on */
	struct bridge_port_config config;
	bool was_attached; /* once at least */
	/* the rows it was made from; made_of is meaningless while they ask for another attempt */
	struct {
		bool is_final;
		uint64_t port_version;
		uint64_t interface_version;
		uint64_t bridge_version; /* 0: its bridge does not matter */
		char port_uuid[UUID_LEN + 1];
		char conflict[128];
	} made_of;
	char missing_error[ERR_TEXT_SIZE]; /* what it works without */
	uint64_t qos_version; /* of the rows that its QoS was made from; 0: it was not */
	char qos_error[ERR_TEXT_SIZE];
	/* what the database was told last */
	struct {
		bool is_told;
		bool has_statistics;
		uint16_t ofport;
		struct port_status status;
		struct port_statistics statistics;
		char error[ERR_TEXT_SIZE];
	} told;
	/* of this run */
	const struct row *row; /* NULL: not wanted any more */
	const struct row *port_row;
	struct bridge_record *wanted_bridge;
	char conflict[128]; /* who else wants it; "": nobody */
	char error[ERR_TEXT_SIZE];
	UT_hash_handle hh;
};

struct reconcile {
	/* fixed after create */
	struct vswitch *sw;
	const struct replica *replica;
	struct openflow *openflow; /* NULL: nobody speaks it */
	struct tls *tls;           /* NULL: nobody needs it */
	struct remotes *remotes;   /* NULL: the database is somebody else's */
	bool with_fake;            /* allow interfaces of type "fake" */
	/* control thread */
	struct bridge_record *bridges;       /* uthash by name */
	struct interface_record *interfaces; /* uthash by name */
	struct vswitch_config config;        /* max_idle_ms 0: none was set yet */
	char error[ERR_TEXT_SIZE];           /* of the row of Open_vSwitch */
};

/* Makes the switch what the rows say. `sw` is the row of Open_vSwitch, NULL if there is none.
 * Afterwards every record has a row. Returns 0, or -EAGAIN if something failed that may work
 * later. */
int reconcile_run(struct reconcile *reconcile, const struct row *sw);
/* Forgets the records; the switch stays as it is. */
void reconcile_fini(struct reconcile *reconcile);

/* Gives a bridge that was made the mirrors that its row asks for (reconcile_mirror.c). Writes what is wrong
 * with them, or "". */
void mirrors_make(struct reconcile *reconcile, struct bridge_record *record, struct err *err);

/* Gives a port that was made the QoS that its row asks for (reconcile_qos.c). False: it has it already; else
 * writes what is wrong with it, or "". */
bool qos_make(struct reconcile *reconcile, struct interface_record *record, struct err *err);

/* Tells OpenFlow what the bridge's row and its controllers ask for (reconcile_controller.c). */
void controllers_make(struct reconcile *reconcile, const struct bridge_record *record);

/* Tells what its controllers ask for in vain. */
void controllers_missing(const struct reconcile *reconcile, const struct bridge_record *record,
			 struct err *err);

/* Tells TLS what table SSL says (reconcile_controller.c). */
void tls_make(struct reconcile *reconcile, const struct row *sw);

/* Serves the database where rows of Manager ask for it (reconcile_manager.c). */
void managers_make(struct reconcile *reconcile, const struct row *sw);

/* Gives a bridge its flow tables, as mirrors_make() does (reconcile_table.c). */
void tables_make(struct reconcile *reconcile, struct bridge_record *record, struct err *err);

/* Names the columns of a row that tell what became of it. */
void report_bridge(struct publish *publish, const struct bridge_record *record);
void report_interface(struct publish *publish, struct interface_record *record,
		      bool with_statistics);
/* With their statistics, if it is time for them. */
void report_mirrors(struct publish *publish, const struct reconcile *reconcile,
		    bool with_statistics);
void report_controllers(struct publish *publish, const struct reconcile *reconcile);
void report_managers(struct publish *publish, const struct reconcile *reconcile,
		     const struct row *sw);
void report_switch(struct publish *publish, const struct row *row, const char *version);
