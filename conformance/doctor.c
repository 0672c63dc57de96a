#include "conformance/doctor.h"

#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conformance/advice.h"
#include "conformance/doctor_message.h"
#include "lib/adapter.h"
#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/target_probe.h"
#include "lib/target_where.h"

enum { PING_MID = 0x5EA7, PUBLISH_MID = 0x5EA8 };

static const int64_t answer_timeout_us = 10 * US_PER_S;

struct look {
    const struct target *target;
    FILE *out;
    struct broker_client *client;
    int64_t next_id;
    json_t *event; /* the last one that came */
    enum exit_code code;
    bool coap_answers;
    char names[2][32]; /* of application and device, as asked for */
    const char *application;
    const char *device;
    json_t *made; /* reply of create_device */
};

static void say(struct look *l, const char *mark, const char *step, const char *format, ...)
    PRINTF_LIKE(4, 5);

static void say(struct look *l, const char *mark, const char *step, const char *format, ...)
{
    char text[1600];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    (void)fprintf(l->out, "%-5s %-20s %s\n", mark, step, text);
}

/* As say, with the field of the target file that is wrong. */
static void say_where(struct look *l, const char *step, const char *field, const char *text)
{
    char where[TARGET_WHERE_LEN];

    say(l, "ERROR", step, "%s: %s", target_where(l->target, field, where), text);
}

/* One message of the broker: NULL when none came in time. Events are kept aside. */
static json_t *next_message(struct look *l, int64_t end_us)
{
    struct str text;

    for (;;) {
        enum broker_got got = broker_client_next(l->client, &text);
        int64_t left_us = end_us - clock_mono_us();
        struct pollfd wait = {.fd = broker_client_fd(l->client), .events = POLLIN};

        if (got == BROKER_MESSAGE)
            return json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
        if (got == BROKER_GONE || left_us <= 0)
            return NULL;
        (void)poll(&wait, 1, (int)(left_us / US_PER_MS) + 1);
    }
}

static void keep_event(struct look *l, json_t *message)
{
    json_decref(l->event);
    l->event = message;
}

/* Takes request. The reply, to be freed; NULL: none came, which is told. */
static json_t *ask(struct look *l, json_t *request)
{
    int64_t id = l->next_id++, end_us = clock_mono_us() + 3 * answer_timeout_us;
    const char *op = adapter_text(request, "op");
    json_t *message;

    (void)json_object_set_new(request, "id", json_integer(id));
    char *text = json_dumps(request, JSON_COMPACT);
    bool sent = broker_client_send(l->client, str_from(text));

    free(text);
    while (sent && (message = next_message(l, end_us)) != NULL) {
        if (json_object_get(message, "event") != NULL) {
            keep_event(l, message);
        } else if (json_integer_value(json_object_get(message, "id")) == id) {
            json_decref(request);
            return message;
        } else {
            json_decref(message);
        }
    }
    say(l, "ERROR", op, "no answer");
    l->code = EXIT_SUITE;
    json_decref(request);
    return NULL;
}

/* The adapter itself is at fault. */
static bool is_broken(const json_t *reply)
{
    const char *kind = adapter_text(reply, "kind");

    return kind != NULL && strcmp(kind, "adapter") == 0 && adapter_text(reply, "error") != NULL;
}

/* As ask, and tells how it went. The reply when it is ok, to be freed; else NULL. */
static json_t *step(struct look *l, json_t *request)
{
    int64_t began_us = clock_mono_us();
    char *op = xstrdup(str_from(adapter_text(request, "op")));
    json_t *reply = ask(l, request);
    double ms = (double)(clock_mono_us() - began_us) / 1e3;
    const char *kind = adapter_text(reply, "kind"), *error = adapter_text(reply, "error");

    if (reply != NULL && json_is_true(json_object_get(reply, "ok"))) {
        say(l, "ok", op, "%.1f ms", ms);
    } else if (reply != NULL && kind != NULL && strcmp(kind, "unavailable") == 0) {
        say(l, "-", op, "%s", error == NULL ? "not available" : error);
        json_decref(reply);
        reply = NULL;
    } else if (reply != NULL) {
        say(l, "ERROR", op, "%s", error == NULL ? "a reply without a text" : error);
        l->code = EXIT_SUITE;
        json_decref(reply);
        reply = NULL;
    }
    free(op);
    return reply;
}

