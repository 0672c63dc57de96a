/*
 * What --help and the man page of seatrial-endpoint say beside the options.
 */
#ifndef REFERENCE_CONFIG_PAGE_H
#define REFERENCE_CONFIG_PAGE_H

#include "lib/opt_help.h"

extern const struct opt_page config_page;

#endif
