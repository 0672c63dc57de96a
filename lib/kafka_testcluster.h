/*
 * For tests: librdkafka's mock cluster, and a producer to it.
 *
 * There is no Kafka broker in Debian. The mock cluster speaks the protocol and can be made to fail,
 * but what it holds is gone with it: proofs that something survives the broker's end need a real
 * one.
 */
#ifndef LIB_KAFKA_TESTCLUSTER_H
#define LIB_KAFKA_TESTCLUSTER_H

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "lib/base.h"

enum { TESTCLUSTER_BROKER = 1 }; /* its number */

struct testcluster {
    rd_kafka_t *producer;
    rd_kafka_mock_cluster_t *mock;
    char url[64]; /* kafka://127.0.0.1:PORT */
};

void testcluster_start(struct testcluster *c);
void testcluster_end(struct testcluster *c);

/* Makes a topic of so many partitions. */
void testcluster_topic(struct testcluster *c, const char *topic, int partitions);
/* Returns when it is there. headers: names and values in turn, NULL at the end; or NULL. */
void testcluster_produce(struct testcluster *c, const char *topic, const char *value,
                         const char *const *headers);

#endif
