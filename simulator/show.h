/*
 * Numbers as people read them, the same in every report and on the console.
 */
#ifndef SIMULATOR_SHOW_H
#define SIMULATOR_SHOW_H

#include "lib/base.h"

enum show_unit {
    SHOW_TIME,  /* microseconds: `61.2ms` */
    SHOW_RATIO, /* of one: `0.13%` */
    SHOW_RATE,  /* per second: `1 034/s` */
    SHOW_COUNT, /* `1 034` */
    SHOW_PLAIN, /* `0.9987` */
    SHOW_BYTES, /* `61.2MiB` */
};

enum { SHOW_LEN = 40 };

/* Three significant digits; NAN is `-`. Returns text (SHOW_LEN). */
const char *show(char *text, enum show_unit unit, double value);

#endif
