/*
 * A case as every part of the suite sees it: what the catalogue knows of it (struct case_def), what
 * one run of it is given (struct case_env), and what the run leaves behind (struct case_report).
 *
 * The runner loads the catalogue into one Lua state and forks a process for each run of a case with
 * one binding. The child calls the engine's `execute` and ends. Its report lives in memory that it
 * shares with the runner, its log behind a descriptor: a crash or a kill keeps both.
 */
#ifndef CONFORMANCE_CASE_H
#define CONFORMANCE_CASE_H

#include <lua.h>

#include "conformance/fields.h"
#include "conformance/verdict.h"
#include "lib/base.h"

struct problems;
struct target;

/* How a device reaches the endpoint; names are `coap`, `coaps-psk`, `coaps-x509`. */
enum binding { BINDING_COAP, BINDING_COAPS_PSK, BINDING_COAPS_X509, BINDINGS };

enum case_level { CASE_MUST, CASE_SHOULD, CASE_MAY, CASE_INFO };

/* What a case may do to the target; names as in Lua, in lower case. */
enum case_impact { CASE_SAFE, CASE_MALFORMED, CASE_FLOOD, CASE_RESTART };

/* The mutant of the reference endpoint that this case kills, and the field whose expectation fails;
 * field is NULL when none is named. target: the file that the mutant shows itself with; NULL: the
 * usual one. */
struct case_kill {
    const char *mutant;
    const char *field;
    const char *target;
};

/* All strings live as long as the catalogue. */
struct case_def {
    const char *id;
    int rev;
    enum case_level level;
    const char *title;
    const char *family; /* its folder's name */
    struct texts refs;
    struct texts maps;
    struct texts needs;  /* features of the target */
    struct texts probes; /* features: runs only where one is not claimed, and proves it refused */
    struct case_kill *kills;
    size_t kill_count;
    unsigned bindings; /* 1 << enum binding */
    enum case_impact impact;
    bool exclusive;     /* alone, nothing beside it */
    bool timing;        /* has a tight time window: at most one a core at a time */
    int64_t timeout_us; /* protocol time */
    const char *file;   /* as in messages: relative to the scenarios' parent when inside it */
    int line;           /* of `case` */
    int run_ref;        /* function in LUA_REGISTRYINDEX */
};

struct case_env {
    const struct target *target;
    enum binding binding;
    uint64_t run_seed;
    uint8_t seed[32];         /* SHA-256 of run seed, case id and binding */
    int broker_fd;            /* this run's own connection: conformance/broker.h */
    const char *evidence_dir; /* absolute; made (0700) by who first writes into it */
    double speed;             /* of the clock: what does not run by it has as much longer time */
    double time_slack;        /* windows are this many times as wide as computed; 1 or more */
    int log_fd;               /* see case_report */
    bool trace;               /* also print every timeline entry to stderr */
    bool redact;              /* no secrets in evidence */
    const char *mutant;       /* what the target was started with; NULL: as it is */
    int fuzz;                 /* datagrams of a fuzzing case; 0: what it says */
    bool alone;               /* no other case is running: the target may be started again */
    bool accused;             /* of job.h: what it made the first time may still be there */
    int64_t shrink_us;        /* to make what fuzzing finds small; 0: not at all */
    int attempt;              /* 0, 1 ... with --repeat and --retries: new names for everything */
    const char *recording;    /* NULL, or a recording.jsonl that is judged in place of a target */
};

enum { CASE_TEXT_LEN = 512, CASE_SHORT_LEN = 128, CASE_MAX_FINDINGS = 16 };

/* One expectation that was not met, one observation, one reason. Strings end with a NUL. */
struct case_finding {
    enum verdict verdict;       /* PASS: only observed */
    char step[CASE_SHORT_LEN];  /* "post:expect", or the name that the script gave */
    char field[CASE_SHORT_LEN]; /* `code`, `options.4210`, `within`; empty: none */
    char expected[CASE_TEXT_LEN];
    char got[CASE_TEXT_LEN];
    char reason[CASE_TEXT_LEN]; /* a sentence */
    char file[CASE_TEXT_LEN];
    int line;
};

/*
 * In shared memory, zero at the start: a child that dies early has `done` false. `detail` is the
 * whole failure text for people (messages decoded, caret in the hex).
 *
 * The log at log_fd is appended with write(2), one JSON object a line:
 *   {"at_us":4012,"actor":"device|target|suite|sink|operator","kind":"sent|received|dtls|event|
 *    command|step|note","peer":"dev1","text":"CON POST
 * mid=...","hex":"44...","file":"x.lua","line":12} at_us counts from the start of the case; peer,
 * hex, file and line may be missing. Reports draw ladders from it.
 */
struct case_report {
    bool done;
    enum verdict verdict; /* the worst of the findings; case_add_finding keeps it so */
    struct case_finding findings[CASE_MAX_FINDINGS];
    int finding_count; /* beyond the array they count, but are only in the log */
    int expectations;  /* judged: 0 with PASS is a script error */
    int64_t started_us;
    int64_t ended_us;
    bool has_evidence;
    char detail[16384];
};

/* Adds f; the report's verdict becomes the worse one. The first of the worst is what the run is
 * known by (its signature: step and field). */
void case_add_finding(struct case_report *report, const struct case_finding *f);
/* The finding that the run is known by; NULL when there is none. */
const struct case_finding *case_signature(const struct case_report *report);

const char *binding_name(enum binding b);
/* The case's claim to kill the mutant; NULL: it has none. */
const struct case_kill *case_claim(const struct case_def *def, const char *mutant);
const char *case_level_name(enum case_level level);
const char *case_impact_name(enum case_impact impact);

/*
 * The engine, as the runner calls it; tests pass one of their own.
 *
 * install: once, into the runner's Lua state before any scenario is loaded: the matchers `t` and
 * all that scripts see beside `case`. execute: in the child; runs def's function, fills *out and
 * sets done. Script errors, also endless loops and too much memory, are VERDICT_ERROR findings.
 */
struct case_engine {
    void (*install)(lua_State *L);
    void (*execute)(lua_State *L, const struct case_def *def, const struct case_env *env,
                    struct case_report *out);
    /* What can be seen in a script's text without running it; may be NULL. shown: the file's name
     * in messages. */
    void (*inspect)(lua_State *L, struct str text, const char *shown, struct problems *problems);
};

/* conformance/engine.c */
extern const struct case_engine case_engine;

#endif
