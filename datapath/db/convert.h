#pragma once
/* Gives a database another schema while it is served (ovsdb-server(7), "convert").
 *
 * The rows are put into a second database, of the new schema, as one transaction, so that all that the schema demands
 * is checked as if a client had inserted them; what that one holds is written to the file; then it takes the place
 * of the first one, whose address stays. Tables and columns that the new schema lacks are left out, those that are new
 * have their defaults. Control thread only.
 */
struct database;
struct db_error;
struct json_object;

/* Makes the second database from <database-schema> `schema` and puts it on disk. Returns 0, or -EINVAL or -errno with
 * `error`: then nothing has changed. Free it, or hand it to convert_finish(). */
int convert_prepare(struct database **converted, struct database *db, struct json_object *schema,
		    struct db_error *error);
/* `db` becomes the second one. It must have no monitors. */
void convert_finish(struct database *db, struct database **converted);
