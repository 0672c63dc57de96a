#include "conformance/evidence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/buf.h"

/* pcapng (draft-ietf-opsawg-pcapng): block types, options, and the key log's type of secrets. */
enum {
    SECTION_HEADER = 0x0a0d0d0a,
    INTERFACE_DESCRIPTION = 1,
    ENHANCED_PACKET = 6,
    DECRYPTION_SECRETS = 10,
    BYTE_ORDER_MAGIC = 0x1a2b3c4d,
    TLS_KEY_LOG = 0x544c534b,
    LINKTYPE_RAW = 101,
    OPTION_COMMENT = 1,
    OPTION_TIME_RESOLUTION = 9,
    IPV4_HEADER_LEN = 20,
    IPV6_HEADER_LEN = 40,
    UDP_HEADER_LEN = 8,
    UDP_PROTOCOL = 17,
};

#define CAPTURE_FILE "case.pcapng"
static const char *const files[] = {CAPTURE_FILE, "timeline.txt", "events.ndjson",
                                    "recording.jsonl", "regression.lua"};

struct evidence {
    const char *dir;
    bool redact;
    bool dir_made;
    int fd[COUNT(files)]; /* -1: not opened */
    char problem[256];
};

struct evidence *evidence_new(const char *dir, bool redact)
{
    struct evidence *e = xcalloc(1, sizeof *e);

    e->dir = dir == NULL || dir[0] == '\0' ? NULL : dir;
    e->redact = redact;
    for (size_t i = 0; i < COUNT(files); i++)
        e->fd[i] = -1;
    return e;
}

void evidence_free(struct evidence **e)
{
    if (*e == NULL)
        return;
    for (size_t i = 0; i < COUNT(files); i++) {
        if ((*e)->fd[i] >= 0)
            (void)close((*e)->fd[i]);
    }
    free(*e);
    *e = NULL;
}

bool evidence_kept(const struct evidence *e)
{
    return e->dir_made;
}

const char *evidence_problem(const struct evidence *e)
{
    return e->problem[0] == '\0' ? NULL : e->problem;
}

static void note(struct evidence *e, const char *what)
{
    if (e->problem[0] == '\0')
        (void)snprintf(e->problem, sizeof e->problem, "%s: %s", what, strerror(errno));
}

static size_t index_of(const char *file)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        if (strcmp(files[i], file) == 0)
            return i;
    }
    assert(false && "a file of the table");
    return 0;
}

static void path_of(const struct evidence *e, size_t i, struct buf *out)
{
    buf_add_format(out, "%s/%s", e->dir, files[i]);
    buf_add_char(out, '\0');
}

static void write_all(struct evidence *e, size_t i, struct str bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(e->fd[i], bytes.ptr, bytes.len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            note(e, files[i]);
            return;
        }
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
}

/* Makes the directory with its parents that are missing; only its owner may look. */
static bool make_dirs(const char *dir)
{
    struct buf path = buf_growing();
    bool ok = true;

    for (const char *end = strchr(dir + 1, '/'); ok; end = strchr(end + 1, '/')) {
        buf_clear(&path);
        buf_add(&path, dir, end == NULL ? strlen(dir) : (size_t)(end - dir));
        buf_add_char(&path, '\0');
        ok = mkdir(path.ptr, 0700) == 0 || errno == EEXIST;
        if (end == NULL)
            break;
    }
    buf_fini(&path);
    return ok;
}

