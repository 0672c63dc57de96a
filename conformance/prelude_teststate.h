/* For tests of the Lua half of the engine: expressions in a state that has its P and t, without
 * network. */
#ifndef CONFORMANCE_PRELUDE_TESTSTATE_H
#define CONFORMANCE_PRELUDE_TESTSTATE_H

#include "lib/base.h"

/* An expression (or several, joined by commas) and its value as text. */
struct prelude_row {
    const char *expression;
    const char *expected;
};

/* Each in a fresh state; one that differs fails the test. */
void prelude_teststate_check(const struct prelude_row *rows, size_t count);

#endif
