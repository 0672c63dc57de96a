#include "simulator/device.h"

/* clang-format off */
static const struct transition {
    enum device_state from;
    enum device_event on;
    enum device_action action;
    enum device_state to;
} transitions[] = {
    {DEVICE_OFFLINE,     DEVICE_DUE,       DEVICE_CONNECT,      DEVICE_CONNECTING },
    {DEVICE_CONNECTING,  DEVICE_HELD,      DEVICE_ENQUEUE,      DEVICE_QUEUED     },
    {DEVICE_QUEUED,      DEVICE_TURN,      DEVICE_CONNECT,      DEVICE_CONNECTING },
    {DEVICE_CONNECTING,  DEVICE_CONNECTED, DEVICE_GREET,        DEVICE_READY      },
    {DEVICE_CONNECTING,  DEVICE_REFUSED,   DEVICE_FAIL_CONNECT, DEVICE_OFFLINE    },
    {DEVICE_READY,       DEVICE_DUE,       DEVICE_PUBLISH,      DEVICE_READY      },
    {DEVICE_READY,       DEVICE_SENT_CON,  DEVICE_AWAIT,        DEVICE_WAIT_ACK   },
    {DEVICE_READY,       DEVICE_SENT_NON,  DEVICE_AWAIT,        DEVICE_WAIT_ANSWER},
    {DEVICE_READY,       DEVICE_CLOSED,    DEVICE_LOSE_SESSION, DEVICE_OFFLINE    },
    {DEVICE_WAIT_ACK,    DEVICE_REPEAT,    DEVICE_RETRANSMIT,   DEVICE_WAIT_ACK   },
    {DEVICE_WAIT_ACK,    DEVICE_EXPIRED,   DEVICE_GIVE_UP,      DEVICE_READY      },
    {DEVICE_WAIT_ACK,    DEVICE_EMPTY_ACK, DEVICE_AWAIT,        DEVICE_WAIT_ANSWER},
    {DEVICE_WAIT_ACK,    DEVICE_ANSWER,    DEVICE_FINISH,       DEVICE_READY      },
    {DEVICE_WAIT_ACK,    DEVICE_CONTINUE,  DEVICE_NEXT_BLOCK,   DEVICE_READY      },
    {DEVICE_WAIT_ACK,    DEVICE_RESET,     DEVICE_FINISH_RESET, DEVICE_READY      },
    {DEVICE_WAIT_ACK,    DEVICE_CLOSED,    DEVICE_LOSE_SESSION, DEVICE_OFFLINE    },
    {DEVICE_WAIT_ANSWER, DEVICE_EXPIRED,   DEVICE_GIVE_UP,      DEVICE_READY      },
    {DEVICE_WAIT_ANSWER, DEVICE_ANSWER,    DEVICE_FINISH,       DEVICE_READY      },
    {DEVICE_WAIT_ANSWER, DEVICE_CONTINUE,  DEVICE_NEXT_BLOCK,   DEVICE_READY      },
    {DEVICE_WAIT_ANSWER, DEVICE_RESET,     DEVICE_FINISH_RESET, DEVICE_READY      },
    {DEVICE_WAIT_ANSWER, DEVICE_CLOSED,    DEVICE_LOSE_SESSION, DEVICE_OFFLINE    },
};
/* clang-format on */

struct device_step device_step(enum device_state state, enum device_event event)
{
    for (size_t i = 0; i < COUNT(transitions); i++) {
        if (transitions[i].from == state && transitions[i].on == event)
            return (struct device_step){transitions[i].action, transitions[i].to};
    }
    return (struct device_step){DEVICE_IGNORE, state};
}
