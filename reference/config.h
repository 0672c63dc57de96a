/*
 * Everything an operator can set, from the command line and the same names in a file. The table
 * config_table.h has a row for every field: name, default, bounds and help.
 *
 * Times are in microseconds in this struct; the options take a number with a unit (`247s`, `10min`,
 * `1500ms`).
 *
 * Where it listens: with no address named, on the defaults of all three. When any is named, only
 * where it is told. Demo credentials: unless --demo or --no-demo says so, only when neither an
 * address nor a file was named.
 */
#ifndef REFERENCE_CONFIG_H
#define REFERENCE_CONFIG_H

#include <stdio.h>

#include "lib/addr.h"
#include "lib/base.h"

enum { CONFIG_MAX_WORKERS = 64 };

struct config {
    /* where */
    struct addr_list coap;
    struct addr_list coaps;
    struct addr_list http;
    bool listen_given;       /* an address was named */
    const char *config_file; /* NULL: none */
    const char *data_dir;
    const char *registry_file;  /* NULL: none */
    const char *sink;           /* as sink.h says */
    const char *instance;       /* UTF-8 without control characters */
    const char *server_cert;    /* NULL: DATA/server.crt */
    const char *server_key;     /* NULL as server_cert is */
    const char *api_token_file; /* never NULL */
    bool demo;
    bool backend_only;  /* serves what an endpoint process needs, and no devices */
    bool drogue_quirks; /* of the authentication it serves */
    const char *mutant; /* a deviation on purpose, or `list`; NULL: none */
    bool check_only;
    int ready_fd;   /* -1: none */
    int workers;    /* 0: one a core */
    int log_level;  /* enum log_level */
    int log_format; /* enum log_format */
    /* message layer: RFC 7252 4.8 */
    int64_t ack_timeout_us;
    double ack_random_factor;
    int max_retransmit;
    int64_t exchange_lifetime_us;
    int64_t non_lifetime_us;
    int64_t empty_ack_delay_us; /* below ack_timeout_us */
    int64_t dedup_entries;      /* all workers together, 64 bytes each */
    int64_t dedup_bytes;        /* of stored answers that cannot be rebuilt, all workers */
    int64_t peer_rate_per_s;    /* datagrams of one peer; 0: no limit */
    int64_t max_exchanges;      /* in work or waiting, all workers */
    /* publish */
    int64_t max_ct_us;
    int64_t retry_after_us;
    int64_t max_payload_bytes;  /* of a publish, in one datagram or in blocks */
    int64_t max_transfers;      /* uploads, and as many downloads, in blocks at once, all workers */
    int64_t max_transfer_bytes; /* memory for uploads, and as much for downloads, all workers */
    bool allow_put;
    int64_t drain_us; /* longest time from SIGTERM to the end */
    /* sink */
    int64_t sink_rotate_bytes; /* 0: never */
    int64_t sink_max_bytes;    /* handed over and not yet confirmed, a worker */
    int sink_mode;             /* enum sink_mode */
    int sink_connections;      /* HTTP: at once; MQTT: messages at once */
    int64_t sink_timeout_us;   /* all attempts together */
    const char *sink_ca;       /* NULL: the system's authorities */
    const char *sink_user;     /* NULL: none */
    const char *sink_token;    /* file; NULL: none */
    /* commands, besides the API */
    const char *commands;       /* as command_source.h says; NULL: none */
    const char *commands_ca;    /* NULL: the system's authorities */
    const char *commands_user;  /* NULL: none */
    const char *commands_token; /* file; NULL: none */
    /* DTLS */
    int64_t dtls_mtu; /* bytes of UDP payload in a handshake flight */
    int64_t dtls_idle_us;
    int64_t dtls_handshake_timeout_us;
    int64_t dtls_retransmit_us;  /* first timer of a flight, doubling */
    int64_t dtls_max_handshakes; /* all workers */
    int64_t dtls_max_sessions;   /* all workers */
    /* authentication */
    int hash_threads;
    int64_t hash_queue;
    int64_t hash_cache_entries; /* a worker */
    int64_t hash_cache_us;
    /* of a bare endpoint */
    const char *auth_url;   /* of the service that knows the devices; NULL: the registry does */
    const char *auth_ca;    /* NULL: the system's authorities */
    const char *auth_token; /* file; NULL: none */
    int64_t auth_timeout_us;
    int64_t auth_cache_us;
    int64_t auth_cache_entries; /* a worker */
    int auth_connections;
    int64_t auth_queue;
    /* HTTP API */
    int64_t api_max_body_bytes;
    int64_t api_max_header_bytes;
    int64_t api_timeout_us;
    int64_t api_max_connections;
    /* what the options were read from; borrowed */
    int argc;
    char **argv;
    /* texts that config_fini frees; the pointers above go to them, to argv and to constants */
    char *owned_file;
    char *owned_sink;
    char *owned_token_file;
};

/* Defaults for every field; nothing is owned. */
void config_defaults(struct config *c);

enum config_verdict { CONFIG_RUN, CONFIG_EXIT_OK, CONFIG_EXIT_USAGE };

/*
 * Reads the command line and the file that --config names (the command line wins). Prints help,
 * version or man page to stdout, or to stderr one line with what is wrong (`file:line: option: what
 * was expected`). Borrows argv until config_fini.
 */
enum config_verdict config_load(int argc, char **argv, struct config *out) MUST_CHECK;

/*
 * Reads again what running was read from: the same command line, and the file it names as it is
 * now. False: why (OPT_WHY_LEN) says what is wrong. config_fini(out) either way.
 */
bool config_reload(const struct config *running, struct config *out, char *why) MUST_CHECK;

/* Calls report for each option that differs and cannot change while the program runs. */
void config_report_fixed(const struct config *running, const struct config *fresh,
                         void (*report)(void *arg, const char *name), void *arg);

/* Frees what config_load and config_reload allocated, whatever came of it. */
void config_fini(struct config *c);

/* The man page seatrial-endpoint(1), in roff; the build installs it. */
void config_print_man(FILE *out);

#endif
