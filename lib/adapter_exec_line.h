/*
 * A line that an adapter's program has written.
 */
#ifndef LIB_ADAPTER_EXEC_LINE_H
#define LIB_ADAPTER_EXEC_LINE_H

#include "lib/cloudevent.h"

enum adapter_exec_kind {
    ADAPTER_EXEC_NONSENSE,
    ADAPTER_EXEC_GREETING, /* of this version of the protocol */
    ADAPTER_EXEC_REPLY,
    ADAPTER_EXEC_EVENT, /* it may have faults */
};

struct adapter_exec_line {
    int64_t id;              /* REPLY */
    struct cloudevent event; /* EVENT */
    struct arena arena;
};

/* To be freed in any case. */
enum adapter_exec_kind adapter_exec_read(struct str text, struct adapter_exec_line *out) MUST_CHECK;
void adapter_exec_line_fini(struct adapter_exec_line *line);

#endif
