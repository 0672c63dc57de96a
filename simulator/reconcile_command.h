/*
 * The commands of a run and what became of them; a part of reconcile.
 *
 * A command belongs to the wait that the injector saw. Whether it came too late is known when the
 * wait has ended; whether it is lost only at the end of the run, as it may reach a later wait.
 */
#ifndef SIMULATOR_RECONCILE_COMMAND_H
#define SIMULATOR_RECONCILE_COMMAND_H

#include "simulator/reconcile.h"

struct reconcile_commands;

struct reconcile_commands *reconcile_commands_new(struct tally *tally, int64_t ending_us);
void reconcile_commands_free(struct reconcile_commands **c);

void reconcile_commands_sent(struct reconcile_commands *c, const struct reconcile_command *command);
void reconcile_commands_answered(struct reconcile_commands *c, uint32_t number, bool taken,
                                 int64_t now_us);
/* COMMAND or FOREIGN */
void reconcile_commands_came(struct reconcile_commands *c, const struct notice *n);
/* ACKNOWLEDGED, REFUSED, UNDECIDED */
void reconcile_commands_wait_over(struct reconcile_commands *c, const struct notice *n);
size_t reconcile_commands_open(const struct reconcile_commands *c);
/* cut: notices were lost */
void reconcile_commands_end(struct reconcile_commands *c, bool cut);

#endif