static json_t *request_of(const struct look *l, const char *op, bool device)
{
    return json_pack("{s:s, s:s, s:s*}", "op", op, "application", l->application, "device",
                     device ? l->device : NULL);
}

/* ---- CoAP ---- */

/* Sends datagram as a CON is sent, until one comes that has its message id: its code. */
static bool exchange(const struct addr *to, struct str datagram, uint16_t mid, uint8_t *code)
{
    enum { TRIES = 4, TRY_MS = 1000 };
    int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, &to->sa, to->len) == 0, found = false;
    uint8_t space[2048];

    for (int i = 0; ok && !found && i < TRIES; i++) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};

        (void)send(fd, datagram.ptr, datagram.len, 0);
        while (!found && poll(&wait, 1, TRY_MS) == 1) {
            ssize_t len = recv(fd, space, sizeof space, 0);

            if (len < 0)
                break; /* refused: the port is closed */
            found = doctor_read(space, (size_t)len, mid, code);
        }
    }
    if (fd >= 0)
        (void)close(fd);
    return found;
}

static void look_at_coap(struct look *l)
{
    int64_t began_us = clock_mono_us();
    struct buf ping = buf_growing();
    char why[TARGET_WHY_LEN];
    uint8_t code;

    if (l->target->coap.host == NULL) {
        say(l, "-", "coap", "the target file names no coap:// address");
        return;
    }
    doctor_write_ping(&ping, PING_MID);
    if (exchange(&l->target->coap.addr, buf_str(&ping), PING_MID, &code)) {
        l->coap_answers = true;
        say(l, "ok", "coap", "a ping is answered after %.1f ms",
            (double)(clock_mono_us() - began_us) / 1e3);
    } else if (target_probe_one(l->target, false, 2 * US_PER_S, why)) {
        l->coap_answers = true;
        say_where(l, "coap", "coap", "a ping is not answered (RFC 7252 4.3), other messages are");
    } else {
        say(l, "ERROR", "coap", "%s", why);
        l->code = EXIT_UNREACHABLE;
    }
    buf_fini(&ping);
}

static void look_at_coaps(struct look *l)
{
    int64_t began_us = clock_mono_us();
    char why[TARGET_WHY_LEN];

    if (l->target->coaps.host == NULL) {
        say(l, "-", "coaps", "the target file names no coaps:// address");
    } else if (target_probe_one(l->target, true, answer_timeout_us / 2, why)) {
        say(l, "ok", "coaps", "a ClientHello is answered after %.1f ms",
            (double)(clock_mono_us() - began_us) / 1e3);
    } else {
        say(l, "ERROR", "coaps", "%s", why);
        l->code = EXIT_UNREACHABLE;
    }
}

/* `Basic ...` of the device that was made; false: it has no password. */
static bool add_authorization(const struct look *l, struct buf *out)
{
    const char *password = adapter_text(l->made, "password");
    struct buf plain = buf_growing();

    if (password == NULL)
        password = l->target->registry.kind == REGISTRY_STATIC ? NULL : "doctor-secret";
    if (password != NULL) {
        buf_add_format(&plain, "%s@%s:%s", l->device, l->application, password);
        buf_add_str(out, STR("Basic "));
        base64_encode(out, plain.ptr, plain.len);
    }
    buf_fini(&plain);
    return password != NULL;
}

