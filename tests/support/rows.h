#pragma once
/* Rows of the database as text, for house_configure(). */

#define BRIDGE(name, ports) \
	"{\"op\":\"insert\",\"table\":\"Bridge\",\"uuid-name\":\"" name \
	"\",\"row\":{\"name\":\"" name "\",\"ports\":[\"set\",[" ports "]]}}," \
	"{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],\"mutations\":[[\"bridges\"," \
	"\"insert\",[\"set\",[[\"named-uuid\",\"" name "\"]]]]]}"
#define PORT(name, port_row, interface_row) \
	"{\"op\":\"insert\",\"table\":\"Interface\",\"uuid-name\":\"i_" name \
	"\",\"row\":{\"name\":\"" name "\"" interface_row "}}," \
	"{\"op\":\"insert\",\"table\":\"Port\",\"uuid-name\":\"p_" name \
	"\",\"row\":{\"name\":\"" name "\",\"interfaces\":[\"named-uuid\",\"i_" name \
	"\"]" port_row "}}"
#define NAMED(name) "[\"named-uuid\",\"p_" name "\"]"
#define FAKE        ",\"type\":\"fake\""
#define UPDATE(table, name, row) \
	"{\"op\":\"update\",\"table\":\"" table "\",\"where\":[[\"name\",\"==\",\"" name \
	"\"]],\"row\":{" row "}}"
/* Ports a and b on br0. */
#define TWO_PORTS \
	PORT("a", "", FAKE) "," PORT("b", "", FAKE) "," BRIDGE("br0", NAMED("a") "," NAMED("b"))
