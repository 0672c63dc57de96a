#include "reference/demo.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/base64.h"
#include "reference/enroll.h"

#define PASSWORD "hey-rodney"

enum { KEY_BYTES = 16, KEY_LEN = 2 * KEY_BYTES /* as hex digits: a client takes it as text */ };

/* The files of the demo, in the data folder. */
enum file { CA_CERT, CA_KEY, SERVER_CERT, SERVER_KEY, DEVICE_CERT, DEVICE_KEY, DEVICE_PSK, FILES };

static const char *const file_names[FILES] = {
    [CA_CERT] = "demo-ca.crt",          [CA_KEY] = "demo-ca.key",
    [SERVER_CERT] = "server.crt",       [SERVER_KEY] = "server.key",
    [DEVICE_CERT] = DEMO_DEVICE ".crt", [DEVICE_KEY] = DEMO_DEVICE ".key",
    [DEVICE_PSK] = DEMO_DEVICE ".psk",
};

struct demo {
    char *paths[FILES];
    struct registry_target app;
    struct registry_target device;
    int64_t now_us;
    struct pki authority;
    char *why;
};

static void name_files(char **paths, const char *data_dir)
{
    for (size_t i = 0; i < FILES; i++)
        paths[i] = enroll_path(data_dir, str_from(file_names[i]), "");
}

static void free_names(char **paths)
{
    for (size_t i = 0; i < FILES; i++)
        free(paths[i]);
}

bool demo_make_folder(const char *data_dir, char *why)
{
    return enroll_folder(data_dir, why);
}

/* --- certificates --------------------------------------------------------------------------------
 */

/* Are the two files there, valid now, and signed by the authority? Then *found is theirs. */
static bool usable(const struct demo *d, const char *cert_file, const char *key_file,
                   struct pki *found)
{
    char why[PKI_WHY_LEN];
    time_t now = (time_t)(d->now_us / US_PER_S);

    if (!pki_load(cert_file, key_file, found, why))
        return false;
    if (X509_cmp_time(X509_get0_notAfter(found->certificate), &now) > 0 &&
        X509_verify(found->certificate, d->authority.key) == 1)
        return true;
    pki_fini(found);
    return false;
}

static bool make_server(struct demo *d)
{
    const char *cert_file = d->paths[SERVER_CERT];
    const char *key_file = d->paths[SERVER_KEY];
    struct pki made = {0};

    if (usable(d, cert_file, key_file, &made)) {
        pki_fini(&made);
        return true;
    }
    const bool ok = pki_make_server(&d->authority, d->now_us, ENROLL_DAYS, &made, d->why) &&
                    pki_save(&made, cert_file, key_file, d->why);

    pki_fini(&made);
    return ok;
}

static bool make_device_certificate(struct demo *d)
{
    const struct enroll_order order = {
        .authority = &d->authority,
        .now_us = d->now_us,
        .days = ENROLL_DAYS,
        .cert_file = d->paths[DEVICE_CERT],
        .key_file = d->paths[DEVICE_KEY],
    };

    struct pki found;

    if (!usable(d, order.cert_file, order.key_file, &found))
        return enroll_device(&d->device, &order, d->why);
    const bool ok = enroll_subject(&d->device, found.certificate, d->why);

    pki_fini(&found);
    return ok;
}

/* --- the key -------------------------------------------------------------------------------------
 */

static bool write_key(struct demo *d, const char *key)
{
    const int fd = open(d->paths[DEVICE_PSK], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const bool ok = fd >= 0 && write(fd, key, KEY_LEN) == KEY_LEN && write(fd, "\n", 1) == 1;

    if (!ok)
        (void)snprintf(d->why, REGISTRY_WHY_LEN, "%.180s: %s", d->paths[DEVICE_PSK],
                       strerror(errno));
    if (fd >= 0)
        (void)close(fd);
    return ok;
}

/* False when there is no key that can be read; a missing file is no failure of its own. */
static bool read_key(const char *path, char *key)
{
    FILE *file = fopen(path, "re");
    const bool ok = file != NULL && fread(key, 1, KEY_LEN, file) == KEY_LEN;

    if (file != NULL)
        (void)fclose(file);
    key[KEY_LEN] = '\0';
    return ok;
}

static bool new_key(struct demo *d, char *key)
{
    uint8_t bytes[KEY_BYTES];

    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        (void)snprintf(d->why, REGISTRY_WHY_LEN, "no random numbers");
        return false;
    }
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(key + 2 * i, 3, "%02x", bytes[i]);
    return true;
}

/* --- the device ----------------------------------------------------------------------------------
 */

/* With password and key in one step, so that it is never there with half of them. */
static bool create_device(struct demo *d, const char *key)
{
    struct buf base64 = buf_growing();

    base64_encode(&base64, key, KEY_LEN);
    json_t *doc = json_pack("{s:{s:s,s:s},s:{s:{s:[{s:s},{s:{s:s%}}]}}}", "metadata", "application",
                            DEMO_APP, "name", DEMO_DEVICE, "spec", "authentication", "credentials",
                            "pass", PASSWORD, "psk", "key", base64.ptr, base64.len);
    const enum registry_err err = registry_device_create(d->device.registry, doc, d->why);

    json_decref(doc);
    buf_fini(&base64);
    return err == REGISTRY_OK;
}