static bool publish(struct look *l, uint8_t *code)
{
    struct buf authorization = buf_growing(), datagram = buf_growing();
    bool ok = add_authorization(l, &authorization);

    if (ok) {
        doctor_write_publish(&datagram, PUBLISH_MID, buf_str(&authorization));
        ok = exchange(&l->target->coap.addr, buf_str(&datagram), PUBLISH_MID, code);
    }
    buf_fini(&authorization);
    buf_fini(&datagram);
    return ok;
}

/* The publish was accepted, and no event came. */
static void explain_silence(struct look *l)
{
    struct buf advice = buf_growing();
    json_t *reply = NULL;

    if (l->target->events.kind == EVENTS_EXEC) /* nobody has asked it anything so far */
        reply = ask(l, json_pack("{s:s}", "op", "sink"));
    if (reply != NULL && is_broken(reply))
        buf_add_str(&advice, str_from(adapter_text(reply, "error")));
    else
        advice_on_events(l->target, &advice);
    say(l, "ERROR", "event", "none within 10 s of an accepted publish: %.*s", (int)advice.len,
        advice.ptr);
    l->code = EXIT_SUITE;
    json_decref(reply);
    buf_fini(&advice);
}

static void look_at_event(struct look *l)
{
    int64_t began_us = clock_mono_us(), end_us = began_us + answer_timeout_us;
    json_t *message;

    if (l->target->events.kind == EVENTS_NONE) {
        say(l, "-", "event", "the target file does not say where events go");
        return;
    }
    while (l->event == NULL && (message = next_message(l, end_us)) != NULL) {
        if (json_object_get(message, "event") != NULL)
            keep_event(l, message);
        else
            json_decref(message);
    }
    if (l->event == NULL) {
        explain_silence(l);
        return;
    }
    const json_t *event = json_object_get(l->event, "event");

    say(l, "ok", "event", "%s, %zu faults, %.1f ms after the answer", adapter_text(event, "mode"),
        json_array_size(json_object_get(event, "faults")),
        (double)(clock_mono_us() - began_us) / 1e3);
}

static void look_at_publish(struct look *l)
{
    struct buf shown = buf_growing(), advice = buf_growing();
    uint8_t code;

    if (!l->coap_answers) {
        say(l, "-", "publish", "needs a coap:// address that answers");
    } else if (!publish(l, &code)) {
        say_where(l, "publish", "coap", "a ping is answered, and a publish is not");
        l->code = EXIT_UNREACHABLE;
    } else {
        doctor_show_code(code, &shown);
        buf_add_char(&shown, '\0');
        if (code >> 5 == 2) {
            say(l, code == 0x44 ? "ok" : "WARN", "publish", "answered %s", shown.ptr);
            look_at_event(l);
        } else {
            advice_on_refusal(l->target, BINDING_COAP, shown.ptr, &advice);
            say(l, "ERROR", "publish", "%.*s", (int)advice.len, advice.ptr);
            l->code = EXIT_UNREACHABLE;
        }
    }
    buf_fini(&advice);
    buf_fini(&shown);
}

static void look_at_commands(struct look *l)
{
    json_t *request = request_of(l, "command", true), *reply;

    (void)json_object_set_new(request, "name", json_string("doctor"));
    (void)json_object_set_new(request, "payload_base64", json_string("eHl6"));
    reply = step(l, request);
    const json_t *status_json = json_object_get(reply, "status");
    char text[120];
    long long status = json_integer_value(status_json);

    if (status_json != NULL && status / 100 == 2) {
        say(l, "ok", "command", "HTTP %lld, with no device waiting", status);
    } else if (status_json != NULL) {
        (void)snprintf(
            text, sizeof text,
            "HTTP %lld to a command for a device that was just made: is it this target's "
            "command API?",
            status);
        say_where(l, "command", "commands.http.url", text);
        l->code = EXIT_SUITE;
    }
    json_decref(reply);
}

