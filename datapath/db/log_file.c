#include "db/log_file.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "base/own.h"
#include "db/alloc.h"
#include "db/log_record.h"

#define FILE_MODE  0644
#define ROOM_SIZE  32768
#define BLOCK_SIZE 4096
#define DEPTH_MAX  16        /* of what a database writes: 6 */
#define TEXT_MAX   INT32_MAX /* json-c counts bytes in an int */

struct log_file {
	char *path;
	int lock_fd;
	int fd;          /* -1: not there yet */
	size_t size;     /* of the records */
	size_t end;      /* of the file: there is room in between */
	size_t n_synced; /* bytes from the beginning that are on disk, as far as we know */
	size_t base_size;
	bool is_suspect;
	bool is_writing; /* a record has been added */
};

/* "/a/conf.db" -> "/a/.conf.db.~lock~", where ovsdb-tool looks for a lock, too. */
static char *lock_path(const char *path)
{
	own(mem_free) char *for_dirname = alloc_text(path);
	own(mem_free) char *for_basename = alloc_text(path);
	char *text;

	if (asprintf(&text, "%s/.%s.~lock~", dirname(for_dirname), basename(for_basename)) < 0)
		abort();
	return text;
}

static char *new_path(const char *path)
{
	char *text;

	if (asprintf(&text, "%s.new", path) < 0)
		abort();
	return text;
}

static int lock(struct log_file *file, struct err *err)
{
	own(mem_free) char *path = lock_path(file->path);
	struct flock wanted = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	file->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, FILE_MODE);
	if (file->lock_fd < 0)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (!fcntl(file->lock_fd, F_OFD_SETLK, &wanted))
		return 0;
	if (errno == EAGAIN || errno == EACCES)
		return err_set(err, EBUSY,
			       "%s: another process has this database open: use another file",
			       file->path);
	return err_set(err, errno, "%s: cannot be locked: %s", path, strerror(errno));
}

int log_file_open(struct log_file **out, const char *path, bool *is_empty, struct err *err)
{
	own(log_file_free) struct log_file *file = alloc(1, sizeof(*file));
	struct stat status;
	int r;

	/* Behind a symbolic link: what is replaced later must be the file, not the link. */
	file->path = realpath(path, NULL);
	if (!file->path)
		file->path = alloc_text(path);
	file->fd = -1;
	file->lock_fd = -1;
	r = lock(file, err);
	if (r)
		return r;
	file->fd = open(path, O_RDWR | O_CLOEXEC);
	if (file->fd < 0 && errno != ENOENT)
		return err_set(err, errno, "%s: %s", path, strerror(errno));
	if (file->fd >= 0) {
		if (fstat(file->fd, &status))
			return err_set(err, errno, "%s: %s", path, strerror(errno));
		if (!S_ISREG(status.st_mode))
			return err_set(err, EINVAL, "%s: not a regular file", path);
		file->size = (size_t)status.st_size;
	}
	file->base_size = file->size;
	file->end = file->size;
	*is_empty = !file->size;
	*out = take_ptr(file);
	return 0;
}

void log_file_free(struct log_file **file)
{
	if (!*file)
		return;
	/* If it cannot be cut, it is read as it is. */
	if ((*file)->is_writing && (*file)->end > (*file)->size &&
	    ftruncate((*file)->fd, (off_t)(*file)->size))
		log_debug("db", "%s: cannot be cut: %s", (*file)->path, strerror(errno));
	fd_close(&(*file)->fd);
	fd_close(&(*file)->lock_fd);
	free((*file)->path);
	mem_free(file);
}

const char *log_file_path(const struct log_file *file)
{
	return file->path;
}

bool log_file_is_suspect(const struct log_file *file)
{
	return file->is_suspect;
}

size_t log_file_size(const struct log_file *file)
{
	return file->size;
}

size_t log_file_base_size(const struct log_file *file)
{
	return file->base_size;
}

/* A record may be larger than json_parse() allows an outsider: one small request can change every
 * row. Its checksum says that a database wrote it. */
static struct json_object *parse_text(const struct log_record *record)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *json = NULL;

	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	if (record->text_size <= TEXT_MAX)
		json = json_tokener_parse_ex(tokener, record->text, (int)record->text_size);
	json_tokener_free(tokener);
	return json;
}

