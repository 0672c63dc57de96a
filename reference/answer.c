#include "reference/answer.h"

#include "lib/tbl/coap_code.h"
#include "lib/tbl/coap_option.h"
#include "reference/mutant.h"

static uint8_t answer_code(const struct answer *answer)
{
    if (answer->outcome == OUTCOME_CHANGED && mutant_is(MUTANT_CREATED_FOR_CHANGED))
        return CODE_CREATED;
    if (answer->outcome == OUTCOME_COMMAND && mutant_is(MUTANT_COMMAND_CODE_CHANGED))
        return CODE_CHANGED;
    if (answer->outcome == OUTCOME_AUTHENTICATION_FAILED &&
        mutant_is(MUTANT_AUTHENTICATION_FAILED_5_00))
        return CODE_INTERNAL_SERVER_ERROR;
    if (answer->outcome == OUTCOME_METHOD_NOT_ALLOWED && mutant_is(MUTANT_METHOD_NOT_FOUND))
        return CODE_NOT_FOUND;
    if (answer->outcome == OUTCOME_CONTINUE && mutant_is(MUTANT_BLOCK_CONTINUE_CHANGED))
        return CODE_CHANGED;
    return outcome_code(answer->outcome);
}

static struct str answer_token(struct str token)
{
    if (mutant_is(MUTANT_TOKEN_DROPPED))
        return (struct str){NULL, 0};
    if (token.len > 4 && mutant_is(MUTANT_TOKEN_CUT))
        token.len = 4;
    return token;
}

static void add_command(struct pdu_writer *w, const struct answer *answer)
{
    struct str name = answer->command;
    struct str payload = answer->payload;
    char changed[256];

    if (mutant_is(MUTANT_COMMAND_NAME_CHANGED) && name.len > 0 && name.len <= sizeof changed) {
        memcpy(changed, name.ptr, name.len);
        changed[0] = (char)(changed[0] ^ 1);
        name.ptr = changed;
    }
    if (!mutant_is(MUTANT_OPTION_4210_MISSING))
        pdu_add_option(w, mutant_is(MUTANT_COMMAND_IN_OPTION_4211) ? 4211 : OPTION_COMMAND, name);
    if (mutant_is(MUTANT_OPTION_4210_TWICE))
        pdu_add_option(w, OPTION_COMMAND, name);
    if (mutant_is(MUTANT_COMMAND_PAYLOAD_CUT) && payload.len > 0)
        payload.len--;
    pdu_add_payload(w, payload);
}

void answer_write(struct buf *out, const struct answer_head *head, const struct answer *answer,
                  uint32_t retry_after_s)
{
    uint8_t code = answer_code(answer);
    bool refusal = pdu_class(code) >= 4;
    struct pdu_writer w = pdu_start(out, head->type, code, head->mid, answer_token(head->token));

    if (answer->etag.len > 0)
        pdu_add_option(&w, OPTION_ETAG, answer->etag);
    if (refusal && mutant_is(MUTANT_REFUSAL_WITH_CONTENT_FORMAT))
        pdu_add_uint(&w, OPTION_CONTENT_FORMAT, 50);
    if (code == CODE_SERVICE_UNAVAILABLE)
        pdu_add_uint(&w, OPTION_MAX_AGE, retry_after_s);
    if (answer->block2 != NULL)
        pdu_add_uint(&w, OPTION_BLOCK2, block_value(answer->block2));
    if (answer->block1 != NULL)
        pdu_add_uint(&w, OPTION_BLOCK1, block_value(answer->block1));
    if (answer->size1 != 0)
        pdu_add_uint(&w, OPTION_SIZE1, answer->size1);
    if (mutant_is(MUTANT_RESPONSE_WITH_CRITICAL_OPTION))
        pdu_add_option(&w, 2051, STR("x"));
    if (answer->outcome == OUTCOME_COMMAND) {
        add_command(&w, answer);
    } else if (!refusal && mutant_is(MUTANT_CHANGED_WITH_PAYLOAD)) {
        pdu_add_payload(&w, STR("done"));
    } else if (!mutant_is(MUTANT_REFUSAL_WITHOUT_REASON)) {
        pdu_add_payload(&w,
                        answer->reason.len > 0 ? answer->reason : outcome_text(answer->outcome));
    }
    if (mutant_is(MUTANT_RESPONSE_WITH_LONE_MARKER))
        buf_add_char(out, (char)PDU_PAYLOAD_MARKER);
}

bool answer_is_plain(const struct answer *answer)
{
    return answer->outcome != OUTCOME_COMMAND && answer->block1 == NULL && answer->block2 == NULL &&
           answer->size1 == 0 && answer->reason.len == 0;
}
