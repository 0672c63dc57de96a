#include "conformance/advice.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conformance/json.h"
#include "lib/target_where.h"

static void begin(const struct target *t, const char *field, struct buf *out)
{
    char where[TARGET_WHERE_LEN];

    buf_add_format(out, "%s: ", target_where(t, field, where));
}

/* ---- events ---- */

static void on_file(const struct target *t, struct buf *out)
{
    const char *path = t->events.file;
    struct stat st;

    begin(t, "events.file", out);
    buf_add_str(out, str_from(path));
    if (stat(path, &st) != 0 || access(path, R_OK) != 0)
        buf_add_format(out, ": %s", strerror(errno));
    else if (!S_ISREG(st.st_mode))
        buf_add_str(out, STR(" is no file"));
    else
        buf_add_str(out, STR(" got no line that is this device's event"));
    buf_add_str(out,
                STR(": name the file to which the target appends its events, one CloudEvent in "
                    "JSON a line"));
}

void advice_on_events(const struct target *t, struct buf *out)
{
    static const struct {
        const char *field, *text;
    } rows[] = {
        [EVENTS_NONE] = {"events",               "not there: say where the target's events go"},
        [EVENTS_HTTP_SINK] =
            {"events.http_sink.url",
                         "no event was sent to the suite: the target must be told to POST them "
             "to {events_url} (start.exec), or to url, which must lead from there "
             "to listen: a target elsewhere does not reach 127.0.0.1"                         },
        [EVENTS_MQTT] = {"events.mqtt.url",
                         "no event came in topic app/APPLICATION: does the target publish to this "
                         "broker, and to that topic?"                                         },
        [EVENTS_KAFKA] =
            {"events.kafka.url",
                         "no event came in topic events-APPLICATION: does the target write to this "
             "broker, and to that topic?"                                                     },
        [EVENTS_EXEC] = {"events.exec",
                         "no event came from the adapter's program: it writes a line "
                         "{\"event\":{...}} as soon as it sees one"                           },
    };

    if (t->events.kind == EVENTS_FILE) {
        on_file(t, out);
        return;
    }
    begin(t, rows[t->events.kind].field, out);
    buf_add_str(out, str_from(rows[t->events.kind].text));
}

/* ---- credentials ---- */

static const char *credential_of(enum binding binding)
{
    switch (binding) {
    case BINDING_COAP:
        return "password";
    case BINDING_COAPS_PSK:
        return "psk";
    case BINDING_COAPS_X509:
        return "cert";
    case BINDINGS:
        break;
    }
    return NULL;
}

static bool has(const struct target_device *d, enum binding binding)
{
    return (binding == BINDING_COAP        ? d->password
            : binding == BINDING_COAPS_PSK ? d->psk
                                           : d->cert) != NULL;
}

/* The first device of the list that is used with binding; else where devices are made. */
static void begin_device(const struct target *t, enum binding binding, const char *credential,
                         struct buf *out)
{
    char field[64] = "registry";
    size_t i = 0;

    while (i < t->registry.device_count && !has(&t->registry.devices[i], binding))
        i++;
    if (i < t->registry.device_count && t->source.len == 0)
        (void)snprintf(field, sizeof field, "--%s", credential);
    else if (i < t->registry.device_count)
        (void)snprintf(field, sizeof field, "registry.static[%zu].%s", i + 1, credential);
    begin(t, field, out);
}

void advice_on_refusal(const struct target *t, enum binding binding, const char *code,
                       struct buf *out)
{
    begin_device(t, binding, credential_of(binding), out);
    buf_add_format(out, "a publish with it is answered %s: ", code);
    if (t->registry.kind == REGISTRY_STATIC)
        buf_add_str(out, STR("does the target know this device of this application, with this "
                             "credential?"));
    else
        buf_add_str(out, STR("the registry took the device, and the target does not know it: is it "
                             "this target's registry? It may need REVOCATION_DELAY"));
}

/* ---- a sanity check ---- */

enum subject { ADDRESS, TLS_CA, TLS_NAME, DEVICE, DEVICE_KEY, FEATURE };

static const struct {
    const char *word; /* in what was found */
    enum subject subject;
    const char *text;
} causes[] = {
    {"local issuer",         TLS_CA,     "is it what the target's certificate ends in?"              },
    {"self-signed",          TLS_CA,     "is it what the target's certificate ends in?"              },
    {"of the server's CA",   TLS_CA,     "expected certificates in PEM form"                         },
    {"certificate has",      TLS_CA,     "the target's certificate, or its authority's, has expired" },
    {"hostname mismatch",    TLS_NAME,   "it must be a name in the target's certificate"             },
    {"key values mismatch",  DEVICE_KEY, "it must be the key of cert"                                },
    {"decrypt_error",        DEVICE,     "does the target know the device with this credential?"     },
    {"decrypt_failed",       DEVICE,     "does the target know the device with this credential?"     },
    {"bad_record_mac",       DEVICE,     "does the target know the device with this credential?"     },
    {"unknown_psk_identity", DEVICE,     "does the target know the device with this credential?"     },
    {"unknown_ca",           DEVICE,     "does the target trust who signed the device's certificate?"},
    {"bad_certificate",      DEVICE,     "does the target take such a certificate?"                  },
    {"certificate_unknown",  DEVICE,     "does the target trust who signed the device's certificate?"},
    {"handshake_failure",    FEATURE,
     "does the target take this credential, with a cipher suite "
     "of RFC 7252? Else do not claim it"                                                             },
    {"",                     ADDRESS,    "is the address right?"                                     },
};

static void begin_subject(const struct target *t, enum binding binding, enum subject subject,
                          struct buf *out)
{
    switch (subject) {
    case ADDRESS:
        begin(t, binding == BINDING_COAP ? "coap" : "coaps", out);
        break;
    case TLS_CA:
        begin(t, "tls.ca", out);
        break;
    case TLS_NAME:
        begin(t, "tls.server_name", out);
        break;
    case DEVICE:
        begin_device(t, binding, credential_of(binding), out);
        break;
    case DEVICE_KEY:
        begin_device(t, binding, "key", out);
        break;
    case FEATURE:
        begin(t, "features", out);
        break;
    }
}

/* `4.03 Forbidden` of `ACK 4.03 Forbidden mid=0x1234 ...`. */
static bool find_refusal(const char *got, char code[40])
{
    const char *at = strstr(got, "4.");
    const char *end = at == NULL ? NULL : strstr(at, " mid=");

    if (at == NULL || (at != got && at[-1] != ' '))
        return false;
    (void)snprintf(code, 40, "%.*s", end == NULL ? (int)strlen(at) : (int)(end - at), at);
    return true;
}

void advice_on_sanity(const struct target *t, enum binding binding, const json_t *finding,
                      struct buf *out)
{
    const char *field = json_text(finding, "field"), *got = json_text(finding, "got");
    const char *reason = json_text(finding, "reason"), *found = reason[0] != '\0' ? reason : got;
    char code[40];
    size_t i = 0;

    if (strcmp(field, "fence") == 0 && strstr(json_text(finding, "expected"), "event") != NULL) {
        advice_on_events(t, out);
        return;
    }
    if (strcmp(field, "adapter") == 0) { /* names its own field */
        buf_add_str(out, str_from(reason));
        return;
    }
    if (find_refusal(got, code)) {
        advice_on_refusal(t, binding, code, out);
        return;
    }
    while (strstr(found, causes[i].word) == NULL)
        i++;
    begin_subject(t, binding, causes[i].subject, out);
    buf_add_format(out, "a known-good publish failed (%s): %s", found, causes[i].text);
}
