#include "lib/adapter_mqtt.h"

#include <stdio.h>

#include "lib/target_where.h"

struct mqtt *adapter_mqtt_new(const struct adapter_world *world, const struct target_broker *b,
                              const char *section, const struct mqtt_options *callbacks, char *why)
{
    struct mqtt_options options = *callbacks;
    char text[MQTT_WHY_LEN], where[TARGET_WHERE_LEN];

    if (!mqtt_url_check(b->url, text)) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "%s: %s",
                       target_where_in(world->target, section, "url", where), text);
        return NULL;
    }
    options.url = b->url;
    options.user = b->user;
    options.password = b->password;
    options.ca_file = b->ca;
    options.version_311 = b->version == TARGET_MQTT_311;
    return mqtt_new(&options);
}

json_t *adapter_mqtt_failed(const struct mqtt *m, const struct adapter_world *world,
                            const struct target_broker *b, const char *section)
{
    const char *why = mqtt_why(m);
    char where[TARGET_WHERE_LEN];

    if (strncmp(why, "TLS", 3) == 0)
        return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                    "%s: %s: %s: is it what the broker's certificate ends in, is "
                                    "the host in url the name in "
                                    "that, and does the port speak TLS?",
                                    target_where_in(world->target, section, "ca", where), b->url,
                                    why);
    if (mqtt_state(m) == MQTT_REFUSED)
        return adapter_reply_failed(
            ADAPTER_BROKEN, 0, "%s: %s refuses %s%s: %s: are user, password and version right?",
            target_where_in(world->target, section, "user", where), b->url,
            b->user == NULL ? "clients" : "user ", b->user == NULL ? " without a user" : b->user,
            why);
    return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                "%s: %s: %s: is the broker running, are host and port right?",
                                target_where_in(world->target, section, "url", where), b->url, why);
}
