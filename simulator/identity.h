/*
 * What devices are called and their secrets, as functions of (seed, device number): nothing is
 * kept, and a device is the same in every run, worker and slice.
 */
#ifndef SIMULATOR_IDENTITY_H
#define SIMULATOR_IDENTITY_H

#include "lib/base.h"

enum {
    IDENTITY_APPLICATION_LEN = 23, /* `swarm-`, 16 hexadecimal digits, and a NUL */
    IDENTITY_DEVICE_LEN = 12,      /* `d` and 10 digits, and a NUL */
    IDENTITY_PASSWORD_LEN = 17,    /* 16 hexadecimal digits, and a NUL */
    IDENTITY_PSK_LEN = 16,         /* bytes */
};

/* Each writes a text of fixed length with its NUL. */
void identity_application(uint64_t seed, char *out);
void identity_device(uint32_t device, char *out);
/* The gateway through which a device publishes: `g` and 10 digits. */
void identity_gateway(uint32_t device, char *out);
void identity_password(uint64_t seed, uint32_t device, char *out);
void identity_psk(uint64_t seed, uint32_t device, uint8_t *out);

/* The number behind `d` and 10 digits; false: it is no such name. */
bool identity_device_number(struct str name, uint32_t *out) MUST_CHECK;

#endif
