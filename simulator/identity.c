#include "simulator/identity.h"

#include "simulator/rng.h"

/* What is random about a device: the third word of rng_at. */
enum { OF_PASSWORD = 0x706173, OF_PSK = 0x70736b };

static void hexadecimal(uint64_t value, char *out)
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
}

static void numbered(char letter, uint32_t number, char *out)
{
    out[0] = letter;
    for (int i = 10; i >= 1; i--, number /= 10)
        out[i] = (char)('0' + number % 10);
    out[11] = '\0';
}

void identity_application(uint64_t seed, char *out)
{
    memcpy(out, "swarm-", 6);
    hexadecimal(seed, out + 6);
    out[22] = '\0';
}

void identity_device(uint32_t device, char *out)
{
    numbered('d', device, out);
}

void identity_gateway(uint32_t device, char *out)
{
    numbered('g', device, out);
}

void identity_password(uint64_t seed, uint32_t device, char *out)
{
    hexadecimal(rng_at(seed, device, OF_PASSWORD), out);
    out[16] = '\0';
}

void identity_psk(uint64_t seed, uint32_t device, uint8_t *out)
{
    for (unsigned half = 0; half < 2; half++) {
        uint64_t random = rng_at(seed, device, OF_PSK + half);

        memcpy(out + (size_t)half * 8, &random, 8);
    }
}

bool identity_device_number(struct str name, uint32_t *out)
{
    uint64_t number = 0;

    if (name.len != IDENTITY_DEVICE_LEN - 1 || name.ptr[0] != 'd')
        return false;
    for (size_t i = 1; i < name.len; i++) {
        if (name.ptr[i] < '0' || name.ptr[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(name.ptr[i] - '0');
    }
    *out = (uint32_t)number;
    return number <= UINT32_MAX;
}
