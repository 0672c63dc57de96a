#include "lib/adapter_mqtt.h"

#include <stdio.h>

struct mqtt *adapter_mqtt_new(const struct target_broker *b, const char *section,
                              const struct mqtt_options *callbacks, char *why)
{
    struct mqtt_options options = *callbacks;
    char text[MQTT_WHY_LEN];

    if (!mqtt_url_check(b->url, text)) {
        (void)snprintf(why, ADAPTER_WHY_LEN, "%s.url: %s", section, text);
        return NULL;
    }
    options.url = b->url;
    options.user = b->user;
    options.password = b->password;
    options.ca_file = b->ca;
    options.version_311 = b->version == TARGET_MQTT_311;
    return mqtt_new(&options);
}

json_t *adapter_mqtt_failed(const struct mqtt *m, const struct target_broker *b,
                            const char *section)
{
    const char *why = mqtt_why(m);

    if (strncmp(why, "TLS", 3) == 0)
        return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                    "%s: %s: %s (in the target file check %s.ca and the host in "
                                    "%s.url)",
                                    section, b->url, why, section, section);
    if (mqtt_state(m) == MQTT_REFUSED)
        return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                    "%s: %s refuses %s%s: %s (in the target file check %s.user, "
                                    "%s.password and %s.version)",
                                    section, b->url, b->user == NULL ? "clients" : "user ",
                                    b->user == NULL ? " without a user" : b->user, why, section,
                                    section, section);
    return adapter_reply_failed(ADAPTER_BROKEN, 0,
                                "%s: %s: %s (is the broker running, is %s.url right in the target "
                                "file?)",
                                section, b->url, why, section);
}
