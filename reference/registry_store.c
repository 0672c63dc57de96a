#include "reference/registry_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x53656174, /* `Seat`: tells our files from other SQLite files */
    SCHEMA_VERSION = 1,
    BUSY_MS = 5000, /* how long to wait for another process's transaction */
    CHANGES_KEPT = 10000,
};

static const char schema[] =
    "CREATE TABLE entry(scope TEXT NOT NULL, name TEXT NOT NULL, uid TEXT NOT NULL,"
    " resource_version TEXT NOT NULL, generation INTEGER NOT NULL, created_us INTEGER NOT NULL,"
    " deleted_us INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY(scope, name)) WITHOUT ROWID;"
    "CREATE TABLE alias(scope TEXT NOT NULL, alias TEXT NOT NULL, name TEXT NOT NULL,"
    " PRIMARY KEY(scope, alias)) WITHOUT ROWID;"
    "CREATE INDEX alias_of ON alias(scope, name);"
    "CREATE TABLE change(id INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL,"
    " name TEXT NOT NULL);"
    "PRAGMA application_id = 1399153012;" /* APPLICATION_ID */
    "PRAGMA user_version = 1;";           /* SCHEMA_VERSION */

#define ROW "scope, name, uid, resource_version, generation, created_us, deleted_us, body"

enum statement {
    GET,
    LIST,
    ALL,
    PUT,
    DELETE_ROW,
    DELETE_DEVICES,
    DELETE_DEVICE_ALIASES,
    UNALIAS,
    ALIAS,
    LOG,
    LOG_PRUNE,
    CHANGES,
    CHANGE_BOUNDS,
    VERSION,
    BEGIN,
    COMMIT,
    ROLLBACK,
    STATEMENTS
};

static const char *const sql[STATEMENTS] = {
    [GET] = "SELECT " ROW " FROM entry WHERE scope = ?1 AND name = ?2",
    [LIST] = "SELECT " ROW " FROM entry WHERE scope = ?1 AND name > ?2 ORDER BY name"
             " LIMIT ?3 OFFSET ?4",
    [ALL] = "SELECT " ROW " FROM entry ORDER BY scope, name",
    [PUT] = "INSERT OR REPLACE INTO entry(" ROW ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    [DELETE_ROW] = "DELETE FROM entry WHERE scope = ?1 AND name = ?2",
    [DELETE_DEVICES] = "DELETE FROM entry WHERE scope = ?1",
    [DELETE_DEVICE_ALIASES] = "DELETE FROM alias WHERE scope = ?1",
    [UNALIAS] = "DELETE FROM alias WHERE scope = ?1 AND name = ?2",
    [ALIAS] = "INSERT INTO alias(scope, name, alias) VALUES(?1, ?2, ?3)",
    [LOG] = "INSERT INTO change(scope, name) VALUES(?1, ?2)",
    [LOG_PRUNE] = "DELETE FROM change WHERE id <= (SELECT max(id) FROM change) - ?1",
    [CHANGES] = "SELECT id, scope, name FROM change WHERE id > ?1 ORDER BY id",
    [CHANGE_BOUNDS] = "SELECT min(id), max(id) FROM change",
    [VERSION] = "PRAGMA data_version",
    [BEGIN] = "BEGIN IMMEDIATE",
    [COMMIT] = "COMMIT",
    [ROLLBACK] = "ROLLBACK",
};

struct registry_store {
    sqlite3 *db;
    char *path;
    sqlite3_stmt *statements[STATEMENTS];
};

/* --- open ----------------------------------------------------------------------------------------
 */

/* SQLite would create it with the umask's mode; its -wal and -shm files follow the mode of this. */
static bool create_file(const char *path, char *why)
{
    const int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0) {
        (void)snprintf(why, REGISTRY_WHY_LEN, "%.180s: cannot open: %s", path, strerror(errno));
        return false;
    }
    (void)close(fd);
    return true;
}

