#include "reference/command_mqtt.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/mqtt.h"
#include "reference/command_options.h"

struct command_feed {
    struct command_intake *intake;
    struct mqtt *mqtt;
    char password[TOKEN_FILE_CAP];
    bool subscribed;
};

bool command_mqtt_topic(const char *topic, struct command *out)
{
    struct str level[4];

    for (size_t i = 0; i < COUNT(level); i++) {
        level[i] = (struct str){topic, strcspn(topic, "/")};
        topic += level[i].len;
        if (level[i].len == 0 || (*topic == '/') != (i + 1 < COUNT(level)))
            return false;
        topic += *topic == '/';
    }
    out->application = level[1];
    out->device = level[2];
    out->name = level[3];
    return str_equal(level[0], STR("command"));
}

static void take_message(void *arg, const struct mqtt_message *m)
{
    struct command_feed *f = arg;
    struct command command = {.payload = m->payload};

    if (command_mqtt_topic(m->topic, &command))
        command_intake_take(f->intake, &command);
}

static void up(void *arg)
{
    struct command_feed *f = arg;
    int id;

    if (mqtt_subscribe(f->mqtt, "command/+/+/+", 1, NULL, &id) != 0)
        mqtt_restart(f->mqtt);
}

static void down(void *arg)
{
    ((struct command_feed *)arg)->subscribed = false;
}

static void subscribed(void *arg, int id, int reason)
{
    UNUSED(id);
    ((struct command_feed *)arg)->subscribed = reason < 128; /* MQTT 5 3.9.3 */
}

static bool check(const struct command_source_options *options, char *why)
{
    char text[MQTT_WHY_LEN];

    if (!mqtt_url_check(options->url, text)) {
        (void)snprintf(why, COMMAND_SOURCE_WHY_LEN, "commands: %.240s", text);
        return false;
    }
    return command_options_check(options, why);
}

static struct command_feed *open_feed(const struct command_source_options *options,
                                      struct command_intake *intake, char *why)
{
    struct command_feed *f = xcalloc(1, sizeof *f);

    if (!command_options_password(options, f->password, why)) {
        free(f);
        return NULL;
    }
    f->intake = intake;
    f->mqtt = mqtt_new(&(struct mqtt_options){
        .url = options->url,
        .user = options->user,
        .password = options->token_file == NULL ? NULL : f->password,
        .ca_file = options->ca_file,
        .up = up,
        .down = down,
        .subscribed = subscribed,
        .message = take_message,
        .arg = f,
    });
    return f;
}

static void free_feed(struct command_feed **f)
{
    mqtt_free(&(*f)->mqtt);
    OPENSSL_cleanse((*f)->password, sizeof(*f)->password);
    free(*f);
    *f = NULL;
}

static bool work(struct command_feed *f)
{
    (void)mqtt_work(f->mqtt, clock_mono_us());
    return f->subscribed;
}

static void wait_for_work(struct command_feed *f, int wake_fd, int timeout_ms)
{
    mqtt_wait(f->mqtt, wake_fd, clock_mono_us(), timeout_ms);
}

const struct command_feed_functions command_mqtt_functions = {
    .name = "mqtt",
    .check = check,
    .open = open_feed,
    .free = free_feed,
    .work = work,
    .wait = wait_for_work,
};
