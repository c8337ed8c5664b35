#include "stream/tls.h"

#include <errno.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/log.h"
#include "base/own.h"

enum file { PRIVATE_KEY, CERTIFICATE, CA_CERT, N_FILES };

/* Tells whether a file is the one that was read. */
struct stamp {
	ino_t inode;
	off_t size;
	struct timespec changed;
};

struct tls {
	char *file[N_FILES]; /* names; NULL: there is none */
	bool bootstrap_ca_cert;
	SSL_CTX *context; /* NULL: to be made anew */
	struct stamp stamp[N_FILES];
	bool is_bootstrapping; /* the context trusts anybody: the authority is not known yet */
};

static const char *const columns[N_FILES] = {"private_key", "certificate", "ca_cert"};

/* The oldest error of OpenSSL's queue, which is empty afterwards. */
static const char *reason(void)
{
	const unsigned long code = ERR_get_error();
	const char *text = ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code))
						  : ERR_reason_error_string(code);

	ERR_clear_error();
	return text ? text : "unknown error";
}

/* ---- settings ---- */

int tls_new(struct tls **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

static void forget(struct tls *tls)
{
	SSL_CTX_free(tls->context);
	tls->context = NULL;
}

void tls_free(struct tls **tls)
{
	if (!*tls)
		return;
	tls_set(*tls, NULL);
	mem_free(tls);
}

int tls_set(struct tls *tls, const struct tls_settings *settings)
{
	const struct tls_settings none = {.private_key = NULL}, *s = settings ? settings : &none;
	const char *const names[N_FILES] = {s->private_key, s->certificate, s->ca_cert};
	bool is_same = tls->bootstrap_ca_cert == s->bootstrap_ca_cert;
	struct err err = ERR_INIT;

	for (unsigned i = 0; i < N_FILES; i++) {
		const char *name = names[i] ? names[i] : "", *old = tls->file[i];

		is_same &= !strcmp(name, old ? old : "");
	}
	if (is_same)
		return 0;
	forget(tls);
	tls->bootstrap_ca_cert = s->bootstrap_ca_cert;
	for (unsigned i = 0; i < N_FILES; i++) {
		mem_free(&tls->file[i]);
		if (!names[i] || !names[i][0])
			continue;
		tls->file[i] = strdup(names[i]);
		if (!tls->file[i])
			return -ENOMEM;
	}
	if (settings && tls_check(tls, &err))
		log_warn("tls", "TLS does not work: %s", err.text);
	return 0;
}

/* ---- the files ---- */

static struct stamp stamp_of(const char *file)
{
	struct stat st;

	if (stat(file, &st))
		return (struct stamp){.inode = 0};
	return (struct stamp){st.st_ino, st.st_size, st.st_mtim};
}

/* True if one of them is another one than was read. */
static bool stamps_take(struct tls *tls)
{
	bool is_changed = false;

	for (unsigned i = 0; i < N_FILES; i++) {
		struct stamp now = stamp_of(tls->file[i]), *was = &tls->stamp[i];

		is_changed |= now.inode != was->inode || now.size != was->size ||
			      now.changed.tv_sec != was->changed.tv_sec ||
			      now.changed.tv_nsec != was->changed.tv_nsec;
		*was = now;
	}
	return is_changed;
}

/* Whoever comes is the one: what it brings is looked at afterwards. */
static int trust_anybody(X509_STORE_CTX *store, void *ctx)
{
	return 1;
}

static int trust(struct tls *tls, SSL_CTX *context, struct err *err)
{
	const char *file = tls->file[CA_CERT];

	SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	tls->is_bootstrapping = tls->bootstrap_ca_cert && access(file, F_OK);
	if (tls->is_bootstrapping) {
		SSL_CTX_set_cert_verify_callback(context, trust_anybody, NULL);
		SSL_CTX_set_app_data(context, tls); /* nobody verifies its streams */
		return 0;
	}
	if (!SSL_CTX_load_verify_locations(context, file, NULL))
		return err_set(err, EINVAL, "%s: cannot read certificates to trust: %s", file,
			       reason());
	SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(file));
	return 0;
}

static int identify(const struct tls *tls, SSL_CTX *context, struct err *err)
{
	if (SSL_CTX_use_certificate_chain_file(context, tls->file[CERTIFICATE]) != 1)
		return err_set(err, EINVAL, "%s: cannot read a certificate: %s",
			       tls->file[CERTIFICATE], reason());
	if (SSL_CTX_use_PrivateKey_file(context, tls->file[PRIVATE_KEY], SSL_FILETYPE_PEM) != 1)
		return err_set(err, EINVAL, "%s: cannot read the private key of %s: %s",
			       tls->file[PRIVATE_KEY], tls->file[CERTIFICATE], reason());
	return 0;
}

/* A pipe or a terminal would let everybody wait. */
static int files_check(const struct tls *tls, struct err *err)
{
	struct stat st;

	for (unsigned i = 0; i < N_FILES; i++)
		if (!stat(tls->file[i], &st) && !S_ISREG(st.st_mode))
			return err_set(err, EINVAL, "%s: %s is to be a file", tls->file[i],
				       columns[i]);
	return 0;
}