/* The first column of the first row as a number; false when it fails. */
static bool ask_number(sqlite3 *db, const char *query, int64_t *out)
{
    sqlite3_stmt *stmt = NULL;
    const bool ok = sqlite3_prepare_v2(db, query, -1, &stmt, NULL) == SQLITE_OK &&
                    sqlite3_step(stmt) == SQLITE_ROW;

    if (ok)
        *out = sqlite3_column_int64(stmt, 0);
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool run(sqlite3 *db, const char *text)
{
    return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* WAL, or `memory` for a database that has no file. */
static bool set_journal(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db, "PRAGMA journal_mode = WAL", -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW;

    if (ok) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);

        ok = mode != NULL && (strcmp(mode, "wal") == 0 || strcmp(mode, "memory") == 0);
    }
    (void)sqlite3_finalize(stmt);
    return ok;
}

static bool fail(char *why, const char *path, const char *what)
{
    (void)snprintf(why, REGISTRY_WHY_LEN, "%.120s: %.120s", path, what);
    return false;
}

/* Is it ours, of a version that we know? An empty file is made ours. In a write transaction. */
static bool check_schema(sqlite3 *db, const char *path, char *why)
{
    int64_t id;
    int64_t version;
    int64_t tables;

    if (!ask_number(db, "PRAGMA application_id", &id) ||
        !ask_number(db, "PRAGMA user_version", &version) ||
        !ask_number(db, "SELECT count(*) FROM sqlite_master", &tables))
        return fail(why, path, sqlite3_errmsg(db));
    if (tables == 0 && id == 0)
        return run(db, schema) || fail(why, path, sqlite3_errmsg(db));
    if (id != APPLICATION_ID)
        return fail(why, path, "is a database of another program, not a registry");
    if (version != SCHEMA_VERSION)
        return fail(why, path, "the registry was made by another version of this program");
    return true;
}

static bool set_up(sqlite3 *db, const char *path, char *why)
{
    (void)sqlite3_extended_result_codes(db, 1);
    (void)sqlite3_busy_timeout(db, BUSY_MS);
    if (!run(db, "BEGIN IMMEDIATE"))
        return fail(why, path,
                    sqlite3_errcode(db) == SQLITE_NOTADB ? "is not a registry database"
                                                         : sqlite3_errmsg(db));
    if (!check_schema(db, path, why)) {
        (void)run(db, "ROLLBACK");
        return false;
    }
    if (!run(db, "COMMIT") || !set_journal(db) || !run(db, "PRAGMA synchronous = FULL"))
        return fail(why, path, sqlite3_errmsg(db));
    return true;
}

struct registry_store *registry_store_open(const char *path, char *why)
{
    struct registry_store *s = xcalloc(1, sizeof *s);
    bool ok = false;

    s->path = xstrdup(str_from(path));
    if (strcmp(path, ":memory:") != 0 && !create_file(path, why))
        goto out;
    if (sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) !=
        SQLITE_OK) {
        (void)fail(why, path, sqlite3_errmsg(s->db));
        goto out;
    }
    if (!set_up(s->db, path, why))
        goto out;
    for (size_t i = 0; i < STATEMENTS; i++) {
        if (sqlite3_prepare_v3(s->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->statements[i],
                               NULL) != SQLITE_OK) {
            (void)fail(why, path, sqlite3_errmsg(s->db));
            goto out;
        }
    }
    ok = true;
out:
    if (!ok)
        registry_store_close(&s); /* also sets s to NULL */
    return s;
}

void registry_store_close(struct registry_store **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < STATEMENTS; i++)
        (void)sqlite3_finalize((*s)->statements[i]);
    (void)sqlite3_close((*s)->db);
    free((*s)->path);
    free(*s);
    *s = NULL;
}

void registry_store_why(const struct registry_store *s, char *why)
{
    const int code = sqlite3_errcode(s->db);
    const bool ours = code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE;

    (void)fail(why, s->path, ours ? "a stored document is damaged" : sqlite3_errmsg(s->db));
}

/* --- statements ----------------------------------------------------------------------------------
 */

static void bind_text(sqlite3_stmt *stmt, int at, struct str text)
{
    (void)sqlite3_bind_text64(stmt, at, text.ptr == NULL ? "" : text.ptr, text.len, SQLITE_STATIC,
                              SQLITE_UTF8);
}

/* The statement with its first two parameters, scope and name. */
static sqlite3_stmt *bound(struct registry_store *s, enum statement which, struct str scope,
                           struct str name)
{
    sqlite3_stmt *stmt = s->statements[which];

