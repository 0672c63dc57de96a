#include "conformance/lint.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "conformance/commands.h"
#include "conformance/mutants.h"
#include "lib/nearest.h"

enum { MAX_TEXT = 1 << 20 };

/* `rfc7252/5.4.1`: needs no row of its own. */
static bool is_section(const char *ref)
{
    size_t n;

    if (strncmp(ref, "rfc", 3) != 0)
        return false;
    n = strspn(ref + 3, "0123456789");
    return n > 0 &&
           (ref[3 + n] == '\0' || (ref[3 + n] == '/' && isalnum((unsigned char)ref[4 + n]) != 0));
}

static bool has_case(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->case_count; i++) {
        for (size_t k = 0; k < c->cases[i].refs.count; k++) {
            if (strcmp(c->cases[i].refs.item[k], id) == 0)
                return true;
        }
    }
    return false;
}

static void check_rows(const struct catalogue *c, struct problems *p)
{
    for (size_t i = 0; i < c->ledger.count; i++) {
        const struct requirement *row = &c->ledger.rows[i];
        bool tested = has_case(c, row->id);

        if (row->testable && !tested && row->level != CASE_INFO)
            problems_add(p, row->file, row->line,
                         "%s: no case (write one, or say testable = false and why)", row->id);
        if (!row->testable && tested)
            problems_add(p, row->file, row->line, "%s: has a case, but says testable = false",
                         row->id);
    }
}

void lint_check_refs(const struct catalogue *c, const struct case_def *def, struct problems *p)
{
    bool any = false;
    bool level_fits = false;

    for (size_t k = 0; k < def->refs.count; k++) {
        const char *ref = def->refs.item[k];
        const struct requirement *row = ledger_find(&c->ledger, ref);
        struct nearest n = nearest_to(str_from(ref));

        any = any || row != NULL;
        level_fits = level_fits || (row != NULL && row->level == def->level);
        for (size_t i = 0; i < c->ledger.count && row == NULL; i++)
            nearest_offer(&n, c->ledger.rows[i].id);
        if (row == NULL && !is_section(ref))
            problems_add(p, def->file, def->line, "%s: \"%s\" is no row of the ledger%s%s%s",
                         def->id, ref, n.found == NULL ? "" : ", did you mean ",
                         n.found == NULL ? "" : n.found, n.found == NULL ? "" : "?");
    }
    if (!any)
        problems_add(p, def->file, def->line, "%s: stands for no row of the ledger", def->id);
    else if (!level_fits)
        problems_add(p, def->file, def->line, "%s: no row that it stands for has the level %s",
                     def->id, case_level_name(def->level));
}

