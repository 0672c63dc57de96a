#include "lib/adapter_kafka.h"

#include <stdio.h>

#include "lib/target_where.h"

bool adapter_kafka_options(const struct adapter_world *world, const struct target_broker *b,
                           const char *section, struct kafka_options *out, char *why)
{
    char text[KAFKA_WHY_LEN], where[TARGET_WHERE_LEN];

    *out = (struct kafka_options){
        .url = b->url, .user = b->user, .password = b->password, .ca_file = b->ca};
    if (kafka_url_check(b->url, text))
        return true;
    (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %s",
                   target_where_in(world->target, section, "url", where), text);
    return false;
}

json_t *adapter_kafka_failed(const struct adapter_world *world, const struct target_broker *b,
                             const char *section, const char *detail)
{
    char where[TARGET_WHERE_LEN];

    return adapter_reply_failed(
        ADAPTER_BROKEN, 0, "%s: %s: %.200s: is the broker running, are host and port%s right?",
        target_where_in(world->target, section, "url", where), b->url,
        detail[0] == '\0' ? "no answer" : detail, b->user != NULL ? ", user and password" : "");
}
