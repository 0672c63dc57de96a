/*
 * DTLS sessions and certificates for scripts: lib/dtls and lib/pki_forge as Lua objects.
 *
 *   host.dtls(wire, { suites, groups, psk_identity, psk_key, certificate_pem, key_pem, ca_pem,
 *       server_name, resume (a session), max_version ("1.0"), mtu, no_tickets,
 *       no_extended_master_secret, retransmit_us (false: never), extensions = { { type, value } }
 * })
 *       -> session, or nil and why
 *   session: start() receive(bytes) send(bytes) close() renegotiate() stop_after(flight)
 *       tick() -> deadline in us or nil
 *       rule { action, to, flight, number, message, content, skip, count, by_us } clear_rules()
 *       info() -> { state, why, suite, resumed, saw_cookie, asked_certificate, ... }
 *       next() -> "message", bytes, epoch, sequence | "sent", bytes | "note", text | nil
 *   host.forge { subject, issuer, issuer_name, from_s, to_s, is_ca, version_1, bad_signature,
 *       key_kind, key_usage, extended_usage, alternative_names, key_of } -> forged, or nil and why
 *   forged: pem() -> certificate, key, subject as the registry's aliases have it
 */
#ifndef CONFORMANCE_SCRIPT_DTLS_H
#define CONFORMANCE_SCRIPT_DTLS_H

#include <lua.h>

void script_dtls_add(lua_State *L, int host_index);

#endif