static bool make_device(struct demo *d)
{
    char text[KEY_LEN + 1];
    const bool has_key = read_key(d->paths[DEVICE_PSK], text);
    json_t *doc;
    const enum registry_err err =
        registry_device_get(d->device.registry, d->device.app, d->device.device, &doc);

    json_decref(doc);
    if (err == REGISTRY_OK && has_key)
        return true;
    if (!has_key && !new_key(d, text))
        return false;
    if (err == REGISTRY_OK) { /* somebody removed the file */
        const struct registry_edit_key key = {
            .key = {text, KEY_LEN}
        };

        return registry_edit_psk(&d->device, &key, d->why) == REGISTRY_OK && write_key(d, text);
    }
    return (has_key || write_key(d, text)) && create_device(d, text);
}

/* --- the whole -----------------------------------------------------------------------------------
 */

/* In steps that a kill between them does not spoil: the next start goes on. */
static bool prepare(struct demo *d)
{
    const enum registry_err err = registry_edit_create(&d->app, d->why);

    return (err == REGISTRY_OK || err == REGISTRY_CONFLICT) &&
           enroll_authority(&d->app, d->paths[CA_CERT], d->paths[CA_KEY], d->now_us, &d->authority,
                            d->why) &&
           make_server(d) && make_device(d) && make_device_certificate(d);
}

bool demo_prepare(const char *data_dir, struct registry *r, int64_t now_us, char *why)
{
    struct demo d = {
        .app = {r, STR(DEMO_APP), {"", 0}         },
        .device = {r, STR(DEMO_APP), STR(DEMO_DEVICE)},
        .now_us = now_us,
        .why = why,
    };

    name_files(d.paths, data_dir);
    const bool ok = demo_make_folder(data_dir, why) && prepare(&d);

    pki_fini(&d.authority);
    free_names(d.paths);
    return ok;
}

/* --- what to type --------------------------------------------------------------------------------
 */

static void say_plain(FILE *say, const char *scheme, unsigned port, const char *credentials)
{
    (void)fprintf(say,
                  "  coap-client-openssl -m post %s://localhost:%u/v1/foo -O 4209,\"Basic %s\"\n",
                  scheme, port, credentials);
}

static void say_coaps(FILE *say, char *const *paths, unsigned port)
{
    char key[KEY_LEN + 1];

    if (read_key(paths[DEVICE_PSK], key))
        (void)fprintf(say,
                      "With its pre-shared key (from %s):\n"
                      "  coap-client-openssl -m post -u %s@%s -k %s -e '{\"temp\":42}' -t 50 "
                      "coaps://localhost:%u/v1/foo\n",
                      paths[DEVICE_PSK], DEMO_DEVICE, DEMO_APP, key, port);
    (void)fprintf(say,
                  "With its certificate, and a look at the server's:\n"
                  "  coap-client-openssl -m post -c %s -j %s -C %s -e '{\"temp\":42}' -t 50 "
                  "coaps://localhost:%u/v1/foo\n",
                  paths[DEVICE_CERT], paths[DEVICE_KEY], paths[CA_CERT], port);
}

/* The device waits in one terminal (half a minute), the command comes from another. */
static void say_command(FILE *say, const struct demo_ports *ports, const char *credentials)
{
    if (ports->http == 0 || (ports->coap == 0 && ports->coaps == 0))
        return;
    (void)fprintf(say, "Wait 30 s for a command, and send one from another terminal:\n");
    (void)fprintf(
        say,
        "  coap-client-openssl -v 7 -m post \"%s://localhost:%u/v1/foo?ct=30\" -O 4209,\"Basic "
        "%s\"\n",
        ports->coap != 0 ? "coap" : "coaps", ports->coap != 0 ? ports->coap : ports->coaps,
        credentials);
    (void)fprintf(say,
                  "  curl -X POST 'http://localhost:%u/api/command/v1alpha1/apps/%s/devices/%s"
                  "?command=set-temp' -H 'Content-Type: application/json' -d '{\"target\":21}'\n",
                  ports->http, DEMO_APP, DEMO_DEVICE);
}

void demo_say(const char *data_dir, const struct demo_ports *ports, FILE *say)
{
    static const char user[] = DEMO_DEVICE "@" DEMO_APP ":" PASSWORD;
    char *paths[FILES];
    struct buf credentials = buf_growing();

    name_files(paths, data_dir);
    base64_encode(&credentials, user, strlen(user));
    buf_add_char(&credentials, '\0');
    (void)fprintf(say,
                  "Data is in %s: registry, keys and certificates.\n"
                  "Device `%s` of application `%s`, password `%s`. Publish with the password:\n",
                  data_dir, DEMO_DEVICE, DEMO_APP, PASSWORD);
    if (ports->coap != 0)
        say_plain(say, "coap", ports->coap, credentials.ptr);
    if (ports->coaps != 0) {
        say_plain(say, "coaps", ports->coaps, credentials.ptr);
        say_coaps(say, paths, ports->coaps);
    }
    say_command(say, ports, credentials.ptr);
    (void)fflush(say);
    buf_fini(&credentials);
    free_names(paths);
}
