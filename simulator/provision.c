#include "simulator/provision.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/adapter_set.h"
#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/drogue_document.h"
#include "simulator/identity.h"
#include "simulator/provision_request.h"

enum { WINDOW = 64, TRIES = 5, HTTP_CONFLICT = 409, HTTP_NOT_FOUND = 404 };

static const int64_t call_timeout_us = 30 * US_PER_S;
static const int64_t pause_us = 500 * US_PER_MS; /* before another try, and longer each time */
static const int64_t progress_us = 250 * US_PER_MS;

static bool starts_with_file(const struct target *t)
{
    for (const char *const *word = t->start.exec; word != NULL && *word != NULL; word++)
        if (strstr(*word, "{registry_file}") != NULL)
            return true;
    return false;
}

enum provision_way provision_way(const struct target *t)
{
    if (starts_with_file(t))
        return PROVISION_FILE;
    return t->registry.kind == REGISTRY_DROGUE || t->registry.kind == REGISTRY_EXEC
               ? PROVISION_ADAPTER
               : PROVISION_NOT;
}

/* --- progress ------------------------------------------------------------------------------------
 */

struct watch {
    const struct provision_options *o;
    int64_t start_us;
    int64_t next_us;
};

static struct watch begin_watch(const struct provision_options *o)
{
    int64_t now_us = clock_mono_us();

    return (struct watch){o, now_us, now_us + progress_us};
}

static void tell(struct watch *w, uint64_t done)
{
    int64_t now_us = clock_mono_us();
    struct provision_progress p = {done, w->o->device_count, INT64_MAX};

    if (w->o->progress == NULL || (now_us < w->next_us && done < p.of))
        return;
    w->next_us = now_us + progress_us;
    if (done > 0)
        p.eta_us = (int64_t)((double)(now_us - w->start_us) * (double)(p.of - done) / (double)done);
    w->o->progress(w->o->arg, &p);
}

static bool is_stopped(const struct provision_options *o)
{
    return o->stop != NULL && atomic_load(o->stop);
}

/* --- a file --------------------------------------------------------------------------------------
 */

/* Takes request. */
static bool write_document(FILE *f, json_t *request, const char *run_id,
                           json_t *(*make)(const json_t *, const char *, char *))
{
    char why[DROGUE_WHY_LEN];
    json_t *document = make(request, run_id, why);
    bool ok;

    assert(document != NULL && "the requests are our own");
    ok = json_dumpf(document, f, JSON_COMPACT) == 0;
    json_decref(document);
    json_decref(request);
    return ok;
}

static bool write_devices(const struct provision_options *o, FILE *f)
{
    struct watch watch = begin_watch(o);
    bool ok = true, first = true;

    for (uint32_t i = 0; i < o->device_count && ok && !is_stopped(o); i++) {
        json_t *requests[PROVISION_REQUEST_MAX];
        size_t count = provision_request_device(o, o->first_device + i, requests);

        for (size_t k = 0; k < count; k++) {
            ok = fputs(first ? "\n" : ",\n", f) >= 0 && ok;
            ok = write_document(f, requests[k], o->run_id, drogue_device) && ok;
            first = false;
        }
        if (i % 1024 == 0)
            tell(&watch, i);
    }
    tell(&watch, o->device_count);
    return ok;
}

bool provision_write(const struct provision_options *o, const char *path, char *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    bool ok = f != NULL;

    ok = ok && fputs("{\"applications\":[", f) >= 0 &&
         write_document(f, provision_request_application(o), o->run_id, drogue_application) &&
         fputs("],\n\"devices\":[", f) >= 0 && write_devices(o, f) && fputs("]}\n", f) >= 0;
    if (f != NULL)
        ok = fclose(f) == 0 && ok;
    if (!ok)
        (void)snprintf(why, PROVISION_WHY_LEN, "the registry file %s cannot be written: %s", path,
                       strerror(errno));
    return ok;
}

/* Separated by commas (RFC 4180). */
static void add_field(struct buf *line, const char *field, bool first)
{
    const char *quote = field != NULL && strchr(field, ',') != NULL ? "\"" : "";

    buf_add_format(line, "%s%s%s%s", first ? "" : ",", quote, field == NULL ? "" : field, quote);
}

