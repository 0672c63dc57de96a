/*
 * seatrial-kafka: a Kafka broker on this machine, for tests and for trying things out. It is the
 * mock cluster inside of librdkafka, which real clients can use; what it holds is gone when it
 * ends.
 *
 * The mock cluster chooses its port itself. Clients are told another one: what comes there is
 * passed on, and the cluster's answers then name its own.
 *
 * usage: seatrial-kafka PORT
 */
#include <arpa/inet.h>
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base.h"
#include "lib/kafka.h"
#include "lib/thread.h"

enum { PART = 65536 };

static struct sockaddr_in mock; /* where the cluster listens */

static struct sockaddr_in loopback(uint16_t port)
{
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* False: an end has closed. */
static bool pass_on(int from, int to)
{
    char part[PART];
    ssize_t len = read(from, part, sizeof part), sent = 0;

    while (sent < len) {
        ssize_t more = write(to, part + sent, (size_t)(len - sent));

        if (more <= 0)
            return false;
        sent += more;
    }
    return len > 0;
}

/* One client's connection. */
static void *serve(void *arg)
{
    int *client = arg;
    int cluster = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pollfd fds[2] = {
        {.fd = *client, .events = POLLIN},
        {.fd = cluster, .events = POLLIN}
    };
    bool open = connect(cluster, (const struct sockaddr *)&mock, sizeof mock) == 0;

    while (open && poll(fds, 2, -1) > 0)
        for (size_t i = 0; i < 2 && open; i++)
            if (fds[i].revents != 0)
                open = pass_on(fds[i].fd, fds[1 - i].fd);
    (void)close(*client);
    (void)close(cluster);
    free(client);
    return NULL;
}

static int listen_at(uint16_t port)
{
    const struct sockaddr_in here = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (const struct sockaddr *)&here, sizeof here) == 0 && listen(fd, SOMAXCONN) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void accept_all(int listener)
{
    for (;;) {
        int *client = xmalloc(sizeof *client);
        pthread_t thread;

        *client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (*client >= 0 && thread_start(&thread, serve, client)) {
            (void)pthread_detach(thread);
            continue;
        }
        free(client);
        if (errno != EINTR && errno != ECONNABORTED)
            return;
    }
}

/* The port of `127.0.0.1:1234`. */
static uint16_t port_of(const char *bootstraps)
{
    const char *colon = strrchr(bootstraps, ':');

    return colon == NULL ? 0 : (uint16_t)strtoul(colon + 1, NULL, 10);
}

int main(int argc, char **argv)
{
    char why[KAFKA_WHY_LEN] = "";
    char *end = NULL;
    unsigned long port = argc == 2 ? strtoul(argv[1], &end, 10) : 0;

    if (port == 0 || port > UINT16_MAX || *end != '\0') {
        (void)fputs("usage: seatrial-kafka PORT\n", stderr);
        return 2;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    rd_kafka_conf_t *conf = rd_kafka_conf_new();

    (void)rd_kafka_conf_set(conf, "test.mock.num.brokers", "1", NULL, 0);
    rd_kafka_t *rk = kafka_new(RD_KAFKA_PRODUCER, conf, why);
    const rd_kafka_mock_cluster_t *cluster = rk == NULL ? NULL : rd_kafka_handle_mock_cluster(rk);

    if (cluster == NULL) {
        (void)fprintf(stderr, "seatrial-kafka: librdkafka has no mock cluster: %s\n", why);
        return 1;
    }
    mock = loopback(port_of(rd_kafka_mock_cluster_bootstraps(cluster)));
    int listener = listen_at((uint16_t)port);

    if (listener < 0) {
        (void)fprintf(stderr, "seatrial-kafka: 127.0.0.1:%lu: %s\n", port, strerror(errno));
        return 2;
    }
    (void)printf("seatrial-kafka: kafka://127.0.0.1:%lu\n", port);
    (void)fflush(stdout);
    accept_all(listener);
    return 1;
}
