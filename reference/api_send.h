/*
 * Hands an answer to libmicrohttpd.
 */
#ifndef REFERENCE_API_SEND_H
#define REFERENCE_API_SEND_H

#include <microhttpd.h>

#include "lib/base.h"
#include "reference/api_reply.h"

/* Takes the reply's body and pieces. MHD_NO: the connection is beyond help and will be cut. */
enum MHD_Result api_send(struct api_reply *reply, struct MHD_Connection *connection,
                         bool then_close);

#endif
