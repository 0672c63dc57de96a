/*
 * The two messages that the doctor sends. Apart from its sockets: <sys/socket.h> and the codec both
 * have a MSG_RST.
 */
#ifndef CONFORMANCE_DOCTOR_MESSAGE_H
#define CONFORMANCE_DOCTOR_MESSAGE_H

#include "lib/base.h"
#include "lib/buf.h"

/* An empty CON. */
void doctor_write_ping(struct buf *out, uint16_t mid);
/* POST /v1/doctor with `hello`; authorization is the value of option 4209. */
void doctor_write_publish(struct buf *out, uint16_t mid, struct str authorization);
/* Is this a well-formed message with that message id? */
bool doctor_read(const uint8_t *bytes, size_t len, uint16_t mid, uint8_t *code) MUST_CHECK;
/* `2.04 Changed` */
void doctor_show_code(uint8_t code, struct buf *out);

#endif
