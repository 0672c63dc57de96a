#include "reference/command_kafka.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/clock.h"
#include "lib/kafka_reader.h"
#include "reference/command_options.h"

static const char topic[] = "iot-commands";

struct command_feed {
    struct command_intake *intake;
    struct kafka_reader *reader;
};

static struct str header(const struct kafka_record *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return (struct str){NULL, 0};
}

bool command_kafka_read(const struct kafka_record *r, struct command *out)
{
    struct str sender = header(r, "ce_sender");

    *out = (struct command){
        .application = header(r, "ce_application"),
        .device = header(r, "ce_device"),
        .name = header(r, "ce_subject"),
        .payload = r->value,
    };
    return out->application.len > 0 && out->device.len > 0 &&
           (sender.ptr == NULL || str_equal(sender, out->device));
}

static void take_record(void *arg, const struct kafka_record *r)
{
    struct command_feed *f = arg;
    struct command command;

    if (command_kafka_read(r, &command))
        command_intake_take(f->intake, &command);
}

static bool check(const struct command_source_options *options, char *why)
{
    char text[KAFKA_WHY_LEN];

    if (!kafka_url_check(options->url, text)) {
        (void)snprintf(why, COMMAND_SOURCE_WHY_LEN, "commands: %.240s", text);
        return false;
    }
    return command_options_check(options, why);
}

static struct command_feed *open_feed(const struct command_source_options *options,
                                      struct command_intake *intake, char *why)
{
    struct command_feed *f = xcalloc(1, sizeof *f);
    char password[TOKEN_FILE_CAP], text[KAFKA_WHY_LEN];

    if (!command_options_password(options, password, why)) {
        free(f);
        return NULL;
    }
    f->intake = intake;
    f->reader = kafka_reader_new(
        &(struct kafka_reader_options){
            .brokers = {.url = options->url,
                        .user = options->user,
                        .password = password,
                        .ca_file = options->ca_file},
            .record = take_record,
            .arg = f,
    },
        text);
    OPENSSL_cleanse(password, sizeof password);
    if (f->reader == NULL) {
        (void)snprintf(why, COMMAND_SOURCE_WHY_LEN, "commands: %.240s", text);
        free(f);
        return NULL;
    }
    kafka_reader_add(f->reader, topic);
    return f;
}

static void free_feed(struct command_feed **f)
{
    kafka_reader_free(&(*f)->reader);
    free(*f);
    *f = NULL;
}

static bool work(struct command_feed *f)
{
    kafka_reader_work(f->reader, clock_mono_us());
    return kafka_reader_is_up(f->reader) && kafka_reader_is_ready(f->reader, topic);
}

static void wait_for_work(struct command_feed *f, int wake_fd, int timeout_ms)
{
    kafka_reader_wait(f->reader, wake_fd, clock_mono_us(), timeout_ms);
}

const struct command_feed_functions command_kafka_functions = {
    .name = "kafka",
    .check = check,
    .open = open_feed,
    .free = free_feed,
    .work = work,
    .wait = wait_for_work,
};
