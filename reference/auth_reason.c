#include "reference/auth_reason.h"

static const struct {
    enum auth_result result;
    const char *word;
} reasons[] = {
#define X(id, result, word) {result, word},
    AUTH_REASONS(X)
#undef X
};

enum auth_result auth_reason_result(enum auth_reason reason)
{
    return reasons[reason].result;
}

const char *auth_reason_word(enum auth_reason reason)
{
    return reasons[reason].word;
}