/* An adapter must say of what it does not know that it is not available. False: it is of no use. */
static bool look_at_contract(struct look *l)
{
    json_t *reply = ask(l, request_of(l, "no_such_operation", false));
    const char *kind = adapter_text(reply, "kind");

    if (reply != NULL && is_broken(reply)) {
        say(l, "ERROR", "contract", "%s", adapter_text(reply, "error"));
        l->code = EXIT_SUITE;
    } else if (reply != NULL && (kind == NULL || strcmp(kind, "unavailable") != 0)) {
        say(l, "ERROR", "contract",
            "an operation that does not exist must be answered with \"kind\":\"unavailable\"");
        l->code = EXIT_SUITE;
    } else if (reply != NULL) {
        say(l, "ok", "contract", "what does not exist is not available");
    }
    json_decref(reply);
    return l->code != EXIT_SUITE;
}

static json_t *device_request(const struct look *l, const char *op)
{
    json_t *request = request_of(l, op, true);

    (void)json_object_set_new(request, "credentials",
                              json_pack("[{s:s}]", "password", "doctor-secret"));
    return request;
}

static void look_at_registry(struct look *l)
{
    if (!look_at_contract(l))
        return;
    json_decref(step(l, request_of(l, "create_application", false)));
    if (l->code == EXIT_SUITE) {
        say(l, "-", "the rest", "needs an application");
        return;
    }
    json_decref(step(l, request_of(l, "update_application", false)));
    l->made = step(l, device_request(l, "create_device"));
    if (l->made == NULL)
        return;
    if (adapter_text(l->made, "application") != NULL)
        l->application = adapter_text(l->made, "application");
    if (adapter_text(l->made, "device") != NULL)
        l->device = adapter_text(l->made, "device");
    json_decref(step(l, device_request(l, "update_device")));
    look_at_publish(l);
    if (l->code == EXIT_UNREACHABLE)
        say(l, "-", "command", "needs a device that publishes");
    else
        look_at_commands(l);
    json_decref(step(l, request_of(l, "delete_device", true)));
    l->application = l->names[0];
    json_decref(step(l, request_of(l, "delete_application", false)));
}

static bool begin(struct look *l, struct broker *b, int *fd)
{
    *fd = broker_connect(b, "doctor");
    if (*fd < 0) {
        say(l, "ERROR", "broker", "it has died");
        return false;
    }
    l->client = broker_client_new(*fd);
    return true;
}

enum exit_code doctor_look(struct broker *b, const struct target *t, FILE *out)
{
    struct look l = {.target = t, .out = out, .code = EXIT_GOOD, .next_id = 1};
    int fd;

    (void)snprintf(l.names[0], sizeof l.names[0], "doctor%d", (int)getpid());
    (void)snprintf(l.names[1], sizeof l.names[1], "doctordevice%d", (int)getpid());
    l.application = l.names[0];
    l.device = l.names[1];
    if (!begin(&l, b, &fd))
        return EXIT_SUITE;
    look_at_coap(&l);
    look_at_coaps(&l);
    look_at_registry(&l);
    json_decref(l.event);
    json_decref(l.made);
    broker_client_free(&l.client);
    (void)close(fd);
    return l.code;
}

enum exit_code doctor_clean(struct broker *b, FILE *out)
{
    struct look l = {.out = out, .code = EXIT_GOOD, .next_id = 1};
    json_t *list, *name;
    size_t i;
    int fd;

    if (!begin(&l, b, &fd))
        return EXIT_SUITE;
    list = step(&l, json_pack("{s:s}", "op", "list_applications"));
    json_array_foreach(json_object_get(list, "applications"), i, name)
    {
        (void)fprintf(out, "application %s\n", json_string_value(name));
        json_decref(
            step(&l, json_pack("{s:s, s:O}", "op", "delete_application", "application", name)));
    }
    if (list == NULL && l.code == EXIT_GOOD)
        (void)fprintf(out, "nothing to remove: the registry cannot list what is there\n");
    json_decref(list);
    broker_client_free(&l.client);
    (void)close(fd);
    return l.code;
}
