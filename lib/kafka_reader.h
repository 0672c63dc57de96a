/*
 * Reads topics of Kafka brokers from known offsets on, so that no record is missed between the
 * wish and the first record: no consumer group, no committed offsets.
 *
 * A topic that exists is read from its end at the moment at which it becomes ready; one that does
 * not is ready at once, and read from its beginning when it appears. One thread; kafka_reader_work
 * may block for as long as brokers take to answer, a second at most each.
 */
#ifndef LIB_KAFKA_READER_H
#define LIB_KAFKA_READER_H

#include "lib/kafka.h"

struct kafka_header {
    const char *name;
    struct str value;
};

struct kafka_record {
    const char *topic;
    struct str key;
    struct str value; /* ptr NULL: there is none */
    const struct kafka_header *headers;
    size_t header_count;
};

struct kafka_reader_options {
    struct kafka_options brokers;
    /* Called by kafka_reader_work; everything is borrowed for the call. */
    void (*record)(void *arg, const struct kafka_record *record);
    void *arg;
};

struct kafka_reader;

/* The URL was checked. NULL: why (KAFKA_WHY_LEN) says. */
struct kafka_reader *kafka_reader_new(const struct kafka_reader_options *options,
                                      char *why) MUST_CHECK;
/* NULL is none. */
void kafka_reader_free(struct kafka_reader **r);

/* Nothing happens when it is there, or not there, already. */
void kafka_reader_add(struct kafka_reader *r, const char *topic);
void kafka_reader_remove(struct kafka_reader *r, const char *topic);
/* From here on no record of the topic is missed. */
bool kafka_reader_is_ready(const struct kafka_reader *r, const char *topic);

/* Do the brokers answer, as far as is known? */
bool kafka_reader_is_up(const struct kafka_reader *r);
/* What went wrong last, or "". */
const char *kafka_reader_why(const struct kafka_reader *r);

void kafka_reader_work(struct kafka_reader *r, int64_t now_us);
/* Until there is work, wake_fd is readable, or timeout_ms is over. */
void kafka_reader_wait(struct kafka_reader *r, int wake_fd, int64_t now_us, int timeout_ms);

#endif
