#include "simulator/credentials.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "simulator/identity.h"
#include "simulator/mold.h"

#define DAY_S INT64_C(86400)

enum {
    VERSION = 1,
    HEADER_LEN = 4096,
    RECORD_LEN = 640,
    HEADER_TEXT = HEADER_LEN - 48,
    RECORD_TEXT = RECORD_LEN - 6,
    BATCH = 32,
    MAX_THREADS = 64,
};

static const int64_t authority_s = 3650 * DAY_S;
static const int64_t device_s = 3000 * DAY_S;

/* The file: this, then a record for each device from number 0 on; those without are holes. */
struct header {
    char magic[8];
    uint32_t version;
    uint32_t certificate_len;
    uint64_t seed;
    int64_t ends_s; /* when the certificates of devices end at the earliest */
    uint32_t key_len;
    uint32_t unused[3];
    uint8_t text[HEADER_TEXT]; /* certificate and key of the authority, DER */
};

struct record {
    uint8_t kind; /* enum credentials_kind; written with the rest in one write */
    uint8_t unused;
    uint16_t certificate_len;
    uint16_t key_len;
    uint8_t text[RECORD_TEXT];
};

_Static_assert(sizeof(struct header) == HEADER_LEN && sizeof(struct record) == RECORD_LEN,
               "records have a place that is known");

static const char magic[8] = "SEATX509";

struct credentials {
    int fd;
    uint64_t seed;
    int64_t now_s;
    struct forged authority;
    const uint8_t *map; /* NULL: nothing is mapped */
    size_t map_len;
    char path[512];
};

void credentials_subject(uint64_t seed, uint32_t device, bool gateway, struct buf *out)
{
    char application[IDENTITY_APPLICATION_LEN], name[IDENTITY_DEVICE_LEN];

    identity_application(seed, application);
    if (gateway)
        identity_gateway(device, name);
    else
        identity_device(device, name);
    buf_add_format(out, "O=%s, CN=%s", application, name);
}

static bool fail(const struct credentials *c, const char *what, char *why)
{
    (void)snprintf(why, CREDENTIALS_WHY_LEN, "the certificates' file %s: %s: %s", c->path, what,
                   strerror(errno));
    return false;
}

/* --- the file ------------------------------------------------------------------------------------
 */

static bool find_folder(const struct credentials_options *o, char *folder, size_t cap, char *why)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

    if (o->folder != NULL) {
        (void)snprintf(folder, cap, "%s", o->folder);
    } else if (cache != NULL && cache[0] == '/') {
        (void)snprintf(folder, cap, "%s/seatrial", cache);
    } else if (home != NULL && home[0] == '/') {
        (void)snprintf(folder, cap, "%s/.cache/seatrial", home);
    } else {
        (void)snprintf(why, CREDENTIALS_WHY_LEN,
                       "no folder for certificates: neither --credentials, XDG_CACHE_HOME nor HOME "
                       "names one");
        return false;
    }
    return true;
}

/* With all folders above it. */
static bool make_folder(char *folder, char *why)
{
    for (char *at = folder + 1;; at++) {
        char end = *at;

        if (end != '/' && end != '\0')
            continue;
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
            (void)snprintf(why, CREDENTIALS_WHY_LEN, "the folder %s for certificates: %s", folder,
                           strerror(errno));
            return false;
        }
        *at = end;
        if (end == '\0')
            return true;
    }
}

static bool lock(const struct credentials *c, int how, char *why)
{
    while (flock(c->fd, how) != 0)
        if (errno != EINTR)
            return fail(c, "cannot be locked", why);
    return true;
}

static bool map_file(struct credentials *c, char *why)
{
    struct stat st;
    void *map;

    if (c->map != NULL)
        (void)munmap((void *)(uintptr_t)c->map, c->map_len);
    c->map = NULL;
    if (fstat(c->fd, &st) != 0)
        return fail(c, "cannot be read", why);
    map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, c->fd, 0);
    if (map == MAP_FAILED)
        return fail(c, "cannot be mapped", why);
    c->map = map;
    c->map_len = (size_t)st.st_size;
    return true;
}

static bool write_all(const struct credentials *c, const void *bytes, size_t len, off_t at)
{
    ssize_t written = pwrite(c->fd, bytes, len, at);

    if (written >= 0 && (size_t)written < len)
        errno = ENOSPC;
    return written == (ssize_t)len;
}

/* --- the authority -------------------------------------------------------------------------------
 */

static bool load_authority(struct credentials *c, const struct header *h)
{
    const uint8_t *certificate = h->text, *key = h->text + h->certificate_len;

    c->authority.certificate = d2i_X509(NULL, &certificate, (long)h->certificate_len);
    c->authority.key = d2i_AutoPrivateKey(NULL, &key, (long)h->key_len);
    return c->authority.certificate != NULL && c->authority.key != NULL;
}

