#include "reference/answer.h"

#include "lib/tbl/coap_code.h"
#include "lib/tbl/coap_option.h"

void answer_write(struct buf *out, const struct answer_head *head, const struct answer *answer,
                  uint32_t retry_after_s)
{
    uint8_t code = outcome_code(answer->outcome);
    struct pdu_writer w = pdu_start(out, head->type, code, head->mid, head->token);

    if (answer->etag.len > 0)
        pdu_add_option(&w, OPTION_ETAG, answer->etag);
    if (code == CODE_SERVICE_UNAVAILABLE)
        pdu_add_uint(&w, OPTION_MAX_AGE, retry_after_s);
    if (answer->block2 != NULL)
        pdu_add_uint(&w, OPTION_BLOCK2, block_value(answer->block2));
    if (answer->block1 != NULL)
        pdu_add_uint(&w, OPTION_BLOCK1, block_value(answer->block1));
    if (answer->size1 != 0)
        pdu_add_uint(&w, OPTION_SIZE1, answer->size1);
    if (answer->outcome == OUTCOME_COMMAND) {
        pdu_add_option(&w, OPTION_COMMAND, answer->command);
        pdu_add_payload(&w, answer->payload);
    } else {
        pdu_add_payload(&w,
                        answer->reason.len > 0 ? answer->reason : outcome_text(answer->outcome));
    }
}

bool answer_is_plain(const struct answer *answer)
{
    return answer->outcome != OUTCOME_COMMAND && answer->block1 == NULL && answer->block2 == NULL &&
           answer->size1 == 0 && answer->reason.len == 0;
}
