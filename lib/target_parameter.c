#include "lib/target_parameter.h"

#include <math.h>

#include "lib/opt_value.h"

enum kind { TIME, COUNT_OF, FACTOR, SIZE };

/* The order is the order in which they are derived. */
enum parameter {
    ACK_TIMEOUT,
    ACK_RANDOM_FACTOR,
    MAX_RETRANSMIT,
    MAX_LATENCY,
    PROCESSING_DELAY,
    MAX_TRANSMIT_SPAN,
    MAX_TRANSMIT_WAIT,
    MAX_RTT,
    EXCHANGE_LIFETIME,
    NON_LIFETIME,
};

static double derive_processing_delay(const double *p)
{
    return p[ACK_TIMEOUT];
}

static double derive_transmit_span(const double *p)
{
    return p[ACK_TIMEOUT] * (exp2(p[MAX_RETRANSMIT]) - 1) * p[ACK_RANDOM_FACTOR];
}

static double derive_transmit_wait(const double *p)
{
    return p[ACK_TIMEOUT] * (exp2(p[MAX_RETRANSMIT] + 1) - 1) * p[ACK_RANDOM_FACTOR];
}

static double derive_rtt(const double *p)
{
    return 2 * p[MAX_LATENCY] + p[PROCESSING_DELAY];
}

static double derive_exchange_lifetime(const double *p)
{
    return p[MAX_TRANSMIT_SPAN] + 2 * p[MAX_LATENCY] + p[PROCESSING_DELAY];
}

static double derive_non_lifetime(const double *p)
{
    return p[MAX_TRANSMIT_SPAN] + p[MAX_LATENCY];
}

static const struct row {
    const char *name;
    enum kind kind;
    double value; /* NAN: derived, or unknown */
    double (*derive)(const double *p);
} rows[] = {
  /* RFC 7252 4.8 */
    [ACK_TIMEOUT] = {"ACK_TIMEOUT",            TIME,     2,    NULL                    },
    [ACK_RANDOM_FACTOR] = {"ACK_RANDOM_FACTOR",      FACTOR,   1.5,  NULL                    },
    [MAX_RETRANSMIT] = {"MAX_RETRANSMIT",         COUNT_OF, 4,    NULL                    },
 /* RFC 7252 4.8.2 */
    [MAX_LATENCY] = {"MAX_LATENCY",            TIME,     100,  NULL                    },
    [PROCESSING_DELAY] = {"PROCESSING_DELAY",       TIME,     NAN,  derive_processing_delay },
    [MAX_TRANSMIT_SPAN] = {"MAX_TRANSMIT_SPAN",      TIME,     NAN,  derive_transmit_span    },
    [MAX_TRANSMIT_WAIT] = {"MAX_TRANSMIT_WAIT",      TIME,     NAN,  derive_transmit_wait    },
    [MAX_RTT] = {"MAX_RTT",                TIME,     NAN,  derive_rtt              },
    [EXCHANGE_LIFETIME] = {"EXCHANGE_LIFETIME",      TIME,     NAN,  derive_exchange_lifetime},
    [NON_LIFETIME] = {"NON_LIFETIME",           TIME,     NAN,  derive_non_lifetime     },
 /* RFC 7252 4.8 */
    {"NSTART",                 COUNT_OF, 1,    NULL                    },
    {"DEFAULT_LEISURE",        TIME,     5,    NULL                    },
    {"PROBING_RATE",           SIZE,     1,    NULL                    },
 /* of the target */
    {"COMMAND_SETTLE",         TIME,     0.2,  NULL                    }, /* a command is at the target after it */
    {"DELAY_BOUND",            TIME,     1,    NULL                    }, /* how much others may slow a device down */
    {"DTLS_IDLE",              TIME,     NAN,  NULL                    }, /* a session ends after so much silence */
    {"DTLS_HANDSHAKE_TIMEOUT", TIME,     NAN,  NULL                    },
    {"EVENT_SETTLE",           TIME,     0.2,  NULL                    }, /* an event is at the application after it */
    {"EVENT_TIMEOUT",          TIME,     5,    NULL                    }, /* how long an event is awaited */
    {"MAX_CT",                 TIME,     NAN,  NULL                    }, /* longest wait for a command */
    {"MAX_PAYLOAD",            SIZE,     NAN,  NULL                    }, /* largest publish, in blocks or not */
    {"REVOCATION_DELAY",       TIME,     0,    NULL                    }, /* a change of the registry is in force after it */
    {"SETTLE",                 TIME,     0.05, NULL                    }, /* workers may answer in another order within it */
    {"STEP_TIMEOUT",           TIME,     20,   NULL                    }, /* a step of a case, beyond what it waits for */
    {"TRANSFER_LIFETIME",      TIME,     NAN,  NULL                    }, /* an unfinished upload in blocks is kept */
};

_Static_assert(COUNT(rows) <= TARGET_PARAMETERS_MAX, "struct target has room for all");

void target_parameters_init(struct target *t)
{
    for (size_t i = 0; i < TARGET_PARAMETERS_MAX; i++)
        t->parameter[i] = i < COUNT(rows) ? rows[i].value : NAN;
}

void target_parameters_derive(struct target *t)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (isnan(t->parameter[i]) && rows[i].derive != NULL)
            t->parameter[i] = rows[i].derive(t->parameter);
}

size_t target_parameter_find(const char *name)
{
    for (size_t i = 0; i < COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            return i;
    return TARGET_PARAMETERS_MAX;
}

const char *target_parameter_set(struct target *t, size_t index, double value)
{
    static const struct {
        double least, most;
        bool whole;
        const char *expected;
    } kinds[] = {
        [TIME] = {0, 1e8,  false, "a time (\"250 ms\", \"2 s\", \"10 min\")"},
        [COUNT_OF] = {0, 1000, true,  "a whole number"                          },
        [FACTOR] = {1, 1000, false, "a number, 1 or more"                     },
        [SIZE] = {0, 1e15, true,  "a number of bytes (1024, \"64 KiB\")"    },
    };
    enum kind kind = rows[index].kind;

    if (!(value >= kinds[kind].least && value <= kinds[kind].most) ||
        (kinds[kind].whole && value != floor(value)))
        return kinds[kind].expected;
    t->parameter[index] = value;
    return NULL;
}

const char *target_parameter_set_text(struct target *t, size_t index, const char *text)
{
    struct str s = str_from(text);
    int64_t number;

    if (rows[index].kind == TIME && opt_value_spaced(s, opt_value_duration, &number))
        return target_parameter_set(t, index, (double)number / 1e6);
    if (rows[index].kind == SIZE && opt_value_spaced(s, opt_value_size, &number))
        return target_parameter_set(t, index, (double)number);
    return target_parameter_set(t, index, NAN);
}

bool target_parameter(const struct target *t, const char *name, double *out)
{
    size_t index = target_parameter_find(name);

    if (index == TARGET_PARAMETERS_MAX || isnan(t->parameter[index]))
        return false;
    *out = t->parameter[index];
    return true;
}

const char *target_parameter_name(size_t index)
{
    return index < COUNT(rows) ? rows[index].name : NULL;
}

bool target_parameter_is_time(size_t index)
{
    assert(index < COUNT(rows));
    return rows[index].kind == TIME;
}