    bind_text(stmt, 1, scope);
    bind_text(stmt, 2, name);
    return stmt;
}

/* Runs a statement that gives no rows. */
static enum registry_err finish(sqlite3_stmt *stmt)
{
    const int rc = sqlite3_step(stmt);

    (void)sqlite3_reset(stmt);
    (void)sqlite3_clear_bindings(stmt);
    if (rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_UNIQUE)
        return REGISTRY_CONFLICT;
    return rc == SQLITE_DONE || rc == SQLITE_ROW ? REGISTRY_OK : REGISTRY_STORE;
}

static struct str column_text(sqlite3_stmt *stmt, int at)
{
    const unsigned char *text = sqlite3_column_text(stmt, at);

    return (struct str){(const char *)text, (size_t)sqlite3_column_bytes(stmt, at)};
}

/* The row that a statement stands on, borrowed but for the body. False: its body is no JSON. */
static bool read_row(sqlite3_stmt *stmt, struct registry_record *out)
{
    const struct str scope = column_text(stmt, 0);
    const struct str body = column_text(stmt, 7);

    *out = (struct registry_record){
        .kind = scope.len == 0 ? REGISTRY_APP : REGISTRY_DEVICE,
        .application = scope,
        .name = column_text(stmt, 1),
        .uid = column_text(stmt, 2),
        .resource_version = column_text(stmt, 3),
        .generation = sqlite3_column_int64(stmt, 4),
        .created_us = sqlite3_column_int64(stmt, 5),
        .deleted_us = sqlite3_column_int64(stmt, 6),
        .body = json_loadb(body.ptr == NULL ? "" : body.ptr, body.len, 0, NULL),
    };
    return out->body != NULL;
}

/* --- read ----------------------------------------------------------------------------------------
 */

enum registry_err registry_store_get(struct registry_store *s, struct str scope, struct str name,
                                     struct registry_record *out)
{
    sqlite3_stmt *stmt = bound(s, GET, scope, name);
    enum registry_err err = REGISTRY_STORE;
    const int rc = sqlite3_step(stmt);

    if (rc == SQLITE_DONE) {
        err = REGISTRY_NOT_FOUND;
    } else if (rc == SQLITE_ROW && read_row(stmt, out)) {
        out->application = arena_str(&out->memory, out->application);
        out->name = arena_str(&out->memory, out->name);
        out->uid = arena_str(&out->memory, out->uid);
        out->resource_version = arena_str(&out->memory, out->resource_version);
        err = REGISTRY_OK;
    }
    (void)sqlite3_reset(stmt);
    return err;
}

static enum registry_err walk(sqlite3_stmt *stmt, registry_store_fn *fn, void *arg)
{
    enum registry_err err = REGISTRY_OK;
    bool more = true;

    while (more && err == REGISTRY_OK) {
        struct registry_record record;
        const int rc = sqlite3_step(stmt);

        if (rc == SQLITE_DONE)
            break;
        if (rc == SQLITE_ROW && read_row(stmt, &record)) {
            more = fn(arg, &record);
            registry_record_fini(&record);
        } else {
            err = REGISTRY_STORE;
        }
    }
    (void)sqlite3_reset(stmt);
    return err;
}

enum registry_err registry_store_list(struct registry_store *s,
                                      const struct registry_store_range *range,
                                      registry_store_fn *fn, void *arg)
{
    sqlite3_stmt *stmt = s->statements[LIST];

    bind_text(stmt, 1, range->scope);
    bind_text(stmt, 2, range->after);
    (void)sqlite3_bind_int64(stmt, 3, range->limit);
    (void)sqlite3_bind_int64(stmt, 4, range->offset);
    return walk(stmt, fn, arg);
}

enum registry_err registry_store_all(struct registry_store *s, registry_store_fn *fn, void *arg)
{
    return walk(s->statements[ALL], fn, arg);
}

/* --- write ---------------------------------------------------------------------------------------
 */

enum registry_err registry_store_begin(struct registry_store *s)
{
    return finish(s->statements[BEGIN]);
}

enum registry_err registry_store_commit(struct registry_store *s)
{
    return finish(s->statements[COMMIT]);
}

void registry_store_rollback(struct registry_store *s)
{
    /* SQLite itself rolls back after some failures; then there is nothing left to do. */
    if (sqlite3_get_autocommit(s->db) == 0)
        (void)finish(s->statements[ROLLBACK]);
}