/* Certificate and key behind each other in text; false: they do not fit. */
static bool put_pair(const struct forged *f, uint8_t *text, size_t cap, size_t *certificate_len,
                     size_t *key_len)
{
    int first = i2d_X509(f->certificate, NULL), second = i2d_PrivateKey(f->key, NULL);
    uint8_t *end = text;

    if (first <= 0 || second <= 0 || (size_t)first + (size_t)second > cap)
        return false;
    *certificate_len = (size_t)i2d_X509(f->certificate, &end);
    *key_len = (size_t)i2d_PrivateKey(f->key, &end);
    return true;
}

static bool make_authority(struct credentials *c, char *why)
{
    struct header *h = xcalloc(1, sizeof *h);
    struct forge forge = {.seed = c->seed};
    struct buf subject = buf_growing();
    char application[IDENTITY_APPLICATION_LEN], reason[FORGE_WHY_LEN];
    size_t certificate_len, key_len;
    bool ok;

    identity_application(c->seed, application);
    buf_add_format(&subject, "O=%s, CN=seatrial-swarm authority", application);
    ok = forge_make(
        &forge,
        &(struct forge_wish){.subject = buf_str(&subject), .is_ca = true, .to_s = authority_s},
        c->now_s, &c->authority, reason);
    if (!ok)
        (void)snprintf(why, CREDENTIALS_WHY_LEN, "the certificates' authority: %s", reason);
    ok = ok && put_pair(&c->authority, h->text, sizeof h->text, &certificate_len, &key_len);
    if (ok) {
        memcpy(h->magic, magic, sizeof magic);
        h->version = VERSION;
        h->seed = c->seed;
        h->ends_s = c->now_s + device_s;
        h->certificate_len = (uint32_t)certificate_len;
        h->key_len = (uint32_t)key_len;
        ok = (ftruncate(c->fd, 0) == 0 && write_all(c, h, sizeof *h, 0)) ||
             fail(c, "cannot be written", why);
    }
    buf_fini(&subject);
    free(h);
    return ok;
}

/* Is there a header that can still be used? Then the authority is loaded. */
static bool read_header(struct credentials *c)
{
    struct header *h = xcalloc(1, sizeof *h);
    bool ok = pread(c->fd, h, sizeof *h, 0) == (ssize_t)sizeof *h &&
              memcmp(h->magic, magic, sizeof magic) == 0 && h->version == VERSION &&
              h->seed == c->seed && h->certificate_len < HEADER_TEXT &&
              h->key_len < HEADER_TEXT - h->certificate_len && h->ends_s > c->now_s + 100 * DAY_S &&
              load_authority(c, h);

    if (!ok)
        forged_fini(&c->authority);
    free(h);
    return ok;
}

struct credentials *credentials_open(const struct credentials_options *options, char *why)
{
    struct credentials *c = xcalloc(1, sizeof *c);
    char folder[400] = "";
    bool ok = find_folder(options, folder, sizeof folder, why) && make_folder(folder, why);

    c->fd = -1;
    c->seed = options->seed;
    c->now_s = options->now_s;
    (void)snprintf(c->path, sizeof c->path, "%s/swarm-%016llx.x509", folder,
                   (unsigned long long)options->seed);
    if (ok) {
        c->fd = open(c->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        ok = c->fd >= 0 || fail(c, "cannot be opened", why);
    }
    ok = ok && lock(c, LOCK_EX, why) && (read_header(c) || make_authority(c, why)) &&
         map_file(c, why) && lock(c, LOCK_UN, why);
    if (!ok)
        credentials_close(&c);
    return c;
}

void credentials_close(struct credentials **c)
{
    if (*c == NULL)
        return;
    if ((*c)->map != NULL)
        (void)munmap((void *)(uintptr_t)(*c)->map, (*c)->map_len);
    if ((*c)->fd >= 0)
        (void)close((*c)->fd); /* and unlocks */
    forged_fini(&(*c)->authority);
    free(*c);
    *c = NULL;
}

/* --- devices -------------------------------------------------------------------------------------
 */

/* NULL: the file ends before it. */
static const struct record *record_of(const struct credentials *c, uint32_t device)
{
    size_t at = HEADER_LEN + (size_t)device * RECORD_LEN;

    return at + RECORD_LEN > c->map_len ? NULL : (const struct record *)(const void *)(c->map + at);
}

struct work {
    const struct credentials *credentials;
    struct mold good;
    struct mold expired;
    const struct credentials_wish *wish;
    _Atomic(uint32_t) next;
    _Atomic(uint64_t) done;
    _Atomic(int) error; /* errno of a write that failed */
};

struct worker {
    struct work *work;
    pthread_t thread;
    int number;
};

static bool make_molds(struct work *w, const struct credentials *c, char *why)
{
    char text[64], reason[FORGE_WHY_LEN];
    struct buf subject = buf_over(text, sizeof text);
    struct forge_wish wish = {.issuer = &c->authority, .to_s = device_s + 100 * DAY_S};

    credentials_subject(c->seed, 0, false, &subject);
    wish.subject = buf_str(&subject);
    if (mold_init(&w->good, &wish, c->now_s, reason)) {
        wish.from_s = -2 * DAY_S;
        wish.to_s = -DAY_S;
        if (mold_init(&w->expired, &wish, c->now_s, reason))
            return true;
    }
    (void)snprintf(why, CREDENTIALS_WHY_LEN, "a device's certificate: %s", reason);
    return false;
}

static bool make_record(const struct work *w, struct caster *caster, uint32_t device,
                        enum credentials_kind kind)
{
    bool gateway = kind >= CREDENTIALS_GOOD_GATEWAY;
    bool expired = kind == CREDENTIALS_EXPIRED || kind == CREDENTIALS_EXPIRED_GATEWAY;
    struct record record = {.kind = (uint8_t)kind};
    char name[IDENTITY_DEVICE_LEN];
    struct cast cast;

