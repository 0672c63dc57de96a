/*
 * Keeps the memory index equal to the store: loads it at start, and follows what other processes
 * commit.
 */
#ifndef REFERENCE_REGISTRY_WATCH_H
#define REFERENCE_REGISTRY_WATCH_H

#include "reference/registry_state.h"

/* Fills an empty index. */
enum registry_err registry_load(struct registry *r) MUST_CHECK;

/* Reads again what other processes have changed. Locked by the caller. */
enum registry_err registry_catch_up(struct registry *r) MUST_CHECK;

/* The thread that calls registry_catch_up a few times a second, and frees what readers have left.
 */
bool registry_watch_start(struct registry *r) MUST_CHECK;
void registry_watch_stop(struct registry *r);

#endif
