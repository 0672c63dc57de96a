/*
 * Which device a Basic credential claims to be, and how its password is to be looked at: the forms
 * of facts 2.2 as one table (AUTH-04).
 */
#ifndef REFERENCE_CLAIM_H
#define REFERENCE_CLAIM_H

#include "reference/credential.h"

/* Aliases as presented; all borrowed from the query and the credential. */
struct claim {
    struct str application;
    struct str device;
    bool is_user;        /* the password is one of `username`, else of the device itself */
    struct str username; /* only if is_user */
};

/* application, device: of the query, NULL when absent. False: no form of the table. */
bool claim_read(const struct credential *credential, const struct str *application,
                const struct str *device, struct claim *out) MUST_CHECK;

#endif
