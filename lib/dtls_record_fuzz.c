#include "lib/dtls_offer.h"
#include "lib/dtls_track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct dtls_track track = {0};
    enum dtls_way to = DTLS_TO_TARGET;
    struct buf shown = buf_growing();
    struct dtls_record r;

    while (dtls_record_next(&data, &len, to, &r)) {
        struct dtls_answer answer;
        struct str value;

        dtls_track(&track, &r);
        dtls_record_show(&r, &shown);
        if (dtls_answer_read(&r, &answer) && dtls_answer_extension(&answer, 23, &value))
            buf_add_str(&shown, value);
        to = to == DTLS_TO_TARGET ? DTLS_TO_DEVICE : DTLS_TO_TARGET;
    }
    buf_fini(&shown);
    return 0;
}
