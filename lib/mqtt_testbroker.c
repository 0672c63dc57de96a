#include "lib/mqtt_testbroker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/pki_forge.h"
#include "lib/target.h"

enum { LOOK_MS = 10, PATH_LEN = 128 };

/* Debian's place, which a user's PATH may leave out. */
static const char *const programs[] = {"/usr/sbin/mosquitto", "/usr/bin/mosquitto"};

static const char *find_program(void)
{
    for (size_t i = 0; i < COUNT(programs); i++)
        if (access(programs[i], X_OK) == 0)
            return programs[i];
    return NULL;
}

static void write_file(const struct testbroker *b, const char *name, struct str text)
{
    char path[PATH_LEN];

    (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
    FILE *f = fopen(path, "we");
    bool good = f != NULL && fwrite(text.ptr, 1, text.len, f) == text.len && fclose(f) == 0;

    assert(good);
    UNUSED(good);
}

static void write_pem(const struct testbroker *b, const struct forged *f, const char *certificate,
                      const char *key)
{
    struct buf pem = buf_growing();

    forge_certificate_pem(f->certificate, &pem);
    write_file(b, certificate, buf_str(&pem));
    buf_clear(&pem);
    forge_key_pem(f->key, &pem);
    write_file(b, key, buf_str(&pem));
    buf_fini(&pem);
}

static void make_certificates(struct testbroker *b)
{
    struct forge forge = {.seed = 1};
    struct forged ca = {0}, server = {0};
    char why[FORGE_WHY_LEN];
    const struct forge_wish ca_wish = {.subject = STR("CN=CA of a test"), .is_ca = true};
    const struct forge_wish wish = {.subject = STR("CN=broker"),
                                    .issuer = &ca,
                                    .extended_usage = "serverAuth",
                                    .alternative_names = "IP:127.0.0.1,DNS:localhost"};
    int64_t now_s = clock_wall_us() / US_PER_S;
    bool good = forge_make(&forge, &ca_wish, now_s, &ca, why) &&
                forge_make(&forge, &wish, now_s, &server, why);

    assert(good);
    UNUSED(good);
    write_pem(b, &ca, "ca.crt", "ca.key");
    write_pem(b, &server, "server.crt", "server.key");
    (void)snprintf(b->ca_file, sizeof b->ca_file, "%s/ca.crt", b->dir);
    forged_fini(&ca);
    forged_fini(&server);
}

bool testbroker_init(struct testbroker *b, bool tls, const char *extra)
{
    struct target_places places = {.dir = ""};
    struct buf text = buf_growing();

    *b = (struct testbroker){.dir = "/tmp/seatrial-mqtt-XXXXXX"};
    if (find_program() == NULL)
        return false;
    bool good = mkdtemp(b->dir) != NULL && target_free_ports(&places);

    assert(good);
    UNUSED(good);
    (void)chmod(b->dir, 0755); /* as root mosquitto becomes another user */
    b->port = places.coap_port;
    (void)snprintf(b->url, sizeof b->url, "%s://127.0.0.1:%u", tls ? "mqtts" : "mqtt", b->port);
    if (geteuid() == 0)
        buf_add_str(&text, STR("user root\n"));
    buf_add_format(&text, "listener %u 127.0.0.1\nlog_dest none\n", b->port);
    if (tls) {
        make_certificates(b);
        buf_add_format(&text, "certfile %s/server.crt\nkeyfile %s/server.key\n", b->dir, b->dir);
    }
    if (extra == NULL || strstr(extra, "allow_anonymous") == NULL)
        buf_add_str(&text, STR("allow_anonymous true\n"));
    for (const char *at = extra; at != NULL && *at != '\0'; at++) {
        if (*at == '@') /* the folder */
            buf_add_str(&text, str_from(b->dir));
        else
            buf_add_char(&text, *at);
    }
    write_file(b, "mosquitto.conf", buf_str(&text));
    buf_fini(&text);
    return true;
}

void testbroker_password(const struct testbroker *b, const char *user, const char *password)
{
    char path[PATH_LEN];
    char *argv[] = {"mosquitto_passwd",          "-b", "-c", path, (char *)(uintptr_t)user,
                    (char *)(uintptr_t)password, NULL};
    char *env[] = {NULL};
    pid_t pid;
    int status = 0;

    (void)snprintf(path, sizeof path, "%s/passwords", b->dir);
    bool good = posix_spawn(&pid, "/usr/bin/mosquitto_passwd", NULL, NULL, argv, env) == 0 &&
                waitpid(pid, &status, 0) == pid && status == 0;

    assert(good);
    UNUSED(good);
}

static bool takes_connections(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = connect(fd, (const struct sockaddr *)&to, sizeof to) == 0;

    (void)close(fd);
    return good;
}

void testbroker_start(struct testbroker *b)
{
    char path[PATH_LEN];

    assert(b->pid == 0);
    (void)snprintf(path, sizeof path, "%s/mosquitto.conf", b->dir);
    (void)fflush(NULL);
    b->pid = fork();
    if (b->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO); /* it warns of root */
        (void)execl(find_program(), "mosquitto", "-c", path, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; !takes_connections(b->port); i++) {
        assert(waitpid(b->pid, NULL, WNOHANG) == 0 && i < 2000);
        (void)poll(NULL, 0, LOOK_MS);
    }
}

void testbroker_stop(struct testbroker *b, int number)
{
    (void)kill(b->pid, number);
    (void)waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    UNUSED(st);
    UNUSED(kind);
    UNUSED(place);
    return remove(path);
}

void testbroker_fini(struct testbroker *b)
{
    if (b->pid != 0)
        testbroker_stop(b, SIGKILL);
    if (find_program() != NULL)
        (void)nftw(b->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
