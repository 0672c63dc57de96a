/*
 * For tests: a registry with app/dev and off/dev (disabled), and a worker that notes the commands.
 */
#ifndef REFERENCE_COMMAND_FIXTURE_H
#define REFERENCE_COMMAND_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <stdio.h>

#include <jansson.h>

#include "lib/clock.h"
#include "lib/log.h"
#include "reference/command_source.h"

struct listener {
    struct registry *registry;
    struct command_bus *bus;
    struct mailbox mailbox;
    size_t count;
    char last[512]; /* `app/device name payload` */
};

static inline void listener_add(struct listener *l, const char *app, bool disabled)
{
    char why[REGISTRY_WHY_LEN];
    json_t *doc = json_pack("{s:{s:s}, s:{s:{s:b}}}", "metadata", "name", app, "spec", "core",
                            "disabled", disabled);

    assert_int_equal(registry_app_create(l->registry, doc, why), REGISTRY_OK);
    json_decref(doc);
    doc = json_pack("{s:{s:s, s:s}}", "metadata", "name", "dev", "application", app);
    assert_int_equal(registry_device_create(l->registry, doc, why), REGISTRY_OK);
    json_decref(doc);
}

static inline void listener_begin(struct listener *l)
{
    char why[REGISTRY_WHY_LEN];

    *l = (struct listener){.count = 0};
    log_setup((enum log_level) - 1, LOG_LOGFMT);
    assert_int_equal(registry_open(":memory:", &l->registry, why), REGISTRY_OK);
    listener_add(l, "app", false);
    listener_add(l, "off", true);
    l->bus = command_bus_new();
    mailbox_init(&l->mailbox);
    command_bus_attach(l->bus, &l->mailbox);
}

static inline void listener_end(struct listener *l)
{
    command_bus_free(&l->bus);
    mailbox_fini(&l->mailbox);
    registry_close(&l->registry);
}

/* Takes what has come; waits at most timeout_ms when nothing has. */
static inline void listener_turn(struct listener *l, int timeout_ms)
{
    struct pollfd wait = {.fd = l->mailbox.wake_fd, .events = POLLIN};

    (void)poll(&wait, 1, timeout_ms);
    for (struct mail *mail = mailbox_take(&l->mailbox); mail != NULL;) {
        struct command_delivery *d = CONTAINER_OF(mail, struct command_delivery, mail);
        const struct command *c = d->command;

        mail = mail->next;
        l->count++;
        (void)snprintf(l->last, sizeof l->last, "%.*s/%.*s %.*s %.*s", (int)c->application.len,
                       c->application.ptr, (int)c->device.len, c->device.ptr, (int)c->name.len,
                       c->name.ptr, (int)c->payload.len, c->payload.ptr);
        command_delivery_done(d);
    }
}

#endif
