#include "simulator/application.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "lib/base64.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "simulator/identity.h"
#include "simulator/marker.h"

enum { RUN = 0x1234, SEED = 5, DEVICES = 3 };

/* Keeps what it is asked in $SEATRIAL_TEST_DIR/log, and takes every command but those for device 2.
 */
#define TARGET                                                                                     \
    "return { name = 'x', coap = 'coap://h', events = { file = '{dir}/events' },\n"                \
    "commands = { exec = { '/bin/sh', '-c', [[\n"                                                  \
    "read -r hello; echo '{\"protocol\":\"seatrial-adapter\",\"version\":1}'\n"                    \
    "while read -r line; do\n"                                                                     \
    "  id=${line##*\\\"id\\\":}; id=${id%%[!0-9]*}\n"                                              \
    "  echo \"$line\" >>$SEATRIAL_TEST_DIR/log\n"                                                  \
    "  case $line in\n"                                                                            \
    "  *d0000000002*) echo \"{\\\"ok\\\":true,\\\"status\\\":503,\\\"id\\\":$id}\";;\n"            \
    "  *) echo \"{\\\"ok\\\":true,\\\"status\\\":202,\\\"id\\\":$id}\";;\n"                        \
    "  esac\n"                                                                                     \
    "done]] } } }"

#define PROFILE                                                                                    \
    "return { summary = 'x', devices = 3, period = '1 s', stages = { { hold = '1 s' } },\n"        \
    "classes = { a = { ct = { 5, 5 }, ct_part = 1 } }, commands = { rate = 50, payload = 200 } }"

struct world {
    struct target target;
    struct profile profile;
    struct notice_ring ring;
    struct application *a;
    struct tally tally;
    char dir[64];
};

static void begin(struct world *w)
{
    char why[2048];

    *w = (struct world){.dir = "/tmp/seatrial-application-XXXXXX"};
    assert_non_null(mkdtemp(w->dir));
    assert_int_equal(setenv("SEATRIAL_TEST_DIR", w->dir, 1), 0);
    struct target_places places = {.coap_port = 1, .dir = w->dir, .seed = "5"};

    if (!target_read(&w->target, STR(TARGET), "t.lua", &places, why) ||
        !profile_read(&w->profile, STR(PROFILE), "p.lua", why))
        fail_msg("%s", why);
    notice_ring_init(&w->ring);
    tally_init(&w->tally);
    w->a = application_new(
        &(struct application_options){
            .target = &w->target,
            .profile = &w->profile,
            .run_id = "0000000000001234",
            .run = RUN,
            .seed = SEED,
            .device_count = DEVICES,
            .commands_per_s = w->profile.commands_per_s,
            .rings = &w->ring,
            .ring_count = 1,
        },
        why);
    if (w->a == NULL)
        fail_msg("%s", why);
    assert_true(application_sees_events(w->a));
}

static void end(struct world *w)
{
    static const char *const files[] = {"log", "events"};
    char path[128];

    application_free(&w->a);
    for (size_t i = 0; i < COUNT(files); i++) {
        (void)snprintf(path, sizeof path, "%s/%s", w->dir, files[i]);
        (void)unlink(path);
    }
    assert_int_equal(rmdir(w->dir), 0);
    notice_ring_fini(&w->ring);
    tally_fini(&w->tally);
    profile_fini(&w->profile);
    target_fini(&w->target);
}

/* An event of a publish whose marker is in JSON or, where base64 is set, in octets. */
static void write_event_of(const struct world *w, uint64_t run, uint32_t device, uint32_t sequence,
                           bool base64)
{
    struct marker m = {run, device, sequence, 5, clock_mono_us()};
    char path[128], application[IDENTITY_APPLICATION_LEN], name[IDENTITY_DEVICE_LEN];
    uint8_t payload[MARKER_LEN + 3];
    struct buf data = buf_growing();
    FILE *f;

    marker_write(&m, payload);
    memset(payload + MARKER_LEN, ' ', 3);
    identity_application(SEED, application);
    identity_device(device, name);
    if (base64) {
        buf_add_str(&data, STR("\"data_base64\":\""));
        base64_encode(&data, payload, sizeof payload);
        buf_add_char(&data, '"');
    } else {
        buf_add_str(&data, STR("\"data\":"));
        buf_add(&data, payload, sizeof payload);
    }
    (void)snprintf(path, sizeof path, "%s/events", w->dir);
    f = fopen(path, "ae");
    assert_non_null(f);
    (void)fprintf(f,
                  "{\"id\":\"%u\",\"source\":\"s\",\"type\":\"io.drogue.event.v1\","
                  "\"application\":\"%s\",\"device\":\"%s\",%.*s}\n",
                  sequence, application, name, (int)data.len, data.ptr);
    (void)fclose(f);
    buf_fini(&data);
}

static void write_event(const struct world *w, uint32_t device, uint32_t sequence, bool base64)
{
    write_event_of(w, RUN, device, sequence, base64);
}

static void post(struct world *w, enum notice_kind kind, uint32_t device, uint32_t command)
{
    notice_post(&w->ring, &(struct notice){.at_us = clock_mono_us(),
                                           .device = device,
                                           .sequence = 1,
                                           .command = command,
                                           .kind = (uint8_t)kind});
}

