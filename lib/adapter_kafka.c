#include "lib/adapter_kafka.h"

#include <stdio.h>

bool adapter_kafka_options(const struct target_broker *b, const char *section,
                           struct kafka_options *out, char *why)
{
    char text[KAFKA_WHY_LEN];

    *out = (struct kafka_options){
        .url = b->url, .user = b->user, .password = b->password, .ca_file = b->ca};
    if (kafka_url_check(b->url, text))
        return true;
    (void)snprintf(why, ADAPTER_WHY_LEN, "%s.url: %s", section, text);
    return false;
}

json_t *adapter_kafka_failed(const struct target_broker *b, const char *section, const char *detail)
{
    return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                "%s: %s: %.200s (is the broker running, are %s.url%s right in the "
                                "target file?)",
                                section, b->url, detail[0] == '\0' ? "no answer" : detail, section,
                                b->user != NULL ? ", user and password" : "");
}
