#include "reference/claim.h"

/* Where a part of the claim comes from. */
enum source { NONE, QUERY_APPLICATION, QUERY_DEVICE, USER, USER_LEFT, USER_RIGHT };

/* Combinations that are not here are refused. With `application=` the user part is one name, also
 * when it has an `@`: nothing is swapped or split, unless what follows the `@` is that application.
 */
static const struct form {
    bool has_application;
    bool has_device;
    bool has_at;
    enum source application;
    enum source device;
    enum source username;
} forms[] = {
    {false, false, true,  USER_RIGHT,        USER_LEFT,    NONE     },
    {true,  false, false, QUERY_APPLICATION, USER,         NONE     },
    {true,  false, true,  QUERY_APPLICATION, USER,         NONE     },
    {true,  true,  false, QUERY_APPLICATION, QUERY_DEVICE, USER     },
    {true,  true,  true,  QUERY_APPLICATION, QUERY_DEVICE, USER     },
    {false, true,  true,  USER_RIGHT,        QUERY_DEVICE, USER_LEFT},
};

bool claim_read(const struct credential *credential, const struct str *application,
                const struct str *device, struct claim *out)
{
    const struct str none = {NULL, 0};
    /* `device1@example-app` beside `application=example-app` says the application twice */
    bool twice = credential->has_at && application != NULL &&
                 str_equal(credential->application, *application);
    bool has_at = credential->has_at && !twice;
    const struct str texts[] = {
        [NONE] = none,
        [QUERY_APPLICATION] = application != NULL ? *application : none,
        [QUERY_DEVICE] = device != NULL ? *device : none,
        [USER] = twice ? credential->device : credential->user,
        [USER_LEFT] = credential->device,
        [USER_RIGHT] = credential->application,
    };

    for (size_t i = 0; i < COUNT(forms); i++) {
        const struct form *form = &forms[i];

        if (form->has_application == (application != NULL) &&
            form->has_device == (device != NULL) && form->has_at == has_at) {
            *out = (struct claim){
                .application = texts[form->application],
                .device = texts[form->device],
                .is_user = form->username != NONE,
                .username = texts[form->username],
            };
            return true;
        }
    }
    return false;
}
