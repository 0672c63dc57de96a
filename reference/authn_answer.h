/*
 * The answers of Drogue Cloud's device authentication as JSON (facts 7.3), written by the service
 * and read by a bare endpoint. Their capitals differ from call to call, and so do their members.
 */
#ifndef REFERENCE_AUTHN_ANSWER_H
#define REFERENCE_AUTHN_ANSWER_H

#include <jansson.h>

#include "reference/auth_question.h"
#include "reference/registry_entry.h"

/* --- the service ---------------------------------------------------------------------------------
 */

/* Documents as the registry gives them; taken. as: NULL: not asked for. */
struct authn_documents {
    json_t *app;
    json_t *device;
    json_t *as;
};

/*
 * A new reference. Credentials are left out of devices. The application is said to have its Kafka
 * topics (condition KafkaReady) unless its own status.conditions speaks of them. psk:
 * AUTH_CALL_KEY.
 */
json_t *authn_answer_pass(enum auth_call call, struct authn_documents *documents,
                          const struct registry_psk *psk);
json_t *authn_answer_fail(enum auth_call call);

/* --- the endpoint --------------------------------------------------------------------------------
 */

/* What a service said. Nothing in it changes any more. */
struct authn_answer {
    bool pass;
    struct registry_entry *app;    /* but for AUTH_CALL_GATEWAY */
    struct registry_entry *device; /* AUTH_CALL_GATEWAY: that is published for */
    struct registry_psk psk;       /* AUTH_CALL_KEY: in device's memory */
};

/* NULL: text is no answer to such a question. Pair: authn_answer_free. */
struct authn_answer *authn_answer_read(enum auth_call call, struct str text) MUST_CHECK;
void authn_answer_free(struct authn_answer **answer);

#endif