static int apply_record(const struct log_record *record, log_file_apply_fn *apply, void *context,
			struct err *err)
{
	own(json_free) struct json_object *json = parse_text(record);

	if (!json_object_is_type(json, json_type_object))
		return err_set(err, EBADMSG, "the record is no JSON object");
	return apply(context, json, err);
}

/* Does the file begin as the first record does, or with a part of that? */
static bool is_database(const struct log_file *file, const char *data)
{
	const size_t len = strlen(LOG_RECORD_MAGIC);

	return !memcmp(data, LOG_RECORD_MAGIC, file->size < len ? file->size : len);
}

/* Nothing is left of a database whose schema cannot be read. */
static int refuse_first(const struct log_file *file, const char *data, enum log_record_state state,
			struct err *err)
{
	const bool is_short = state == LOG_RECORD_SHORT ||
			      (state == LOG_RECORD_BAD_HEADER && !memchr(data, '\n', file->size));

	if (!is_database(file, data))
		return err_set(err, EBADMSG, "%s: no database file: it must begin with \"%s\"",
			       file->path, LOG_RECORD_MAGIC);
	return err_set(
		err, EBADMSG,
		"%s: its first record, the schema, is %s: restore a copy, or move the file away",
		file->path, is_short ? "incomplete" : "damaged");
}

static int refuse(const struct log_file *file, const char *data, size_t at,
		  enum log_record_state state, struct err *err)
{
	if (!at && file->size >= 14 && !memcmp(data, "OVSDB CLUSTER ", 14))
		return err_set(err, EBADMSG, "%s: a member of a cluster, not a standalone database",
			       file->path);
	if (!at)
		return refuse_first(file, data, state, err);
	return err_set(err, EBADMSG,
		       "%s: damaged at byte %zu, with more records behind it: restore a copy, or "
		       "give up all from there on with: truncate -s %zu %s",
		       file->path, at, at, file->path);
}

static int cut(struct log_file *file, size_t at, struct err *err)
{
	log_warn("db", "%s: the last record was torn by a crash: cut off %zu bytes at byte %zu",
		 file->path, file->size - at, at);
	if (ftruncate(file->fd, (off_t)at) || fsync(file->fd))
		return err_set(err, errno, "%s: cannot be cut: %s", file->path, strerror(errno));
	file->size = at;
	file->end = at;
	return 0;
}

/* Several records were on their way to the disk when power failed, and it took them in an order of its own: none that
 * was known to be there is bad, or what is bad is the room that they were written over. */
static bool is_torn(const struct log_file *file, const char *data, size_t at,
		    const struct log_record *bad)
{
	struct log_record room;

	if (bad->is_room && bad->size == file->size - at)
		return true;
	return log_record_last_room(data, file->size, &room) && at >= room.n_synced;
}

static int read_records(struct log_file *file, const char *data, log_file_apply_fn *apply,
			void *context, struct err *err)
{
	size_t at = 0;

	while (at < file->size) {
		size_t left = file->size - at;
		struct log_record record = {.is_room = false};
		enum log_record_state state = log_record_check(data + at, left, &record);
		int r;

		if (state != LOG_RECORD_GOOD) {
			if (!at || (log_record_is_ahead(data + at, left) &&
				    !is_torn(file, data, at, &record)))
				return refuse(file, data, at, state, err);
			return cut(file, at, err);
		}
		if (record.is_room && record.size == left) {
			file->size = at;
			return 0;
		}
		r = apply_record(&record, apply, context, err);
		if (r) {
			err_prefix(err, "%s: record at byte %zu", file->path, at);
			return r;
		}
		at += record.size;
	}
	return 0;
}

int log_file_read(struct log_file *file, log_file_apply_fn *apply, void *context, struct err *err)
{
	char *data = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, file->fd, 0);
	size_t size = file->size;
	int r;

	if (data == MAP_FAILED)
		return err_set(err, errno, "%s: cannot be read: %s", file->path, strerror(errno));
	r = read_records(file, data, apply, context, err);
	munmap(data, size);
	return r;
}

