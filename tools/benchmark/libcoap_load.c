/*
 * bench_libcoap_load: what bench_coap_load does, by libcoap as a program of few lines would use it:
 * one context, a session (and with it a socket) for each device, and the handler of a response
 * sends the next request, from the device that has been idle for longest. Prints one line of JSON.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include <coap3/coap.h>

#include "lib/clock.h"
#include "tools/benchmark/bench.h"

enum { WAIT_MS = 20, LOST_US = 1000000 };

struct load {
    struct addr_list to;
    int64_t peers;
    int64_t window;
    int64_t duration_us;
    coap_context_t *context;
    coap_session_t **idle; /* a ring of `peers` */
    size_t idle_head;
    size_t idle_count;
    int64_t sent;
    int64_t answered;
    int64_t success;
    int64_t failed;
    bool sending;
    int64_t start_us;
    /* when the time was over */
    int64_t in_time; /* answered until then */
    double seconds;
};

/* clang-format off */
static const struct opt options[] = {
    OPT_ROW(load, to, "to", ADDRESS, NULL, "ADDR", NULL, NULL, "The server, in 127.0.0.0/8.", 0),
    OPT_ROW(load, peers, "peers", INTEGER, "1000", "N", "1", "15000", "Sessions.", 0),
    OPT_ROW(load, window, "window", INTEGER, "256", "N", "1", "15000", "Requests in flight.", 0),
    OPT_ROW(load, duration_us, "time", DURATION, "5s", "TIME", "10ms", "10min", "How long.", 0),
};
/* clang-format on */

static void die(const char *what)
{
    (void)fprintf(stderr, "bench_libcoap_load: %s\n", what);
    exit(2);
}

static coap_pdu_t *make_publish(coap_session_t *session, int64_t number)
{
    static const char credential[] = "Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5";
    static const char payload[] = "{\"temp\":21.5,\"unit\":\"C\",\"seq\":1}";
    uint8_t token[] = {(uint8_t)(number >> 8), (uint8_t)number};
    coap_pdu_t *pdu = coap_new_pdu(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, session);

    if (pdu == NULL || coap_add_token(pdu, sizeof token, token) == 0 ||
        coap_add_option(pdu, 11, 2, (const uint8_t *)"v1") == 0 ||
        coap_add_option(pdu, 11, 5, (const uint8_t *)"bench") == 0 ||
        coap_add_option(pdu, 12, 1, (const uint8_t *)"\x32") == 0 ||
        coap_add_option(pdu, 4209, sizeof credential - 1, (const uint8_t *)credential) == 0 ||
        coap_add_data(pdu, sizeof payload - 1, (const uint8_t *)payload) == 0)
        die("cannot make a message");
    return pdu;
}

static void send_next(struct load *l)
{
    coap_session_t *session = l->idle[l->idle_head];

    l->idle_head = (l->idle_head + 1) % (size_t)l->peers;
    l->idle_count--;
    if (coap_send(session, make_publish(session, ++l->sent)) == COAP_INVALID_MID)
        die("cannot send");
}

static void end_in_time(struct load *l)
{
    int64_t now_us = clock_mono_us();

    if (!l->sending || now_us - l->start_us < l->duration_us)
        return;
    l->sending = false;
    l->in_time = l->answered;
    l->seconds = (double)(now_us - l->start_us) / 1e6;
}

/* coap_io_process does not return while many sessions are answered, so that time is looked at here.
 */
static void give_back(struct load *l, coap_session_t *session)
{
    l->idle[(l->idle_head + l->idle_count++) % (size_t)l->peers] = session;
    end_in_time(l);
    if (l->sending)
        send_next(l);
}

static coap_response_t on_response(coap_session_t *session, const coap_pdu_t *sent,
                                   const coap_pdu_t *received, const coap_mid_t mid)
{
    struct load *l = coap_get_app_data(coap_session_get_context(session));

    UNUSED(sent);
    UNUSED(mid);
    l->answered++;
    l->success += coap_pdu_get_code(received) >> 5 == 2;
    give_back(l, session);
    return COAP_RESPONSE_OK;
}

static void on_nack(coap_session_t *session, const coap_pdu_t *sent, const coap_nack_reason_t why,
                    const coap_mid_t mid)
{
    struct load *l = coap_get_app_data(coap_session_get_context(session));

    UNUSED(sent);
    UNUSED(why);
    UNUSED(mid);
    l->failed++;
    give_back(l, session);
}

static void make_sessions(struct load *l)
{
    coap_address_t server;

    coap_startup();
    coap_set_log_level(LOG_EMERG);
    l->context = coap_new_context(NULL);
    if (l->context == NULL)
        die("no context");
    coap_set_app_data(l->context, l);
    coap_register_response_handler(l->context, on_response);
    coap_register_nack_handler(l->context, on_nack);
    coap_address_init(&server);
    server.size = sizeof server.addr.sin;
    server.addr.sin = l->to.addr[0].in;
    l->idle = xcalloc((size_t)l->peers, sizeof(*l->idle));
    for (int64_t i = 0; i < l->peers; i++) {
        l->idle[i] = coap_new_client_session(l->context, NULL, &server, COAP_PROTO_UDP);
        if (l->idle[i] == NULL)
            die("no session: too many descriptors?");
    }
    l->idle_count = (size_t)l->peers;
}

static int64_t in_flight(const struct load *l)
{
    return l->peers - (int64_t)l->idle_count;
}

static void run(struct load *l)
{
    double start_cpu_s = bench_cpu_s();
    double used_s;

    l->start_us = clock_mono_us();
    l->sending = true;
    while (in_flight(l) < l->window)
        send_next(l);
    for (; l->sending; end_in_time(l))
        (void)coap_io_process(l->context, WAIT_MS);
    used_s = bench_cpu_s() - start_cpu_s;
    for (int64_t end_us = clock_mono_us() + LOST_US; in_flight(l) > 0 && clock_mono_us() < end_us;)
        (void)coap_io_process(l->context, WAIT_MS);
    (void)printf("{\"sent\":%lld,\"answered\":%lld,\"success\":%lld,\"lost\":%lld,"
                 "\"seconds\":%.3f,\"rate_per_s\":%.0f,\"cpu_s\":%.3f}\n",
                 (long long)l->sent, (long long)l->answered, (long long)l->success,
                 (long long)(in_flight(l) + l->failed), l->seconds, (double)l->in_time / l->seconds,
                 used_s);
}

int main(int argc, char **argv)
{
    struct bench_program program = {"bench_libcoap_load", "publishes of many libcoap sessions",
                                    options, COUNT(options)};
    struct load l = {.sent = 0};

    bench_options(&program, &l, argc, argv);
    if (l.to.count != 1 || l.window > l.peers)
        die("one --to, and not more in flight than peers");
    make_sessions(&l);
    run(&l);
    coap_free_context(l.context);
    coap_cleanup();
    free(l.idle);
    return 0;
}
