/* Any datagram: read, walk the options, write them again, and read the same. */
#include <stdlib.h>

#include "reference/mutant.h"
#include "reference/pdu.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* SEATRIAL_MUTANT is what ci/night proves itself with. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *mutant = getenv("SEATRIAL_MUTANT");
    bool known = mutant == NULL || mutant_choose(mutant);

    UNUSED(argc);
    UNUSED(argv);
    assert(known);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct pdu p;
    struct pdu again;
    struct pdu_option a;
    struct pdu_option b;

    if (pdu_parse(data, len, &p) != PDU_OK || p.code == PDU_CODE_EMPTY)
        return 0;
    struct buf out = buf_growing();
    struct pdu_writer w = pdu_start(&out, p.type, p.code, p.mid, p.token);
    struct pdu_options walk = pdu_options(&p);

    while (pdu_next_option(&walk, &a))
        pdu_add_option(&w, (uint16_t)a.number, a.value);
    pdu_add_payload(&w, p.payload);
    enum pdu_err err = pdu_parse((const uint8_t *)out.ptr, out.len, &again);

    assert(err == PDU_OK && str_equal(p.payload, again.payload) && str_equal(p.token, again.token));
    walk = pdu_options(&p);
    struct pdu_options walk_again = pdu_options(&again);

    while (pdu_next_option(&walk, &a)) {
        bool more = pdu_next_option(&walk_again, &b);

        assert(more && a.number == b.number && str_equal(a.value, b.value));
    }
    buf_fini(&out);
    return 0;
}
