/*
 * CoAP Content-Formats as registered at IANA: X(number, media_type, coding), in numeric order;
 * FORMAT_TABLE(X) expands them. RFC 7252 12.3.
 *
 * coding is the content coding that the number stands for besides the type ("" for none): the bytes
 * of such a payload are not the media type's, but their compressed form.
 */
#ifndef LIB_TBL_CONTENT_FORMAT_H
#define LIB_TBL_CONTENT_FORMAT_H

/* clang-format off */
#define FORMAT_TABLE(X)                                                           \
    X(0,     "text/plain; charset=utf-8", "")                                     \
    X(16,    "application/cose; cose-type=\"cose-encrypt0\"", "")                 \
    X(17,    "application/cose; cose-type=\"cose-mac0\"", "")                     \
    X(18,    "application/cose; cose-type=\"cose-sign1\"", "")                    \
    X(19,    "application/ace+cbor", "")                                          \
    X(21,    "image/gif", "")                                                     \
    X(22,    "image/jpeg", "")                                                    \
    X(23,    "image/png", "")                                                     \
    X(40,    "application/link-format", "")                                       \
    X(41,    "application/xml", "")                                               \
    X(42,    "application/octet-stream", "")                                      \
    X(47,    "application/exi", "")                                               \
    X(50,    "application/json", "")                                              \
    X(51,    "application/json-patch+json", "")                                   \
    X(52,    "application/merge-patch+json", "")                                  \
    X(60,    "application/cbor", "")                                              \
    X(61,    "application/cwt", "")                                               \
    X(62,    "application/multipart-core", "")                                    \
    X(63,    "application/cbor-seq", "")                                          \
    X(64,    "application/edhoc+cbor-seq", "")                                    \
    X(65,    "application/cid-edhoc+cbor-seq", "")                                \
    X(96,    "application/cose; cose-type=\"cose-encrypt\"", "")                  \
    X(97,    "application/cose; cose-type=\"cose-mac\"", "")                      \
    X(98,    "application/cose; cose-type=\"cose-sign\"", "")                     \
    X(101,   "application/cose-key", "")                                          \
    X(102,   "application/cose-key-set", "")                                      \
    X(110,   "application/senml+json", "")                                        \
    X(111,   "application/sensml+json", "")                                       \
    X(112,   "application/senml+cbor", "")                                        \
    X(113,   "application/sensml+cbor", "")                                       \
    X(114,   "application/senml-exi", "")                                         \
    X(115,   "application/sensml-exi", "")                                        \
    X(140,   "application/yang-data+cbor; id=sid", "")                            \
    X(256,   "application/coap-group+json", "")                                   \
    X(257,   "application/concise-problem-details+cbor", "")                      \
    X(258,   "application/swid+cbor", "")                                         \
    X(259,   "application/pkixcmp", "")                                           \
    X(271,   "application/dots+cbor", "")                                         \
    X(272,   "application/missing-blocks+cbor-seq", "")                           \
    X(280,   "application/pkcs7-mime; smime-type=server-generated-key", "")       \
    X(281,   "application/pkcs7-mime; smime-type=certs-only", "")                 \
    X(284,   "application/pkcs8", "")                                             \
    X(285,   "application/csrattrs", "")                                          \
    X(286,   "application/pkcs10", "")                                            \
    X(287,   "application/pkix-cert", "")                                         \
    X(290,   "application/aif+cbor", "")                                          \
    X(291,   "application/aif+json", "")                                          \
    X(310,   "application/senml+xml", "")                                         \
    X(311,   "application/sensml+xml", "")                                        \
    X(320,   "application/senml-etch+json", "")                                   \
    X(322,   "application/senml-etch+cbor", "")                                   \
    X(340,   "application/yang-data+cbor", "")                                    \
    X(341,   "application/yang-data+cbor; id=name", "")                           \
    X(432,   "application/td+json", "")                                           \
    X(433,   "application/tm+json", "")                                           \
    X(836,   "application/voucher-cose+cbor", "")                                 \
    X(10000, "application/vnd.ocf+cbor", "")                                      \
    X(10001, "application/oscore", "")                                            \
    X(10002, "application/javascript", "")                                        \
    X(11050, "application/json", "deflate")                                       \
    X(11060, "application/cbor", "deflate")                                       \
    X(11542, "application/vnd.oma.lwm2m+tlv", "")                                 \
    X(11543, "application/vnd.oma.lwm2m+json", "")                                \
    X(11544, "application/vnd.oma.lwm2m+cbor", "")                                \
    X(20000, "text/css", "")                                                      \
    X(30000, "image/svg+xml", "")
/* clang-format on */

/* Each number is two bytes long at most: RFC 7252 12.3. */
#define X(number, media_type, coding)                                                              \
    _Static_assert((number) >= 0 && (number) <= 65535, "a Content-Format is 0 to 65535");
FORMAT_TABLE(X)
#undef X

#endif