static int no_password(char *out, int size, int is_writing, void *ctx)
{
	return 0;
}

static int context_make(struct tls *tls, struct err *err)
{
	SSL_CTX *context;
	int rc;

	for (unsigned i = 0; i < N_FILES; i++)
		if (!tls->file[i])
			return err_set(
				err, ENOENT,
				"no %s is set: TLS takes a row of table SSL (ovs-vsctl set-ssl "
				"PRIVATE_KEY CERTIFICATE CA_CERT)",
				columns[i]);
	if (!stamps_take(tls) && tls->context)
		return 0;
	rc = files_check(tls, err);
	if (rc)
		return rc;
	forget(tls);
	ERR_clear_error();
	context = SSL_CTX_new(TLS_method());
	if (!context)
		return err_set(err, ENOMEM, "out of memory for TLS");
	SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
	SSL_CTX_set_default_passwd_cb(context, no_password);
	/* sessions are not kept: each connection shows its certificate */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_IGNORE_UNEXPECTED_EOF);
	rc = identify(tls, context, err);
	if (!rc)
		rc = trust(tls, context, err);
	if (rc)
		SSL_CTX_free(context);
	else
		tls->context = context;
	return rc;
}

int tls_check(struct tls *tls, struct err *err)
{
	return context_make(tls, err);
}

/* ---- streams ---- */

int tls_stream_new(struct bufferevent **out, struct tls *tls, struct event_base *base, int fd,
		   bool is_server, struct err *err)
{
	struct bufferevent *stream = NULL;
	int rc = context_make(tls, err);
	SSL *ssl;

	if (!rc && is_server && tls->is_bootstrapping)
		rc = err_set(err, EPERM,
			     "%s is not there yet, and only who is connected to may bring it",
			     tls->file[CA_CERT]);
	ssl = rc ? NULL : SSL_new(tls->context);
	if (ssl)
		stream = bufferevent_openssl_socket_new(
			base, fd, ssl,
			is_server ? BUFFEREVENT_SSL_ACCEPTING : BUFFEREVENT_SSL_CONNECTING,
			BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	if (!stream) {
		SSL_free(ssl);
		close(fd);
		return rc ? rc : err_set(err, ENOMEM, "out of memory for TLS");
	}
	/* who hangs up without a good-bye has hung up (SSL_OP_IGNORE_UNEXPECTED_EOF says it to OpenSSL) */
	bufferevent_openssl_set_allow_dirty_shutdown(stream, 1);
	*out = stream;
	return 0;
}

/* The last of those that the other side sent, if it signed itself. NULL: there is none. */
static X509 *authority_of(const SSL *ssl)
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	int n = chain ? sk_X509_num(chain) : 0;
	X509 *last = n > 0 ? sk_X509_value(chain, n - 1) : NULL;

	return last && X509_self_signed(last, 0) == 1 ? last : NULL;
}

static int authority_keep(const char *file, X509 *authority, struct err *err)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
	bool is_written;

	if (!out) {
		err_set(err, errno, "%s: cannot be made: %s", file, strerror(errno));
		fd_close(&fd);
		return -err->code;
	}
	is_written = PEM_write_X509(out, authority) == 1;
	if (!fclose(out) && is_written)
		return 0;
	unlink(file);
	return err_set(err, EIO, "%s: cannot be written", file);
}

int tls_stream_check(struct tls *tls, struct bufferevent *stream, struct err *err)
{
	const SSL *ssl = bufferevent_openssl_get_ssl(stream);
	X509 *authority;
	int rc;

	if (!tls || !SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)))
		return 0;
	if (!tls->is_bootstrapping || !tls->file[CA_CERT])
		return err_set(err, EAGAIN, "nobody has verified it: it is to come again");
	authority = authority_of(ssl);
	if (!authority)
		return err_set(err, EPROTO,
			       "%s is to come from the other side, which sent no certificate of an "
			       "authority",
			       tls->file[CA_CERT]);
	rc = authority_keep(tls->file[CA_CERT], authority, err);
	if (rc)
		return rc;
	log_info("tls", "%s: taken from the first who came", tls->file[CA_CERT]);
	forget(tls);
	return err_set(err, EAGAIN, "it brought %s: now it is to show that it knows it",
		       tls->file[CA_CERT]);
}

void tls_stream_error(struct bufferevent *stream, struct err *err)
{
	const SSL *ssl = bufferevent_openssl_get_ssl(stream);
	unsigned long code = bufferevent_get_openssl_error(stream);
	const char *text = code ? ERR_reason_error_string(code) : NULL;
	long result = ssl ? SSL_get_verify_result(ssl) : X509_V_OK;

	if (result != X509_V_OK)
		err_set(err, EPROTO, "TLS: its certificate: %s",
			X509_verify_cert_error_string(result));
	else if (text)
		err_set(err, EPROTO, "TLS: %s", text);
}
