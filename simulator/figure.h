/*
 * Figures that follow from the counts of a run: X(id, name, unit, text). Their names are those of
 * SLOs and reports.
 */
#ifndef SIMULATOR_FIGURE_H
#define SIMULATOR_FIGURE_H

#include "simulator/result.h"
#include "simulator/show.h"

/* clang-format off */
#define FIGURES(X) \
    X(RATE, "rate", RATE, "acknowledged publishes a second, over the whole run") \
    X(INTENDED_RATE, "intended_rate", RATE, "intended publishes a second, over the whole run") \
    X(ERROR_RATE, "error_rate", RATIO, "of finished publishes of good devices: refused, failed, reset or timed out") \
    X(TIMEOUT_RATE, "timeout_rate", RATIO, "of finished publishes of good devices: without an answer") \
    X(RETRANSMISSION_RATE, "retransmission_rate", PLAIN, "retransmissions a publish sent") \
    X(EVENTS_PER_ACK, "events_per_ack", PLAIN, "events an acknowledged publish, of those that were checked; a duplicated one counts as two: 1 is right") \
    X(COMMAND_LOSS, "command_loss", RATIO, "of decided commands: never came") \
    X(HANDSHAKE_ERROR_RATE, "handshake_error_rate", RATIO, "of finished handshakes of good devices: failed or timed out") \
    X(SERVER_CPU, "server_cpu", PLAIN, "busy processors of the endpoint, mean of all seconds") \
    X(SERVER_MEMORY, "server_memory", BYTES, "memory of the endpoint, the most of any second") \
    X(SERVER_DROPS, "server_drops", COUNT, "datagrams that the endpoint's sockets dropped")
/* clang-format on */

#define FIGURE_ID(id, name, unit, text) FIGURE_##id,
enum figure { FIGURES(FIGURE_ID) FIGURE_COUNT };
#undef FIGURE_ID

struct figure_row {
    const char *name;
    enum show_unit unit;
    const char *text;
};
extern const struct figure_row figure_rows[FIGURE_COUNT];

/* NAN: the run has nothing to tell it from. */
double figure_of(const struct result *r, enum figure f);

#endif
