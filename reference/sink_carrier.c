#include "reference/sink_carrier.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "reference/token_file.h"

const char *sink_verdict_name(enum sink_verdict v)
{
    static const char *const names[] = {
        [SINK_VERDICT_TAKEN] = "taken",
        [SINK_VERDICT_REFUSED] = "refused",
        [SINK_VERDICT_BROKEN] = "broken",
        [SINK_VERDICT_FAILED] = "failed",
    };

    return names[v];
}

static bool check_authorities(const char *file, char *why)
{
    X509_STORE *store = X509_STORE_new();
    bool good = file == NULL || X509_STORE_load_file(store, file) == 1;

    X509_STORE_free(store);
    if (!good)
        (void)snprintf(why, SINK_WHY_LEN, "sink-ca: %.120s holds no PEM certificates: %.80s", file,
                       ERR_reason_error_string(ERR_peek_last_error()));
    ERR_clear_error();
    return good;
}

bool sink_load_token(const char *file, char *token, char *why)
{
    char text[TOKEN_FILE_WHY_LEN];

    if (!token_file_load(file, token, text)) {
        (void)snprintf(why, SINK_WHY_LEN, "sink-token: %.200s", text);
        return false;
    }
    if (*token == '\0')
        (void)snprintf(why, SINK_WHY_LEN, "sink-token: %.200s holds no token", file);
    return *token != '\0';
}

bool sink_check_files(const struct sink_options *options, char *why)
{
    char token[TOKEN_FILE_CAP];
    bool good = check_authorities(options->ca_file, why) &&
                (options->token_file == NULL || sink_load_token(options->token_file, token, why));

    OPENSSL_cleanse(token, sizeof token);
    return good;
}
