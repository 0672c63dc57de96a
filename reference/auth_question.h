/*
 * What is asked about a device, in the terms of Drogue Cloud's device authentication (facts 7.3):
 * who it says to be, and what it proves that with. A service answers it, a bare endpoint asks it.
 */
#ifndef REFERENCE_AUTH_QUESTION_H
#define REFERENCE_AUTH_QUESTION_H

#include <openssl/x509.h>

#include "lib/base.h"

enum auth_call {
    AUTH_CALL_PROVE,   /* is the proof good? */
    AUTH_CALL_KEY,     /* its pre-shared key */
    AUTH_CALL_GATEWAY, /* may the device publish for another one? */
};

enum auth_proof {
    AUTH_PROOF_PASS,        /* a password of the device itself */
    AUTH_PROOF_USER,        /* one of a user of the device */
    AUTH_PROOF_CERTIFICATE, /* a chain whose leaf's key the device has shown to have */
};

/* Strings and chain are borrowed. */
struct auth_question {
    enum auth_call call;
    struct str application; /* name or alias, as all names here */
    struct str device;
    enum auth_proof proof; /* AUTH_CALL_PROVE */
    struct str username;   /* AUTH_PROOF_USER */
    struct str password;
    STACK_OF(X509) * chain; /* AUTH_PROOF_CERTIFICATE: leaf first */
    struct str as;          /* AUTH_CALL_GATEWAY, and with has_as AUTH_CALL_PROVE */
    bool has_as;
};

#endif
