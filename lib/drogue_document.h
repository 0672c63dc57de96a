/*
 * Applications and devices as Drogue Cloud's registry stores them, made from what a test asks for.
 */
#ifndef LIB_DROGUE_DOCUMENT_H
#define LIB_DROGUE_DOCUMENT_H

#include <jansson.h>

#include "lib/base.h"

/* Label by which `clean` finds what a run has made. */
#define DROGUE_RUN_LABEL "seatrial-run"

enum { DROGUE_WHY_LEN = 256 };

/* request: `create_application` or `create_device` as conformance/broker.h says. Gives the whole
 * document; NULL and why when a field makes no sense. */
json_t *drogue_application(const json_t *request, const char *run_id, char *why) MUST_CHECK;
json_t *drogue_device(const json_t *request, const char *run_id, char *why) MUST_CHECK;

#endif
