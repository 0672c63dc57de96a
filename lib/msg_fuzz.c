/* Any datagram: what is read as well-formed is written back to the same message. */
#include "lib/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct msg m;
    static struct msg again;
    size_t where = 0;
    struct buf shown = buf_growing();
    struct buf written = buf_growing();
    enum msg_fault fault = msg_read(data, len, &m, &where);

    assert(where <= len);
    msg_show(&m, &shown);
    if (fault == MSG_GOOD) {
        msg_write(&m, &written);
        fault = msg_read((const uint8_t *)written.ptr, written.len, &again, &where);
        assert(fault == MSG_GOOD && again.option_count == m.option_count &&
               str_equal(again.payload, m.payload));
        for (size_t i = 0; i < m.option_count; i++) {
            assert(again.options[i].number == m.options[i].number);
            assert(str_equal(again.options[i].value, m.options[i].value));
        }
    }
    buf_fini(&shown);
    buf_fini(&written);
    return 0;
}
