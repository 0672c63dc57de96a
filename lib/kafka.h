/*
 * How Kafka brokers are reached, for librdkafka: addresses, TLS, user and password.
 */
#ifndef LIB_KAFKA_H
#define LIB_KAFKA_H

#include <librdkafka/rdkafka.h>

#include "lib/base.h"

struct kafka_options {
    const char *url;      /* kafka_url_check */
    const char *user;     /* SASL PLAIN; NULL: none */
    const char *password; /* NULL: none */
    const char *ca_file;  /* PEM, for kafkas; NULL: the system's authorities */
};

enum { KAFKA_WHY_LEN = 256 };

/* `kafka://HOST[:PORT][,HOST[:PORT]...]` or `kafkas://...` (TLS). False: why (KAFKA_WHY_LEN) says
 * what is wrong. */
bool kafka_url_check(const char *url, char *why) MUST_CHECK;

/* A configuration that reaches the brokers and does not log. The URL was checked. */
rd_kafka_conf_t *kafka_conf_new(const struct kafka_options *options);
/* A setting that this librdkafka has: anything else is our own bug. */
void kafka_conf_set(rd_kafka_conf_t *conf, const char *name, const char *value);

/* A client. Takes conf. NULL: why (KAFKA_WHY_LEN) says, such as that a file cannot be read. */
rd_kafka_t *kafka_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, char *why) MUST_CHECK;

/* Copies key and value (key.ptr NULL: none); takes headers. The delivery report comes with opaque.
 * An error: there will be none. */
rd_kafka_resp_err_t kafka_produce(rd_kafka_t *rk, const char *topic, struct str key,
                                  struct str value, rd_kafka_headers_t *headers,
                                  void *opaque) MUST_CHECK;

/* A descriptor that is readable when queue has got something since it was empty; to be closed by
 * the caller after the queue has ended. kafka_fd_clear reads it. */
int kafka_fd_new(rd_kafka_queue_t *queue);
void kafka_fd_clear(int fd);

#endif
