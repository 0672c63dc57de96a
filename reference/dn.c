#include "reference/dn.h"

#include <openssl/objects.h>

static const struct {
    int nid;
    const char *text;
} abbreviations[] = {
    {NID_commonName,             "CN"   },
    {NID_organizationName,       "O"    },
    {NID_organizationalUnitName, "OU"   },
    {NID_countryName,            "C"    },
    {NID_stateOrProvinceName,    "ST"   },
    {NID_localityName,           "L"    },
    {NID_domainComponent,        "DC"   },
    {NID_pkcs9_emailAddress,     "Email"},
};

static void add_type(const ASN1_OBJECT *type, struct buf *out)
{
    const int nid = OBJ_obj2nid(type);
    char number[128];

    for (size_t i = 0; i < COUNT(abbreviations); i++) {
        if (abbreviations[i].nid == nid) {
            buf_add_str(out, str_from(abbreviations[i].text));
            return;
        }
    }
    const int len = OBJ_obj2txt(number, sizeof number, type, 1);

    /* 2.5.4 is the arc of the X.500 attribute types. */
    if (nid != NID_undef && strncmp(number, "2.5.4.", 6) == 0)
        buf_add_str(out, str_from(OBJ_nid2ln(nid)));
    else if (len > 0)
        buf_add_str(out, str_from(number));
}

static bool is_text(int asn1_type)
{
    static const int types[] = {
        V_ASN1_UTF8STRING,    V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING, V_ASN1_NUMERICSTRING,
        V_ASN1_VISIBLESTRING, V_ASN1_T61STRING,       V_ASN1_BMPSTRING, V_ASN1_UNIVERSALSTRING,
    };

    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i] == asn1_type)
            return true;
    return false;
}

static void add_value(const ASN1_STRING *value, struct buf *out)
{
    unsigned char *utf8 = NULL;
    const int len = is_text(ASN1_STRING_type(value)) ? ASN1_STRING_to_UTF8(&utf8, value) : -1;

    if (len >= 0) {
        buf_add(out, utf8, (size_t)len);
        OPENSSL_free(utf8);
        return;
    }
    const unsigned char *bytes = ASN1_STRING_get0_data(value);

    for (int i = 0; i < ASN1_STRING_length(value); i++)
        buf_add_format(out, "%02X", bytes[i]);
}

void dn_text(const X509_NAME *name, struct buf *out)
{
    int set_before = -1;

    for (int i = 0; i < X509_NAME_entry_count(name); i++) {
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const int set = X509_NAME_ENTRY_set(entry);

        if (i > 0)
            buf_add_str(out, set == set_before ? STR(" + ") : STR(", "));
        set_before = set;
        add_type(X509_NAME_ENTRY_get_object(entry), out);
        buf_add_char(out, '=');
        add_value(X509_NAME_ENTRY_get_data(entry), out);
    }
}