static void await(struct world *w, enum tally_counter counter, uint64_t count)
{
    int64_t end_us = clock_mono_us() + 20 * US_PER_S;
    struct timespec pause = {.tv_nsec = 1000000};

    while (w->tally.counter[counter] < count) {
        if (clock_mono_us() > end_us)
            fail_msg("%s stays %llu", tally_counter_rows[counter].name,
                     (unsigned long long)w->tally.counter[counter]);
        (void)nanosleep(&pause, NULL); /* polls */
        application_take(w->a, &w->tally);
    }
}

static void events_are_held_against_notices(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    application_begin(w.a);
    application_calm(w.a);
    for (uint32_t d = 0; d < DEVICES; d++) {
        post(&w, NOTICE_SENT, d, 0);
        write_event(&w, d, 1, d == 1);
        if (d < 2)
            post(&w, d == 0 ? NOTICE_ACKNOWLEDGED : NOTICE_REFUSED, d, 0);
    }
    await(&w, TALLY_EVENT_DELIVERED, 1);
    await(&w, TALLY_EVENT_REFUSED, 1);
    post(&w, NOTICE_UNDECIDED, 2, 0);
    write_event(&w, 0, 1, true);
    application_end(w.a, 20 * US_PER_S, &w.tally);
    assert_int_equal(w.tally.counter[TALLY_EVENT_DELIVERED], 1);
    assert_int_equal(w.tally.counter[TALLY_EVENT_UNDECIDED], 1);
    assert_int_equal(w.tally.counter[TALLY_EVENT_DUPLICATED], 0); /* the same id again */
    assert_int_equal(w.tally.counter[TALLY_EVENT_STRAY], 0);
    assert_int_equal(w.tally.counter[TALLY_EVENT_MISATTRIBUTED], 0);
    assert_int_equal(hist_count(w.tally.hist[TALLY_HIST_EVENT]), 3);
    end(&w);
}

static void commands_go_to_devices_that_wait(void **state)
{
    struct world w;
    char path[128], line[4096] = "";
    FILE *f;

    UNUSED(state);
    begin(&w);
    application_begin(w.a);
    write_event(&w, 1, 1, false);
    await(&w, TALLY_COMMAND_SENT, 1);
    post(&w, NOTICE_COMMAND, 1, 1);
    post(&w, NOTICE_ACKNOWLEDGED, 1, 0);
    await(&w, TALLY_COMMAND_DELIVERED, 1);
    write_event(&w, 2, 1, false);
    await(&w, TALLY_COMMAND_FAILED, 1);
    application_end(w.a, 20 * US_PER_S, &w.tally);
    assert_int_equal(w.tally.counter[TALLY_COMMAND_SENT], 1);
    assert_int_equal(w.tally.counter[TALLY_COMMAND_DELIVERED], 1);
    assert_int_equal(w.tally.counter[TALLY_COMMAND_UNDECIDED], 0);
    (void)snprintf(path, sizeof path, "%s/log", w.dir);
    f = fopen(path, "re");
    assert_non_null(f);
    assert_non_null(fgets(line, sizeof line, f));
    (void)fclose(f);
    json_t *request = json_loads(line, 0, NULL);
    const char *payload = json_string_value(json_object_get(request, "payload_base64"));
    uint8_t bytes[300];
    struct marker m;
    size_t len;

    assert_string_equal(json_string_value(json_object_get(request, "application")),
                        "swarm-0000000000000005");
    assert_string_equal(json_string_value(json_object_get(request, "device")), "d0000000001");
    assert_true(base64_decode(str_from(payload), bytes, sizeof bytes, &len));
    assert_int_equal(len, 200);
    assert_true(marker_read((struct str){(const char *)bytes, len}, &m));
    assert_true(m.run == RUN && m.device == 1 && m.sequence == 1 && m.ct_s == 0);
    json_decref(request);
    end(&w);
}

static void strays_are_events_of_our_devices_that_we_know_nothing_of(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    application_begin(w.a);
    application_calm(w.a);
    write_event_of(&w, RUN + 1, DEVICES + 4, 1, false); /* of another slice */
    write_event_of(&w, RUN, DEVICES + 4, 1, false);
    write_event_of(&w, RUN + 1, 1, 1, false); /* of an earlier run */
    await(&w, TALLY_EVENT_STRAY, 1);
    application_end(w.a, 20 * US_PER_S, &w.tally);
    assert_int_equal(w.tally.counter[TALLY_EVENT_STRAY], 1);
    assert_int_equal(w.tally.counter[TALLY_EVENT_MISATTRIBUTED], 0);
    end(&w);
}

static void what_is_missing_at_the_end_is_lost(void **state)
{
    struct world w;

    UNUSED(state);
    begin(&w);
    application_begin(w.a);
    post(&w, NOTICE_SENT, 0, 0);
    post(&w, NOTICE_ACKNOWLEDGED, 0, 0);
    application_end(w.a, 20 * US_PER_S, &w.tally);
    assert_int_equal(w.tally.counter[TALLY_EVENT_LOST], 1);
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_are_held_against_notices),
        cmocka_unit_test(commands_go_to_devices_that_wait),
        cmocka_unit_test(strays_are_events_of_our_devices_that_we_know_nothing_of),
        cmocka_unit_test(what_is_missing_at_the_end_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
