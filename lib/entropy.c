#include "lib/entropy.h"

#include <errno.h>
#include <sys/random.h>

#include "lib/base.h"

void entropy_fill(void *to, size_t len)
{
    uint8_t *at = to;

    while (len > 0) {
        ssize_t got = getrandom(at, len, 0);

        assert(got > 0 || errno == EINTR);
        if (got > 0) {
            at += got;
            len -= (size_t)got;
        }
    }
}
