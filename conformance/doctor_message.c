#include "conformance/doctor_message.h"

#include "lib/msg.h"

void doctor_write_ping(struct buf *out, uint16_t mid)
{
    msg_write(&(struct msg){.version = 1, .type = MSG_CON, .mid = mid}, out);
}

void doctor_write_publish(struct buf *out, uint16_t mid, struct str authorization)
{
    struct msg m = {.version = 1,
                    .type = MSG_CON,
                    .code = 0x02, /* POST */
                    .mid = mid,
                    .token = STR("dr"),
                    .option_count = 3,
                    .payload = STR("hello")};

    m.options[0] = (struct msg_option){.number = 11, .value = STR("v1")};
    m.options[1] = (struct msg_option){.number = 11, .value = STR("doctor")};
    m.options[2] = (struct msg_option){.number = 4209, .value = authorization};
    msg_write(&m, out);
}

bool doctor_read(const uint8_t *bytes, size_t len, uint16_t mid, uint8_t *code)
{
    struct msg m;
    size_t where;

    if (msg_read(bytes, len, &m, &where) != MSG_GOOD || m.mid != mid)
        return false;
    *code = m.code;
    return true;
}

void doctor_show_code(uint8_t code, struct buf *out)
{
    msg_show_code(code, out);
}
