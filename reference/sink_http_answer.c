#include "reference/sink_http_answer.h"

/* The first row that holds the status counts. */
static const struct status_row {
    long first, last;
    enum sink_verdict verdict;
    bool maybe_taken;
} statuses[] = {
    {200, 299, SINK_VERDICT_TAKEN,   false},
    {408, 408, SINK_VERDICT_FAILED,  false},
    {425, 425, SINK_VERDICT_FAILED,  false},
    {429, 429, SINK_VERDICT_FAILED,  false},
    {400, 499, SINK_VERDICT_REFUSED, false},
    {500, 599, SINK_VERDICT_FAILED,  true },
    {0,   999, SINK_VERDICT_BROKEN,  false},
};

/* Errors that do not go away by themselves. */
static const CURLcode broken[] = {
    CURLE_UNSUPPORTED_PROTOCOL,     CURLE_URL_MALFORMAT,    CURLE_SSL_ENGINE_NOTFOUND,
    CURLE_SSL_CERTPROBLEM,          CURLE_SSL_CIPHER,       CURLE_PEER_FAILED_VERIFICATION,
    CURLE_SSL_CACERT_BADFILE,       CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS,
    CURLE_SSL_PINNEDPUBKEYNOTMATCH,
};

static struct sink_answer of_status(long status)
{
    for (size_t i = 0; i < COUNT(statuses); i++) {
        const struct status_row *row = &statuses[i];

        if (row->first <= status && status <= row->last)
            return (struct sink_answer){.verdict = row->verdict,
                                        .maybe_taken = row->maybe_taken,
                                        .status = status,
                                        .error = "status"};
    }
    return (struct sink_answer){SINK_VERDICT_BROKEN, false, status, 0, "no HTTP status"};
}

struct sink_answer sink_http_answer_of(CURLcode error, long status, bool sent)
{
    struct sink_answer answer = {
        .verdict = SINK_VERDICT_FAILED, .maybe_taken = sent, .status = status};

    /* a body that is longer than we read is cut by us: the status stands */
    if (error == CURLE_OK || (error == CURLE_WRITE_ERROR && status != 0))
        return of_status(status);
    answer.error = curl_easy_strerror(error);
    for (size_t i = 0; i < COUNT(broken); i++) {
        if (broken[i] == error)
            answer.verdict = SINK_VERDICT_BROKEN;
    }
    return answer;
}
