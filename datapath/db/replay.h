#pragma once
/* Reads the records that storage.c wrote, or ovsdb-server. */
struct err;
struct json_object;
struct transaction;

/* Makes the changes of one record in the transaction. Returns 0 or -EBADMSG. */
int replay_record(struct transaction *transaction, struct json_object *record, struct err *err);
