#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/objects.h>

#include "reference/dn.h"

struct part {
    const char *type; /* short name or number, as OpenSSL knows it */
    int asn1_type;
    const char *value;
    size_t len;
    int set; /* 0: a new RDN; -1: joins the one before */
};

#define TEXT(type, value) type, V_ASN1_UTF8STRING, value, sizeof(value) - 1, 0
#define JOINED(type, value) type, V_ASN1_UTF8STRING, value, sizeof(value) - 1, -1

static const struct {
    struct part parts[4];
    const char *text;
} cases[] = {
    {{{TEXT("O", "Drogue IoT")}, {TEXT("OU", "Cloud")}, {TEXT("CN", "Device 1")}},
     "O=Drogue IoT, OU=Cloud, CN=Device 1"                                                                                         },
    {{{TEXT("CN", "x")}, {TEXT("C", "DE")}, {TEXT("ST", "Bayern")}, {TEXT("L", "Ort")}},
     "CN=x, C=DE, ST=Bayern, L=Ort"                                                                                                },
    {{{TEXT("DC", "example")}, {TEXT("emailAddress", "a@b")}},                           "DC=example, Email=a@b"                   },
    {{{TEXT("CN", "a")}, {JOINED("OU", "b")}, {TEXT("O", "c")}},                         "CN=a + OU=b, O=c"                        },
    {{{TEXT("CN", "a, O=b + c=\"d\"")}},                                                 "CN=a, O=b + c=\"d\""                     },
    {{{TEXT("serialNumber", "7")}, {TEXT("GN", "g")}},                                   "serialNumber=7, givenName=g"             },
    {{{TEXT("1.2.3.4.5", "v")}, {TEXT("UID", "u")}},                                     "1.2.3.4.5=v, 0.9.2342.19200300.100.1.1=u"},
    {{{TEXT("CN", "")}},                                                                 "CN="                                     },
    {{{"CN", V_ASN1_BMPSTRING, "\0A\0\xe4", 4, 0}},                                      "CN=A\xc3\xa4"                            },
    {{{"CN", V_ASN1_T61STRING, "\xe4", 1, 0}},                                           "CN=\xc3\xa4"                             },
    {{{"CN", V_ASN1_BIT_STRING, "\x01\xab\xff", 3, 0}},                                  "CN=01ABFF"                               },
};

static void writes_names_as_drogue_does(void **state)
{
    UNUSED(state);
    for (size_t i = 0; i < COUNT(cases); i++) {
        X509_NAME *name = X509_NAME_new();
        struct buf b = buf_growing();

        for (size_t k = 0; k < COUNT(cases[i].parts) && cases[i].parts[k].type != NULL; k++) {
            const struct part *p = &cases[i].parts[k];
            ASN1_OBJECT *type = OBJ_txt2obj(p->type, 0);

            assert_non_null(type);
            assert_int_equal(X509_NAME_add_entry_by_OBJ(name, type, p->asn1_type,
                                                        (const unsigned char *)p->value,
                                                        (int)p->len, -1, p->set),
                             1);
            ASN1_OBJECT_free(type);
        }
        dn_text(name, &b);
        buf_add_char(&b, '\0');
        assert_string_equal(b.ptr, cases[i].text);
        buf_fini(&b);
        X509_NAME_free(name);
    }
}

static void an_empty_name_is_empty_text(void **state)
{
    X509_NAME *name = X509_NAME_new();
    struct buf b = buf_growing();

    UNUSED(state);
    dn_text(name, &b);
    assert_int_equal(b.len, 0);
    buf_fini(&b);
    X509_NAME_free(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_names_as_drogue_does),
        cmocka_unit_test(an_empty_name_is_empty_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
