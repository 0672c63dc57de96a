/* Any datagram that is a request: what is accepted has a channel that may be a subject. */
#include "reference/event.h"
#include "reference/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const struct request_options how = {.allow_put = true};
    static char decode[65536];
    struct pdu p;
    struct request r;

    if (len > sizeof decode || pdu_parse(data, len, &p) != PDU_OK || pdu_class(p.code) != 0)
        return 0;
    if (request_read(&p, &how, decode, &r) == OUTCOME_NONE)
        assert(event_subject_allowed(r.channel));
    return 0;
}