enum registry_err registry_store_put(struct registry_store *s, const struct registry_record *record)
{
    sqlite3_stmt *stmt = bound(s, PUT, record->application, record->name);
    char *body = json_dumps(record->body, JSON_COMPACT);

    assert(body != NULL);
    bind_text(stmt, 3, record->uid);
    bind_text(stmt, 4, record->resource_version);
    (void)sqlite3_bind_int64(stmt, 5, record->generation);
    (void)sqlite3_bind_int64(stmt, 6, record->created_us);
    (void)sqlite3_bind_int64(stmt, 7, record->deleted_us);
    bind_text(stmt, 8, str_from(body));
    const enum registry_err err = finish(stmt);

    free(body);
    return err;
}

enum registry_err registry_store_unalias(struct registry_store *s, struct str scope,
                                         struct str name)
{
    return finish(bound(s, UNALIAS, scope, name));
}

enum registry_err registry_store_alias(struct registry_store *s, struct str scope, struct str name,
                                       struct str alias)
{
    sqlite3_stmt *stmt = bound(s, ALIAS, scope, name);

    bind_text(stmt, 3, alias);
    return finish(stmt);
}

enum registry_err registry_store_delete(struct registry_store *s, struct str scope, struct str name)
{
    static const enum statement of_app[] = {DELETE_DEVICES, DELETE_DEVICE_ALIASES};
    enum registry_err err = finish(bound(s, DELETE_ROW, scope, name));

    if (err == REGISTRY_OK)
        err = registry_store_unalias(s, scope, name);
    for (size_t i = 0; i < COUNT(of_app) && scope.len == 0 && err == REGISTRY_OK; i++) {
        bind_text(s->statements[of_app[i]], 1, name);
        err = finish(s->statements[of_app[i]]);
    }
    return err;
}

enum registry_err registry_store_log(struct registry_store *s, struct str scope, struct str name)
{
    const enum registry_err err = finish(bound(s, LOG, scope, name));

    if (err != REGISTRY_OK)
        return err;
    (void)sqlite3_bind_int64(s->statements[LOG_PRUNE], 1, CHANGES_KEPT);
    return finish(s->statements[LOG_PRUNE]);
}

/* --- changes of other processes ------------------------------------------------------------------
 */

int64_t registry_store_version(struct registry_store *s)
{
    sqlite3_stmt *stmt = s->statements[VERSION];
    const int64_t version = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;

    (void)sqlite3_reset(stmt);
    return version;
}

/* The ids of the oldest and the newest change; 0 when there is none. */
static enum registry_err change_bounds(struct registry_store *s, int64_t *oldest, int64_t *newest)
{
    sqlite3_stmt *stmt = s->statements[CHANGE_BOUNDS];
    const bool ok = sqlite3_step(stmt) == SQLITE_ROW;

    *oldest = ok ? sqlite3_column_int64(stmt, 0) : 0;
    *newest = ok ? sqlite3_column_int64(stmt, 1) : 0;
    (void)sqlite3_reset(stmt);
    return ok ? REGISTRY_OK : REGISTRY_STORE;
}

enum registry_err registry_store_changes(struct registry_store *s, int64_t *last,
                                         registry_store_change_fn *fn, void *arg)
{
    sqlite3_stmt *stmt = s->statements[CHANGES];
    int64_t oldest;
    int64_t newest;
    int rc = SQLITE_DONE;
    const enum registry_err err = change_bounds(s, &oldest, &newest);

    if (err != REGISTRY_OK || newest <= *last)
        return err;
    if (fn != NULL && oldest > *last + 1) {
        fn(arg, (struct str){"", 0}, (struct str){"", 0}); /* some were pruned unseen */
    } else if (fn != NULL) {
        (void)sqlite3_bind_int64(stmt, 1, *last);
        while ((rc = sqlite3_step(stmt)) == SQLITE_ROW)
            fn(arg, column_text(stmt, 1), column_text(stmt, 2));
        (void)sqlite3_reset(stmt);
    }
    if (rc != SQLITE_DONE)
        return REGISTRY_STORE;
    *last = newest;
    return REGISTRY_OK;
}
