#pragma once
/* What the rows of the database say, as the switch wants to hear it. Whatever cannot be is
 * refused with one line for Interface.error or Bridge.status. Control thread only. */
#include <stdbool.h>
#include <stdint.h>

#define SETTINGS_STATISTICS_MAX_MS 3600000

struct bridge_config;
struct bridge_port_config;
struct err;
struct port_config;
struct row;
struct vswitch_config;

/* Reads the row of Open_vSwitch (NULL: the defaults). As the next. */
int settings_switch(const struct row *sw, struct vswitch_config *out, struct err *err);

/* Reads a row of Bridge. A wrong value leaves the default in its place: -EINVAL with a text, and
 * *out is filled in all the same. */
int settings_bridge(const struct row *bridge, struct bridge_config *out, struct err *err);

/* The number that other_config:datapath-id asks for; 0: it asks for none, or (-EINVAL with a text) not for one that can be. */
int settings_datapath_id(const struct row *bridge, uint64_t *id, struct err *err);

/* Reads an Interface of a Port of a Bridge. `with_fake`: allow type "fake", which has no device. What is wrong stays as
 * it was in *config. Returns 0, or -EINVAL with a text that tells all of it. */
int settings_port(const struct row *bridge, const struct row *port, const struct row *interface,
		  bool with_fake, struct bridge_port_config *config, struct err *err);

/* Reads the type of an Interface into out->type. Returns 0, or -EINVAL with a text, and *out is as it was. */
int settings_type(const struct row *bridge, const struct row *interface, bool with_fake,
		  struct port_config *out, struct err *err);

/* Tells what a row asks for and cannot get, without which the bridge, controller or port works all the same. */
int settings_bridge_missing(const struct row *bridge, struct err *err);
void settings_controller_missing(const struct row *controller, struct err *err);
void settings_port_missing(const struct row *bridge, const struct row *port,
			   const struct row *interface, bool with_fake, struct err *err);

/* Reads a number from a map column. *value stays as it is if the key is not there, or (-EINVAL, with a text behind the one
 * that is there) wrong. */
int settings_number(const struct row *row, const char *column, const char *key, uint64_t max,
		    uint64_t *value, struct err *err);