/* True when file i is open. */
static bool opened(struct evidence *e, size_t i)
{
    struct buf path = buf_growing();

    if (e->dir == NULL || e->fd[i] >= 0)
        return e->fd[i] >= 0;
    if (!e->dir_made && !make_dirs(e->dir)) {
        note(e, e->dir);
        return false;
    }
    e->dir_made = true;
    path_of(e, i, &path);
    e->fd[i] = open(path.ptr, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (e->fd[i] < 0)
        note(e, path.ptr);
    buf_fini(&path);
    return e->fd[i] >= 0;
}

void evidence_line(struct evidence *e, const char *file, struct str line)
{
    size_t i = index_of(file);

    if (!opened(e, i))
        return;
    write_all(e, i, line);
    write_all(e, i, STR("\n"));
}

/* --- pcapng ------------------------------------------------------------------------------- */

static void add16(struct buf *b, unsigned n)
{
    uint16_t v = (uint16_t)n;

    buf_add(b, &v, sizeof v);
}

static void add32(struct buf *b, uint32_t n)
{
    buf_add(b, &n, sizeof n);
}

static void add_padded(struct buf *b, struct str bytes)
{
    static const char zeros[4];

    buf_add_str(b, bytes);
    buf_add(b, zeros, (4 - bytes.len % 4) % 4);
}

/* A block: type, length, body (padded to 4 bytes), length. */
static void write_block(struct evidence *e, uint32_t type, struct str body)
{
    struct buf b = buf_growing();
    uint32_t len = (uint32_t)(12 + body.len + (4 - body.len % 4) % 4);

    add32(&b, type);
    add32(&b, len);
    add_padded(&b, body);
    add32(&b, len);
    write_all(e, 0, buf_str(&b));
    buf_fini(&b);
}

static void write_headers(struct evidence *e)
{
    struct buf b = buf_growing();

    add32(&b, BYTE_ORDER_MAGIC);
    add16(&b, 1);
    add16(&b, 0);
    add32(&b, UINT32_MAX); /* the section's length is not known */
    add32(&b, UINT32_MAX);
    write_block(e, SECTION_HEADER, buf_str(&b));
    buf_clear(&b);
    add16(&b, LINKTYPE_RAW);
    add16(&b, 0);
    add32(&b, 0); /* whole packets */
    add16(&b, OPTION_TIME_RESOLUTION);
    add16(&b, 1);
    add_padded(&b, (struct str){"\6", 1}); /* microseconds */
    add32(&b, 0);
    write_block(e, INTERFACE_DESCRIPTION, buf_str(&b));
    buf_fini(&b);
}

static bool capture_opened(struct evidence *e)
{
    bool first = e->fd[0] < 0;

    if (!opened(e, 0))
        return false;
    if (first)
        write_headers(e);
    return true;
}

void evidence_secret(struct evidence *e, struct str line)
{
    struct buf b = buf_growing();

    if (!e->redact && capture_opened(e)) {
        add32(&b, TLS_KEY_LOG);
        add32(&b, (uint32_t)line.len + 1);
        buf_add_str(&b, line);
        buf_add_char(&b, '\n');
        write_block(e, DECRYPTION_SECRETS, buf_str(&b));
    }
    buf_fini(&b);
}

static void add_be16(struct buf *b, size_t n)
{
    buf_add_char(b, (char)(n >> 8));
    buf_add_char(b, (char)n);
}

/* The Internet checksum (RFC 1071) over bytes, continued from sum. */
static uint32_t sum16(struct str bytes, uint32_t sum)
{
    for (size_t i = 0; i < bytes.len; i++)
        sum += (uint32_t)(uint8_t)bytes.ptr[i] << (i % 2 == 0 ? 8 : 0);
    while (sum >> 16 != 0)
        sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

static void add_ipv4(struct buf *b, const struct addr *from, const struct addr *to, size_t udp_len)
{
    size_t start = b->len;

    buf_add(b, "\x45\0", 2);
    add_be16(b, IPV4_HEADER_LEN + udp_len);
    buf_add(b, "\0\0\x40\0\x40\x11\0\0", 8); /* not fragmented, TTL 64, UDP */
    buf_add(b, &from->in.sin_addr, 4);
    buf_add(b, &to->in.sin_addr, 4);
    uint32_t sum = ~sum16((struct str){b->ptr + start, IPV4_HEADER_LEN}, 0);

    b->ptr[start + 10] = (char)(sum >> 8);
    b->ptr[start + 11] = (char)sum;
}

static void add_ipv6(struct buf *b, const struct addr *from, const struct addr *to, size_t udp_len)
{
    buf_add(b, "\x60\0\0\0", 4);
    add_be16(b, udp_len);
    buf_add(b, "\x11\x40", 2); /* UDP, 64 hops */
    buf_add(b, &from->in6.sin6_addr, 16);
    buf_add(b, &to->in6.sin6_addr, 16);
}

/* UDP with the checksum that IPv6 demands (RFC 8200 8.1); IPv4 has it too. */
static void add_udp(struct buf *b, const struct addr *from, const struct addr *to, struct str bytes)
{
    size_t udp_len = UDP_HEADER_LEN + bytes.len;
    size_t addresses_len = from->sa.sa_family == AF_INET6 ? 32 : 8;
    struct str addresses = {b->ptr + b->len - addresses_len, addresses_len};
    uint32_t sum = sum16(addresses, (uint32_t)(UDP_PROTOCOL + (udp_len & 0xffff)));
    size_t start = b->len;

    add_be16(b, addr_port(from));
    add_be16(b, addr_port(to));
    add_be16(b, udp_len);
    add_be16(b, 0);
    buf_add_str(b, bytes);
    sum = ~sum16((struct str){b->ptr + start, udp_len}, sum) & 0xffff;
    if (sum == 0)
        sum = 0xffff;
    b->ptr[start + 6] = (char)(sum >> 8);
    b->ptr[start + 7] = (char)sum;
}

/* What follows `Basic `, which is a password (option 4209), becomes x: as long as before. */
static void mask(struct buf *b)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

    for (size_t at = 0; at + 6 < b->len; at++) {
        if (memcmp(b->ptr + at, "Basic ", 6) != 0)
            continue;
        for (size_t i = at + 6; i < b->len && memchr(alphabet, b->ptr[i], sizeof alphabet - 1); i++)
            b->ptr[i] = 'x';
    }
}

void evidence_packet(struct evidence *e, int64_t wall_us, const struct addr *from,
                     const struct addr *to, struct str bytes, struct str comment)
{
    struct buf ip = buf_growing();
    struct buf b = buf_growing();
    struct buf payload = buf_growing();

    buf_add_str(&payload, bytes);
    if (e->redact)
        mask(&payload);
    bytes = buf_str(&payload);
    if (capture_opened(e)) {
        if (from->sa.sa_family == AF_INET6)
            add_ipv6(&ip, from, to, UDP_HEADER_LEN + bytes.len);
        else
            add_ipv4(&ip, from, to, UDP_HEADER_LEN + bytes.len);
        add_udp(&ip, from, to, bytes);
        add32(&b, 0);
        add32(&b, (uint32_t)((uint64_t)wall_us >> 32));
        add32(&b, (uint32_t)wall_us);
        add32(&b, (uint32_t)ip.len);
        add32(&b, (uint32_t)ip.len);
        add_padded(&b, buf_str(&ip));
        if (comment.len > 0) {
            add16(&b, OPTION_COMMENT);
            add16(&b, (unsigned)comment.len);
            add_padded(&b, comment);
            add32(&b, 0);
        }
        write_block(e, ENHANCED_PACKET, buf_str(&b));
    }
    buf_fini(&ip);
    buf_fini(&b);
    buf_fini(&payload);
}

void evidence_discard(struct evidence *e)
{
    struct buf path = buf_growing();

    for (size_t i = 0; e->dir_made && i < COUNT(files); i++) {
        buf_clear(&path);
        path_of(e, i, &path);
        if (e->fd[i] >= 0)
            (void)unlink(path.ptr);
    }
    if (e->dir_made && rmdir(e->dir) == 0)
        e->dir_made = false;
    buf_fini(&path);
}