static void add_line(struct buf *line, const json_t *request)
{
    static const char *const names[] = {"application", "device"};
    static const char *const secrets[] = {"password", "psk"};
    static const char *const lists[] = {"aliases", "gateways"};
    const json_t *secret = json_array_get(json_object_get(request, "credentials"), 0);

    for (size_t i = 0; i < COUNT(names); i++)
        add_field(line, adapter_text(request, names[i]), i == 0);
    for (size_t i = 0; i < COUNT(secrets); i++)
        add_field(line, adapter_text(secret, secrets[i]), false);
    for (size_t i = 0; i < COUNT(lists); i++)
        add_field(line, json_string_value(json_array_get(json_object_get(request, lists[i]), 0)),
                  false);
    buf_add_char(line, '\n');
}

static bool write_lines(const struct provision_options *o, uint32_t device, FILE *out)
{
    json_t *requests[PROVISION_REQUEST_MAX];
    size_t count = provision_request_device(o, device, requests);
    struct buf lines = buf_growing();
    bool ok;

    for (size_t i = 0; i < count; i++) {
        add_line(&lines, requests[i]);
        json_decref(requests[i]);
    }
    ok = lines.len == 0 || fwrite(lines.ptr, 1, lines.len, out) == lines.len;
    buf_fini(&lines);
    return ok;
}

bool provision_list(const struct provision_options *o, FILE *out)
{
    bool ok =
        fputs("application,device,password,psk_base64,certificate_subject,gateway\n", out) >= 0;

    for (uint32_t i = 0; i < o->device_count && ok; i++)
        ok = write_lines(o, o->first_device + i, out);
    return ok && fflush(out) == 0;
}

/* --- an adapter ----------------------------------------------------------------------------------
 */

struct provisioner;

/* A call under way, or to be made again at at_us. */
struct slot {
    struct adapter_call call;
    struct provisioner *p;
    int64_t at_us; /* 0: it is under way */
    int tries;
};

struct provisioner {
    const struct provision_options *o;
    struct adapter_set set;
    bool removes;
    struct slot slots[WINDOW];
    size_t busy;
    uint32_t next; /* device whose requests come next, counted from first_device */
    json_t *more;  /* a device's second request */
    bool failed;
    char *why;
};

static void answered(struct adapter_call *call, json_t *reply);

static void send_call(struct slot *s)
{
    s->at_us = 0;
    s->tries++;
    s->p->set.registry->functions->call(s->p->set.registry, &s->call);
}

/* Takes request. There is a free slot. */
static void begin_call(struct provisioner *p, json_t *request)
{
    struct slot *s = p->slots;

    while (s->call.request != NULL)
        s++;
    *s = (struct slot){
        .call = {request, answered},
          .p = p
    };
    p->busy++;
    send_call(s);
}

static void end_call(struct slot *s)
{
    json_decref(s->call.request);
    s->call.request = NULL;
    s->p->busy--;
}

static void give_up(struct slot *s, const json_t *reply)
{
    const char *error = adapter_text(reply, "error");
    const char *device = adapter_text(s->call.request, "device");

    if (!s->p->failed)
        (void)snprintf(s->p->why, PROVISION_WHY_LEN, "%s of %s: %s",
                       adapter_text(s->call.request, "op"),
                       device == NULL ? adapter_text(s->call.request, "application") : device,
                       error == NULL ? "no reason" : error);
    s->p->failed = true;
}

/* create_ becomes update_. */
static bool update_instead(struct slot *s)
{
    const char *op = adapter_text(s->call.request, "op");
    char other[32];

    if (strncmp(op, "create_", 7) != 0)
        return false;
    (void)snprintf(other, sizeof other, "update_%s", op + 7);
    (void)json_object_set_new(s->call.request, "op", json_string(other));
    s->tries = 0;
    send_call(s);
    return true;
}

static void answered(struct adapter_call *call, json_t *reply)
{
    struct slot *s = (struct slot *)(void *)call;
    const json_t *status_json = json_object_get(reply, "status");
    json_int_t status = json_integer_value(status_json);
    const char *kind = adapter_text(reply, "kind");
    bool again = kind != NULL && (strcmp(kind, "adapter") == 0 || status == 429 || status >= 500);

    if (json_is_true(json_object_get(reply, "ok")) || (s->p->removes && status == HTTP_NOT_FOUND)) {
        end_call(s);
    } else if (status == HTTP_CONFLICT && update_instead(s)) {
        /* under way again */
    } else if (again && s->tries < TRIES && !s->p->failed) {
        s->at_us = clock_mono_us() + s->tries * pause_us;
    } else {
        give_up(s, reply);
        end_call(s);
    }
    json_decref(reply);
}

