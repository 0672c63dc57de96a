/* The command `replay`: recorded exchanges (recording.jsonl of the evidence) judged again, without
 * target and network. */
#ifndef CONFORMANCE_REPLAY_H
#define CONFORMANCE_REPLAY_H

#include "conformance/case.h"
#include "conformance/options.h"

/* Each argument is a folder of evidence, or a recording. The exit code says what they are judged to
 * be now, as that of a run. */
enum exit_code replay_command(const struct options *o, const struct case_engine *engine);

#endif
