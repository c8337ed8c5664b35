#pragma once
/* TLS: who this switch is and whom it trusts, as the database's table SSL says, and sockets that speak it.
 *
 * One for the whole daemon. Its files are read when a connection needs them, and again when they have changed: what
 * holds is what they say at that moment. Both sides show a certificate, always. Control thread only.
 */
#include <stdbool.h>

struct bufferevent;
struct err;
struct event_base;
struct tls;

/* Names of PEM files. */
struct tls_settings {
	const char *private_key, *certificate;
	const char *ca_cert; /* who signed the certificates of those who are trusted */
	bool bootstrap_ca_cert; /* if that file is not there: take it from whoever is there first, and keep it */
};

/* 0 or -ENOMEM. */
int tls_new(struct tls **out);
void tls_free(struct tls **tls);
/* Copied. NULL: there is none. 0 or -ENOMEM. What cannot be used is told in the log: its files may come later. */
int tls_set(struct tls *tls, const struct tls_settings *settings);
/* Could a stream be made now? 0, or -errno with a text that names the file. */
int tls_check(struct tls *tls, struct err *err);

/* A stream over a connected socket, which is taken over, also when it fails; its callbacks are deferred. `is_server`:
 * the other side has connected to us. 0 or -errno with a text. */
int tls_stream_new(struct bufferevent **out, struct tls *tls, struct event_base *base, int fd,
		   bool is_server, struct err *err);
/* At BEV_EVENT_CONNECTED: 0 if it may go on; an error if it brought the certificate of the authority that was waited
 * for, and must begin anew. */
int tls_stream_check(struct tls *tls, struct bufferevent *stream, struct err *err);
/* At BEV_EVENT_ERROR: what went wrong with TLS, as a text; untouched: nothing did. */
void tls_stream_error(struct bufferevent *stream, struct err *err);