static int write_all(int fd, const char *data, size_t size, size_t at)
{
	while (size) {
		ssize_t n = pwrite(fd, data, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data += n;
		at += (size_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* Writes a record, and room after it: what is left of the old one, or new one if that is too little. A file that can
 * grow no more has none. */
static int write_record(struct log_file *file, char *data, size_t size)
{
	size_t left = file->end - file->size, end = file->end;
	int r;

	if (left >= size + LOG_RECORD_ROOM_MIN && left - size <= LOG_RECORD_ROOM_MAX) {
		r = write_all(
			file->fd, data,
			size + log_record_print_room(data + size, left - size, file->n_synced),
			file->size);
	} else {
		end = (file->size + size + ROOM_SIZE) & ~(size_t)(BLOCK_SIZE - 1);
		log_record_print_room(data + size, end - file->size - size, file->n_synced);
		r = write_all(file->fd, data, end - file->size, file->size);
	}
	if (r == -ENOSPC || r == -EFBIG || r == -EDQUOT) {
		end = file->size + size;
		r = ftruncate(file->fd, (off_t)file->size)
			    ? -errno
			    : write_all(file->fd, data, size, file->size);
	}
	file->end = end;
	return r;
}

int log_file_append(struct log_file *file, struct json_object *record, bool is_durable,
		    struct err *err)
{
	own(mem_free) char *data = NULL;
	size_t size;
	int r;

	if (file->is_suspect)
		return err_set(err, EIO, "%s: an earlier write failed", file->path);
	/* What an earlier process has added may not be on disk, and nobody has said so. */
	if (!file->is_writing && fdatasync(file->fd))
		return err_set(err, errno, "%s: cannot be synced: %s", file->path, strerror(errno));
	if (!file->is_writing)
		file->n_synced = file->size;
	file->is_writing = true;
	data = log_record_print(record, LOG_RECORD_ROOM_MAX, &size);
	r = write_record(file, data, size);
	if (!r && is_durable && fdatasync(file->fd)) {
		/* The kernel has dropped the pages, earlier records' perhaps among them. */
		r = -errno;
		file->is_suspect = true;
	}
	if (r) {
		if (ftruncate(file->fd, (off_t)file->size))
			file->is_suspect = true;
		file->end = file->size;
		return err_set(err, -r, "%s: cannot be written: %s", file->path, strerror(-r));
	}
	file->size += size;
	if (is_durable)
		file->n_synced = file->size;
	return 0;
}

int log_file_sync(struct log_file *file, struct err *err)
{
	if (file->is_writing && file->n_synced < file->size && fdatasync(file->fd)) {
		file->is_suspect = true;
		return err_set(err, errno, "%s: cannot be synced: %s", file->path, strerror(errno));
	}
	file->n_synced = file->size;
	return 0;
}

static int sync_directory(const char *path)
{
	own(mem_free) char *copy = alloc_text(path);
	own(fd_close) int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) ? -errno : 0;
}

/* Writes the records to a new file. Returns its descriptor or -errno; then there is no file. */
static int write_new(const char *path, mode_t mode, struct json_object *const *records, size_t n,
		     size_t *total)
{
	own(fd_close) int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	int r = fd < 0 ? -errno : 0;

	*total = 0;
	for (size_t i = 0; i < n && !r; i++) {
		size_t size;
		own(mem_free) char *data = log_record_print(records[i], 0, &size);

		r = write_all(fd, data, size, *total);
		*total += size;
	}
	if (!r && fsync(fd))
		r = -errno;
	if (!r)
		return take_fd(fd);
	if (fd >= 0)
		unlink(path);
	return r;
}

int log_file_replace(struct log_file *file, struct json_object *const *records, size_t n,
		     struct err *err)
{
	own(mem_free) char *path = new_path(file->path);
	struct stat status = {.st_mode = FILE_MODE};
	own(fd_close) int fd = -1;
	size_t size;
	int r;

	if (file->fd >= 0)
		fstat(file->fd, &status);
	fd = write_new(path, status.st_mode & 0777, records, n, &size);
	if (fd < 0)
		return err_set(err, -fd, "%s: cannot be written: %s", path, strerror(-fd));
	if (rename(path, file->path)) {
		r = errno;
		unlink(path);
		return err_set(err, r, "%s: cannot be put in place: %s", file->path, strerror(r));
	}
	/* The new file is in place now, come what may: a failure here cannot be taken back. */
	r = sync_directory(file->path);
	if (r)
		log_warn("db", "%s: folder cannot be synced: %s", file->path, strerror(-r));
	fd_close(&file->fd);
	file->fd = take_fd(fd);
	file->size = size;
	file->end = size;
	file->base_size = size;
	file->n_synced = size;
	file->is_suspect = false;
	return 0;
}
