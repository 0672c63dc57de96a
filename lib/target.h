/*
 * The target file: what the testers are told about an endpoint. Data only, written in Lua.
 *
 * It may compute, and call env "NAME"; nothing else is there. Unknown fields are refused with
 * file:line and a suggestion. Texts may hold placeholders: {coap_port} {coaps_port} {http_port}
 * {broker_port} {backend_port} {backend_url} {dir} {seed} are replaced while the file is read,
 * {events_url} and {registry_file} only by target_expand: the event sink must listen before its
 * address is known, and who the devices are is not known earlier.
 *
 * Lists of texts (`const char *const *`) end with NULL; they are NULL when not given.
 */
#ifndef LIB_TARGET_H
#define LIB_TARGET_H

#include "lib/addr.h"
#include "lib/arena.h"
#include "lib/target_broker.h"
#include "lib/target_places.h"

struct target_address {
    const char *host; /* NULL: the target has no such address */
    uint16_t port;
    struct addr addr; /* after target_resolve */
};

/* One of the devices that exist already; NULL: it has no such thing. */
struct target_device {
    const char *application;
    const char *device;
    const char *password;
    const char *username;     /* of the password, when not the device */
    const char *psk_identity; /* default device@application */
    const char *psk;          /* the key's bytes are its text, or base64 after `base64:` */
    const char *cert;         /* PEM files */
    const char *key;
    const char *const *aliases;
};

enum target_registry { REGISTRY_NONE, REGISTRY_DROGUE, REGISTRY_STATIC, REGISTRY_EXEC };
enum target_commands { COMMANDS_NONE, COMMANDS_HTTP, COMMANDS_MQTT, COMMANDS_KAFKA, COMMANDS_EXEC };
enum target_events {
    EVENTS_NONE,
    EVENTS_HTTP_SINK,
    EVENTS_MQTT,
    EVENTS_KAFKA,
    EVENTS_FILE,
    EVENTS_EXEC
};

/* A REST API. At most one of token, token_file, user is set. */
struct target_api {
    const char *url;
    const char *token;      /* bearer */
    const char *token_file; /* read at the first call, as the target may make it */
    const char *user;       /* Basic authentication */
    const char *password;
    const char *ca; /* PEM file; NULL: the system's */
};

enum { TARGET_PARAMETERS_MAX = 40 };

struct target {
    const char *file;  /* where it was read from; "command line" */
    struct str source; /* what stood there; empty: the command line */
    const char *name;
    const char *version; /* NULL: not stated */
    struct target_address coap;
    struct target_address coaps;
    const char *const *features;
    bool durable; /* an acknowledged event survives kill -9 */
    bool gentle;  /* fragile: no floods; malformed messages last, if it can be restarted */
    /* ciphers: "rfc7252", or a list of OpenSSL names (cipher_list) */
    bool ciphers_rfc7252;
    const char *const *cipher_list;
    struct {
        const char *ca; /* PEM file of the server's anchors; NULL: it is not verified */
        const char *server_name;
    } tls;
    struct {
        enum target_registry kind;
        struct target_api drogue;
        const struct target_device *devices; /* static */
        size_t device_count;
        const char *const *exec;
    } registry;
    struct {
        enum target_commands kind;
        struct target_api http;
        struct target_broker broker; /* mqtt, kafka */
        const char *const *exec;
    } commands;
    struct {
        enum target_events kind;
        const char *listen;          /* http_sink */
        const char *url;             /* how the target reaches it; NULL: by the address of listen */
        struct target_broker broker; /* mqtt, kafka */
        const char *file;
        const char *const *exec;
    } events;
    const struct target_helper *helpers;
    size_t helper_count;
    struct {
        const char *const
            *exec;         /* NULL: the suite does not start it. Not expanded: target_expand */
        const char *ready; /* "coap": a ping is answered; "http": the registry answers */
    } start;

    double parameter[TARGET_PARAMETERS_MAX]; /* by target_parameter_name; NAN: none */
    struct arena arena;
};

/*
 * Reads a target file. places may be NULL when no placeholder can occur. False: why
 * (TARGET_WHY_LEN) says all that is wrong, `file:line: message` a line; *t is empty.
 */
bool target_load(struct target *t, const char *path, const struct target_places *places,
                 char *why) MUST_CHECK;
/* As target_load, from text. shown: the file's name in messages. */
bool target_read(struct target *t, struct str text, const char *shown,
                 const struct target_places *places, char *why) MUST_CHECK;
/* `coap://host[:port]` or `coaps://host[:port]` with one device (may be NULL). Its features are
 * what the device's credentials allow. */
bool target_from_url(struct target *t, const char *url, const struct target_device *device,
                     char *why) MUST_CHECK;
void target_fini(struct target *t);

/* Looks up the hosts of coap and coaps; may block. False: why says which. */
bool target_resolve(struct target *t, char *why) MUST_CHECK;

bool target_claims(const struct target *t, const char *feature);

/*
 * Parameters: RFC 7252 4.8 and 4.8.2 (computed from the former unless stated) and those of the
 * target's own. Times in seconds, sizes in bytes.
 */
bool target_parameter(const struct target *t, const char *name, double *out) MUST_CHECK;
const char *target_parameter_name(size_t index); /* NULL beyond the last */
bool target_parameter_is_time(size_t index);

#endif
