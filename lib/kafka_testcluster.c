#include "lib/kafka_testcluster.h"

#include <stdio.h>

#include "lib/kafka.h"

enum { FLUSH_MS = 10000, WHY_LEN = 256 };

static void log_nothing(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    UNUSED(rk);
    UNUSED(level);
    UNUSED(facility);
    UNUSED(text);
}

void testcluster_start(struct testcluster *c)
{
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    char why[WHY_LEN];

    *c = (struct testcluster){.producer = NULL};
    (void)rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", why, sizeof why);
    (void)rd_kafka_conf_set(conf, "linger.ms", "0", why, sizeof why);
    rd_kafka_conf_set_log_cb(conf, log_nothing);
    c->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert(c->producer != NULL);
    c->mock = rd_kafka_handle_mock_cluster(c->producer);
    assert(c->mock != NULL);
    (void)snprintf(c->url, sizeof c->url, "kafka://%s", rd_kafka_mock_cluster_bootstraps(c->mock));
}

void testcluster_end(struct testcluster *c)
{
    if (c->producer != NULL)
        rd_kafka_destroy(c->producer);
    c->producer = NULL;
}

void testcluster_topic(struct testcluster *c, const char *topic, int partitions)
{
    rd_kafka_resp_err_t error = rd_kafka_mock_topic_create(c->mock, topic, partitions, 1);

    assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    UNUSED(error);
}

void testcluster_produce(struct testcluster *c, const char *topic, const char *value,
                         const char *const *headers)
{
    rd_kafka_headers_t *list = rd_kafka_headers_new(8);
    rd_kafka_resp_err_t error;

    for (; headers != NULL && headers[0] != NULL; headers += 2)
        (void)rd_kafka_header_add(list, headers[0], -1, headers[1], -1);
    error = kafka_produce(c->producer, topic, (struct str){NULL, 0}, str_from(value), list, NULL);
    assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
    error = rd_kafka_flush(c->producer, FLUSH_MS);
    assert(error == RD_KAFKA_RESP_ERR_NO_ERROR);
}
