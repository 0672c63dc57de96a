/*
 * Processes of this machine as an engine: forked from one, each joined to it by a pair of sockets.
 */
#ifndef SIMULATOR_ENGINE_LOCAL_H
#define SIMULATOR_ENGINE_LOCAL_H

#include "simulator/engine.h"

enum { ENGINE_LOCAL_MAX = 256, ENGINE_LOCAL_WHY_LEN = 128 };

/*
 * Forks size - 1 processes, which return from here too, with ranks 1, 2, 3 ...; they must end by
 * _exit, since what else the first process has open is not theirs. The caller has no threads that
 * the others would need. NULL, in the first process only: why.
 *
 * engine_free in the first process waits for the others to end.
 */
struct engine *engine_local_new(int size, char *why) MUST_CHECK;

#endif
