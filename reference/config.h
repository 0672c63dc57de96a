/*
 * Everything an operator can set, from the command line and the same names in a file, from one
 * table.
 *
 * Times are in microseconds in this struct; the options take a number with a unit (`247s`, `10min`,
 * `1500ms`). A field that is not set keeps its default; config_load says so for every field in one
 * place.
 */
#ifndef REFERENCE_CONFIG_H
#define REFERENCE_CONFIG_H

#include "lib/addr.h"
#include "lib/base.h"

enum { CONFIG_MAX_WORKERS = 64 };

struct config {
    /* where */
    struct addr_list coap;  /* --coap ADDR, repeatable; default 127.0.0.1:5683 and [::1]:5683 */
    struct addr_list coaps; /* --coaps ADDR; default the same with 5684 */
    struct addr_list http;  /* --http ADDR; default 127.0.0.1:8080 */
    bool listen_given;          /* an address was named: demo credentials only with --demo */
    const char *config_file;    /* --config FILE */
    const char *data_dir;       /* --data DIR; default ./seatrial-data */
    const char *registry_file;  /* --registry FILE.json, merged in at start; NULL when none */
    const char *sink;           /* --sink file:PATH | null: ; default file:DATA/events.ndjson */
    const char *instance;       /* --instance NAME; the CloudEvent extension; default "drogue" */
    const char *server_cert;    /* --cert FILE; NULL: DATA/server.crt, made by the demo */
    const char *server_key;     /* --key FILE */
    const char *api_token_file; /* --api-token FILE; default DATA/api-token */
    bool demo;                  /* --demo, or nothing was given */
    bool check_only;            /* --check-config */
    int ready_fd;   /* --ready-fd N: a line is written and the fd closed when ready; -1 none */
    int workers;    /* --workers N; 0: one a core */
    int log_level;  /* --log-level: enum log_level */
    int log_format; /* --log-format: enum log_format */
    /* message layer: RFC 7252 4.8 */
    int64_t ack_timeout_us;       /* --ack-timeout 2s */
    double ack_random_factor;     /* --ack-random-factor 1.5 */
    int max_retransmit;           /* --max-retransmit 4 */
    int64_t exchange_lifetime_us; /* --exchange-lifetime 247s */
    int64_t non_lifetime_us;      /* --non-lifetime 145s */
    int64_t empty_ack_delay_us; /* --empty-ack-delay 1500ms: quick answers stay piggy-backed before
                                   it */
    int64_t dedup_entries;      /* --dedup-entries 4194304, all workers together, 64 bytes each */
    int64_t dedup_bytes;        /* --dedup-bytes 64MiB of stored answers that cannot be rebuilt */
    int64_t max_exchanges; /* --max-exchanges 262144 requests in work or waiting, all workers */
    /* publish */
    int64_t max_ct_us;      /* --max-ct 10min: a longer ct is shortened to it */
    int64_t retry_after_us; /* --retry-after 5s: Max-Age of a 5.03 */
    bool allow_put;         /* --allow-put: PUT publishes like POST */
    int64_t drain_us;       /* --drain 5s: longest time from SIGTERM to the end */
    /* sink */
    int64_t sink_rotate_bytes; /* --sink-rotate 1GiB; 0 never */
    int64_t sink_max_bytes;    /* --sink-max-bytes 64MiB events handed over and not yet confirmed, a
                                  worker */
    /* DTLS */
    int64_t dtls_mtu;     /* --dtls-mtu 1200 bytes of UDP payload in a handshake flight */
    int64_t dtls_idle_us; /* --dtls-idle 5min of silence, then close_notify */
    int64_t dtls_handshake_timeout_us; /* --dtls-handshake-timeout 30s */
    int64_t dtls_retransmit_us;        /* --dtls-retransmit 1s first timer of a flight, doubling */
    int64_t dtls_max_handshakes;       /* --dtls-max-handshakes 4096 at once, all workers */
    int64_t dtls_max_sessions;         /* --dtls-max-sessions 262144, all workers */
    /* authentication */
    int hash_threads;           /* --hash-threads 1: password hashes computed at once */
    int64_t hash_queue;         /* --hash-queue 1024 waiting for a thread, then 5.03 */
    int64_t hash_cache_entries; /* --hash-cache 65536 verdicts remembered, a worker */
    int64_t hash_cache_us;      /* --hash-cache-time 5min */
    /* HTTP API */
    int64_t api_max_body_bytes;  /* --api-max-body 64KiB */
    int64_t api_timeout_us;      /* --api-timeout 10s idle connection */
    int64_t api_max_connections; /* --api-max-connections 64 */
};

/* Defaults for every field. No text is owned: pointers are to constants or to argv and the file's
 * text. */
void config_defaults(struct config *c);

enum config_verdict { CONFIG_RUN, CONFIG_EXIT_OK, CONFIG_EXIT_USAGE };

/*
 * Reads the command line and the file that --config names (command line wins). Prints help, version
 * or one line with what is wrong (`file:line: field: what was expected`). The strings live until
 * the program ends.
 */
enum config_verdict config_load(int argc, char **argv, struct config *out) MUST_CHECK;

#endif