/* The line of text that begins with name and a space, or is name; NULL: none. */
static const char *find_line(const char *text, const char *name)
{
    size_t len = strlen(name);

    while (*text != '\0') {
        if (strncmp(text, name, len) == 0 && (text[len] == ' ' || text[len] == '\n'))
            return text;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return NULL;
}

static void check_kills(const struct case_def *def, const char *mutants, struct problems *p)
{
    for (size_t i = 0; i < def->kill_count; i++) {
        if (find_line(mutants, def->kills[i].mutant) == NULL)
            problems_add(p, def->file, def->line, "%s: there is no mutant \"%s\"", def->id,
                         def->kills[i].mutant);
    }
}

/* A mutant is claimed by one case: that whose subject it is. */
static void check_claims(const struct catalogue *c, const struct case_def *def, struct problems *p)
{
    for (size_t i = 0; i < def->kill_count; i++) {
        const char *mutant = def->kills[i].mutant;

        for (const struct case_def *other = c->cases; other < def; other++) {
            if (case_claim(other, mutant) != NULL)
                problems_add(p, def->file, def->line, "%s: mutant \"%s\" is claimed by %s", def->id,
                             mutant, other->id);
        }
    }
}

/* Does a case of this row claim to kill a mutant? */
static bool is_proven(const struct catalogue *c, const char *id)
{
    for (size_t i = 0; i < c->case_count; i++) {
        for (size_t k = 0; c->cases[i].kill_count > 0 && k < c->cases[i].refs.count; k++) {
            if (strcmp(c->cases[i].refs.item[k], id) == 0)
                return true;
        }
    }
    return false;
}

static void check_proofs(const struct lint *l, struct problems *p)
{
    const struct catalogue *c = l->catalogue;

    for (size_t i = 0; i < c->ledger.count; i++) {
        const struct requirement *row = &c->ledger.rows[i];
        bool has_gap = gaps_of_requirement(l->gaps, row->id) != NULL;
        bool proven = is_proven(c, row->id);

        if (row->level == CASE_MUST && row->testable && !proven && !has_gap)
            problems_add(p, row->file, row->line,
                         "%s: no case of it kills a mutant (claim one, or say why in gaps.lua)",
                         row->id);
        if (proven && has_gap)
            problems_add(p, row->file, row->line, "%s: is in gaps.lua, and a case kills a mutant",
                         row->id);
    }
    for (size_t i = 0; i < l->gaps->count; i++) {
        const char *id = l->gaps->rows[i].requirement;

        if (id != NULL && ledger_find(&c->ledger, id) == NULL)
            problems_add(p, NULL, 0, "gaps.lua: there is no requirement %s", id);
    }
}

static bool is_killed(const struct catalogue *c, const char *mutant)
{
    for (size_t i = 0; i < c->case_count; i++) {
        if (case_claim(&c->cases[i], mutant) != NULL)
            return true;
    }
    return false;
}

static void check_mutants(const struct lint *l, struct problems *p)
{
    const struct catalogue *c = l->catalogue;

    for (const char *at = l->mutants; *at != '\0'; at += *at == '\n') {
        size_t len = strcspn(at, " \n");
        char *name = xstrdup((struct str){at, len});
        bool has_gap = gaps_of_mutant(l->gaps, name) != NULL;
        bool killed = is_killed(c, name);

        if (len > 0 && !killed && !has_gap)
            problems_add(p, NULL, 0, "mutant %s: no case claims to kill it", name);
        if (killed && has_gap)
            problems_add(p, NULL, 0, "mutant %s: is in gaps.lua, and a case claims to kill it",
                         name);
        free(name);
        at += strcspn(at, "\n");
    }
    for (size_t i = 0; i < l->gaps->count; i++) {
        const char *name = l->gaps->rows[i].mutant;

        if (name != NULL && find_line(l->mutants, name) == NULL)
            problems_add(p, NULL, 0, "gaps.lua: there is no mutant \"%s\"", name);
    }
}

/* --- catalogue.lock ------------------------------------------------------------------------------
 */

static void add_lock_line(const struct case_def *def, struct buf *out)
{
    buf_add_format(out, "%s %d %s", def->id, def->rev, case_level_name(def->level));
    for (size_t i = 0; i < def->refs.count; i++)
        buf_add_format(out, " %s", def->refs.item[i]);
    buf_add_char(out, '\n');
}

static int by_id(const void *a, const void *b)
{
    const struct case_def *const *x = a;
    const struct case_def *const *y = b;

    return strcmp((*x)->id, (*y)->id);
}

void lint_lock(const struct catalogue *c, struct buf *out)
{
    const struct case_def **sorted = xcalloc(c->case_count + 1, sizeof *sorted);

    for (size_t i = 0; i < c->case_count; i++)
        sorted[i] = &c->cases[i];
    qsort(sorted, c->case_count, sizeof(*sorted), by_id);
    for (size_t i = 0; i < c->case_count; i++)
        add_lock_line(sorted[i], out);
    free(sorted);
}

static void check_lock_line(const struct catalogue *c, const char *line, size_t len,
                            struct problems *p)
{
    char *id = xstrdup((struct str){line, strcspn(line, " \n")});
    const struct case_def *def = catalogue_case(c, id);
    struct buf now = buf_growing();
    long rev = strtol(line + strlen(id), NULL, 10);

    if (def != NULL)
        add_lock_line(def, &now);
    if (def == NULL)
        problems_add(p, NULL, 0, "%s: in catalogue.lock, and gone; ids are permanent", id);
    else if (def->rev < rev)
        problems_add(p, def->file, def->line, "%s: rev %d is less than the %ld of catalogue.lock",
                     id, def->rev, rev);
    else if ((now.len != len + 1 || memcmp(now.ptr, line, len) != 0) && def->rev == rev)
        problems_add(p, def->file, def->line,
                     "%s: level or references differ from catalogue.lock: a new rev is due", id);
    else if (def->rev > rev)
        problems_add(p, def->file, def->line, "%s: catalogue.lock has rev %ld: run lint --update",
                     id, rev);
    buf_fini(&now);
    free(id);
}

static void check_lock(const struct catalogue *c, const char *lock, struct problems *p)
{
    for (const char *at = lock; *at != '\0'; at += *at == '\n') {
        size_t len = strcspn(at, "\n");

        if (len > 0)
            check_lock_line(c, at, len, p);
        at += len;
    }
    for (size_t i = 0; i < c->case_count; i++) {
        if (find_line(lock, c->cases[i].id) == NULL)
            problems_add(p, c->cases[i].file, c->cases[i].line,
                         "%s: not in catalogue.lock: run lint --update", c->cases[i].id);
    }
}

void lint_check(const struct lint *l, struct problems *problems)
{
    const struct catalogue *c = l->catalogue;

    check_rows(c, problems);
    check_proofs(l, problems);
    for (size_t i = 0; i < c->case_count; i++) {
        lint_check_refs(c, &c->cases[i], problems);
        check_claims(c, &c->cases[i], problems);
        if (l->mutants != NULL)
            check_kills(&c->cases[i], l->mutants, problems);
    }
    if (l->mutants != NULL)
        check_mutants(l, problems);
    if (l->lock != NULL)
        check_lock(c, l->lock, problems);
}

/* --- the command ---------------------------------------------------------------------------------
 */

/* The file as text, to be freed; NULL: there is none. */
static char *read_lock(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;

    if (file != NULL) {
        text = xcalloc(1, MAX_TEXT + 1);
        text[fread(text, 1, MAX_TEXT, file)] = '\0';
        (void)fclose(file);
    }
    return text;
}

static bool write_lock(const struct catalogue *c, const char *path)
{
    struct buf text = buf_growing();
    FILE *file = fopen(path, "we");
    bool ok = file != NULL;

    lint_lock(c, &text);
    ok = ok && (text.len == 0 || fwrite(text.ptr, text.len, 1, file) == 1);
    if (file != NULL)
        ok = fclose(file) == 0 && ok;
    if (!ok)
        (void)fprintf(stderr, "seatrial: %s: %s\n", path, strerror(errno));
    buf_fini(&text);
    return ok;
}

static void print_coverage(const struct lint *l)
{
    const struct catalogue *c = l->catalogue;
    size_t tested = 0;
    size_t untestable = 0;
    size_t proven = 0;
    size_t killing = 0;

    for (size_t i = 0; i < c->ledger.count; i++) {
        tested += has_case(c, c->ledger.rows[i].id);
        untestable += !c->ledger.rows[i].testable;
        proven += is_proven(c, c->ledger.rows[i].id);
    }
    for (size_t i = 0; i < c->case_count; i++)
        killing += c->cases[i].kill_count > 0;
    (void)printf("%zu requirements: %zu with cases, %zu not testable, %zu open; %zu cases\n",
                 c->ledger.count, tested, untestable, c->ledger.count - tested - untestable,
                 c->case_count);
    (void)printf(
        "%zu requirements are proven by a mutant, %zu gaps have a reason; %zu cases claim a "
        "kill, %zu stand beside them\n",
        proven, l->gaps->count, killing, c->case_count - killing);
    if (l->lock == NULL)
        (void)printf(
            "ids were not checked: there is no catalogue.lock (lint --update writes it)\n");
    if (l->mutants == NULL)
        (void)printf("kills were not checked: there is no seatrial-endpoint with mutants "
                     "(--endpoint)\n");
}

enum exit_code lint_command(const struct options *o, const struct case_engine *engine)
{
    char path[PATH_MAX];
    struct problems problems;
    struct catalogue c;
    struct gaps gaps;
    enum exit_code code = EXIT_USAGE;

    problems_init(&problems);
    (void)snprintf(path, sizeof path, "%s/catalogue.lock", options_scenarios(o));
    if (commands_load(o, engine, &c) && gaps_load(&gaps, options_scenarios(o), &problems) &&
        (!o->update || write_lock(&c, path))) {
        char *lock = read_lock(path);
        char *mutants = mutants_list(o->endpoint);
        struct lint l = {&c, &gaps, lock, mutants};

        lint_check(&l, &problems);
        print_coverage(&l);
        code = problems.count == 0 ? EXIT_GOOD : EXIT_USAGE;
        free(lock);
        free(mutants);
        gaps_fini(&gaps);
    }
    commands_complain(&problems);
    problems_fini(&problems);
    catalogue_fini(&c);
    return code;
}
