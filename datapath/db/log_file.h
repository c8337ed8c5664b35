#pragma once
/* A file of JSON records that only grows, in the format of ovsdb-tool(1):
 *
 *	OVSDB JSON <bytes of text> <SHA-1 of text, 40 hexadecimal digits>\n
 *	<text, a JSON object and a newline>
 *
 * While the file is open, the last record is room for the next ones (log_record.h); log_file_free() cuts it off.
 * A record is written by one write(2), over the beginning of that. The end of a process can tear the last record and
 * no other. The end of power can tear any that no fdatasync(2) followed, in any order: the room says up to where one did.
 * Such a record, and a bad one with nothing after it, is cut off with all that is behind it, and logged; another
 * bad record with more behind it means that the file was damaged, and it is refused and left alone.
 *
 * After a write that failed the file is as it was before. Where even that cannot be had, or the
 * kernel lost what it had promised to write (fsync failed), the file is suspect: it takes no more
 * records until log_file_replace() has written it anew.
 */
#include <stdbool.h>
#include <stddef.h>

struct err;
struct json_object;
struct log_file;

/* Opens and locks `path`. Sets *is_empty if it was missing (it is not made then) or has no bytes.
 * Returns 0, -EBUSY if another process has it, or the errno of the file operation. */
int log_file_open(struct log_file **out, const char *path, bool *is_empty, struct err *err);
void log_file_free(struct log_file **file);
const char *log_file_path(const struct log_file *file);

/* Hands each record to `apply`, first to last, and then cuts off a torn last one. What `apply`
 * returns, if it is not 0, ends the reading and is returned. -EBADMSG: the file is damaged. */
typedef int log_file_apply_fn(void *context, struct json_object *record, struct err *err);
int log_file_read(struct log_file *file, log_file_apply_fn *apply, void *context, struct err *err);

/* Adds a record; if `is_durable`, it is on disk when this returns. Returns 0 or -errno, then the
 * record is not there. */
int log_file_append(struct log_file *file, struct json_object *record, bool is_durable,
		    struct err *err);
/* Puts on disk what was added without `is_durable`. Returns 0 or -errno. */
int log_file_sync(struct log_file *file, struct err *err);
/* Must log_file_replace() be called before the next log_file_append()? */
bool log_file_is_suspect(const struct log_file *file);
/* Bytes, and how many there were when it was opened or last replaced. */
size_t log_file_size(const struct log_file *file);
size_t log_file_base_size(const struct log_file *file);

/* Puts a new file with these records in the place of the old one, all or nothing, on disk when this
 * returns. Returns 0 or -errno, then the old one is still there. */
int log_file_replace(struct log_file *file, struct json_object *const *records, size_t n,
		     struct err *err);