    if (gateway)
        identity_gateway(device, name);
    else
        identity_device(device, name);
    mold_cast(expired ? &w->expired : &w->good, caster, name, (uint64_t)device << 3 | kind, &cast);
    assert(cast.certificate_len + sizeof cast.key <= sizeof record.text);
    record.certificate_len = (uint16_t)cast.certificate_len;
    record.key_len = sizeof cast.key;
    memcpy(record.text, cast.certificate, cast.certificate_len);
    memcpy(record.text + cast.certificate_len, cast.key, sizeof cast.key);
    return write_all(w->credentials, &record, sizeof record,
                     HEADER_LEN + (off_t)device * RECORD_LEN);
}

static void make_batch(struct work *w, struct caster *caster, uint32_t from, uint32_t to)
{
    const struct credentials_wish *wish = w->wish;

    for (uint32_t i = from; i < to && w->error == 0; i++) {
        uint32_t device = wish->first + i;
        enum credentials_kind kind = wish->kind_of(wish->arg, device);
        const struct record *have = record_of(w->credentials, device);

        if (kind != CREDENTIALS_NONE && (have == NULL || have->kind != kind) &&
            !make_record(w, caster, device, kind))
            w->error = errno;
    }
    w->done += to - from;
}

static void *work_on(void *arg)
{
    struct worker *self = arg;
    struct work *w = self->work;
    const struct credentials_wish *wish = w->wish;
    struct caster *caster = caster_new();
    uint32_t from;

    while ((from = atomic_fetch_add(&w->next, BATCH)) < wish->count && w->error == 0) {
        make_batch(w, caster, from, from + BATCH < wish->count ? from + BATCH : wish->count);
        if (self->number == 0 && wish->progress != NULL)
            wish->progress(wish->arg, w->done, wish->count);
    }
    caster_free(&caster);
    return NULL;
}

static void run_threads(struct work *w, int threads)
{
    struct worker workers[MAX_THREADS] = {{.work = w}};
    int started = 1;

    while (started < threads) {
        workers[started] = (struct worker){.work = w, .number = started};
        if (pthread_create(&workers[started].thread, NULL, work_on, &workers[started]) != 0)
            break; /* those that there are do it all */
        started++;
    }
    (void)work_on(&workers[0]);
    for (int i = 1; i < started; i++)
        (void)pthread_join(workers[i].thread, NULL);
}

bool credentials_make(struct credentials *c, const struct credentials_wish *wish, char *why)
{
    struct work *w = xcalloc(1, sizeof *w);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    int threads = wish->threads != 0 ? wish->threads : (int)(processors < 1 ? 1 : processors);
    bool ok;

    assert((uint64_t)wish->first + wish->count <= UINT32_MAX - BATCH * MAX_THREADS);
    w->credentials = c;
    w->wish = wish;
    ok = make_molds(w, c, why) && lock(c, LOCK_EX, why) && map_file(c, why);
    if (ok) {
        run_threads(w, threads < MAX_THREADS ? threads : MAX_THREADS);
        errno = w->error;
        ok = (errno == 0 || fail(c, "cannot be written", why)) && map_file(c, why) &&
             lock(c, LOCK_UN, why);
    }
    if (ok && wish->progress != NULL)
        wish->progress(wish->arg, wish->count, wish->count);
    free(w);
    return ok;
}

bool credentials_x509(const struct credentials *c, uint32_t device, struct str *certificate,
                      struct str *key)
{
    const struct record *r = record_of(c, device);

    if (r == NULL || r->kind == CREDENTIALS_NONE ||
        (size_t)r->certificate_len + r->key_len > RECORD_TEXT)
        return false;
    *certificate = (struct str){(const char *)r->text, r->certificate_len};
    *key = (struct str){(const char *)r->text + r->certificate_len, r->key_len};
    return true;
}

void credentials_anchor(const struct credentials *c, struct buf *out)
{
    forge_certificate_pem(c->authority.certificate, out);
}