static void begin_waiting(struct provisioner *p, int64_t now_us)
{
    for (size_t i = 0; i < WINDOW; i++)
        if (p->slots[i].call.request != NULL && p->slots[i].at_us != 0 &&
            now_us >= p->slots[i].at_us)
            send_call(&p->slots[i]);
}

static json_t *next_request(struct provisioner *p)
{
    json_t *requests[PROVISION_REQUEST_MAX] = {p->more};

    p->more = NULL;
    while (requests[0] == NULL && p->next < p->o->device_count) {
        size_t count = provision_request_device(p->o, p->o->first_device + p->next++, requests);

        if (count == 2)
            p->more = requests[1];
    }
    if (requests[0] != NULL && p->removes)
        (void)json_object_set_new(requests[0], "op", json_string("delete_device"));
    return requests[0];
}

/* Until all calls are answered; feeds: with more and more devices. */
static void run(struct provisioner *p, struct watch *watch, bool feeds)
{
    do {
        json_t *request;

        while (feeds && !p->failed && !is_stopped(p->o) && p->busy < WINDOW &&
               (request = next_request(p)) != NULL)
            begin_call(p, request);
        begin_waiting(p, clock_mono_us());
        adapter_set_turn(&p->set, p->busy == 0 ? 0 : clock_mono_us() + 100 * US_PER_MS);
        if (feeds)
            tell(watch, p->next > p->busy ? p->next - p->busy : 0);
    } while (p->busy > 0);
}

static void no_event(void *arg, const struct cloudevent *e, struct str raw)
{
    UNUSED(arg);
    UNUSED(e);
    UNUSED(raw);
}

static bool open_adapter(struct provisioner *p)
{
    const struct target *t = p->o->target;
    char why[ADAPTER_WHY_LEN] = "";

    p->set.world = (struct adapter_world){
        .target = t, .run_id = p->o->run_id, .timeout_us = call_timeout_us, .event = no_event};
    if (t->registry.kind != REGISTRY_DROGUE && t->registry.kind != REGISTRY_EXEC)
        (void)snprintf(why, sizeof why, "the target file names no registry that can be written to");
    else if (adapter_set_open(&p->set, ADAPTER_REGISTRY, why))
        return true;
    (void)snprintf(p->why, PROVISION_WHY_LEN, "%s", why);
    return false;
}

static bool finish(struct provisioner *p, bool opened)
{
    bool ok = opened && !p->failed;

    if (ok && is_stopped(p->o)) {
        (void)snprintf(p->why, PROVISION_WHY_LEN, "interrupted; begin again to go on");
        ok = false;
    }
    if (p->set.world.http != NULL)
        adapter_set_close(&p->set);
    json_decref(p->more);
    free(p);
    return ok;
}

static struct provisioner *new_provisioner(const struct provision_options *o, char *why)
{
    struct provisioner *p = xcalloc(1, sizeof *p);

    p->o = o;
    p->why = why;
    return p;
}

bool provision_run(const struct provision_options *o, char *why)
{
    struct provisioner *p = new_provisioner(o, why);
    struct watch watch = begin_watch(o);
    bool opened = open_adapter(p);

    if (opened) {
        begin_call(p, provision_request_application(o));
        run(p, &watch, false);
        if (!p->failed)
            run(p, &watch, true);
    }
    return finish(p, opened);
}

bool provision_clean(const struct provision_options *o, char *why)
{
    struct provisioner *p = new_provisioner(o, why);
    struct watch watch = begin_watch(o);
    char application[IDENTITY_APPLICATION_LEN];
    bool opened = open_adapter(p);

    p->removes = true;
    /* Drogue's registry removes the devices of an application with it */
    if (opened && (o->only_devices || o->target->registry.kind == REGISTRY_EXEC))
        run(p, &watch, true);
    if (opened && !p->failed && !o->only_devices) {
        identity_application(o->seed, application);
        begin_call(p,
                   json_pack("{s:s, s:s}", "op", "delete_application", "application", application));
        run(p, &watch, false);
    }
    return finish(p, opened);
}
