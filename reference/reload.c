#include "reference/reload.h"

#include "lib/clock.h"
#include "lib/log.h"
#include "lib/opt.h"
#include "reference/api_token.h"

enum { WHY_LEN = 512, QUOTED_LEN = 1024 };

_Static_assert((int)WHY_LEN >= (int)OPT_WHY_LEN && (int)WHY_LEN >= (int)SERVER_WHY_LEN &&
                   (int)WHY_LEN >= (int)API_WHY_LEN,
               "one buffer holds every module's complaint");

static void refuse_option(void *arg, const char *name)
{
    UNUSED(arg);
    log_event(LOG_WARN, "program", "option-not-changed",
              "option=%s why=\"only a restart changes it\"", name);
}

/* The server comes last of what can fail, and changes nothing when it does. */
static bool apply(const struct config *fresh, struct server *server, struct api *api, char *why)
{
    struct api_secret_text token;

    if (api != NULL && !api_read_token(api, fresh->api_token_file, &token, why))
        return false;
    if (server != NULL && !server_reload(server, fresh, why))
        return false;
    if (api != NULL)
        api_take_token(api, &token);
    log_change((enum log_level)fresh->log_level, (enum log_format)fresh->log_format);
    return true;
}

void reload_run(const struct config *running, struct server *server, struct api *api)
{
    struct config fresh;
    char why[WHY_LEN] = "";
    char quoted[QUOTED_LEN];

    if (config_reload(running, &fresh, why) && apply(&fresh, server, api, why)) {
        config_report_fixed(running, &fresh, refuse_option, NULL);
        log_event(LOG_INFO, "program", "reloaded", "max_ct_ms=%lld retry_after_ms=%lld",
                  (long long)(fresh.max_ct_us / US_PER_MS),
                  (long long)(fresh.retry_after_us / US_PER_MS));
    } else {
        log_event(LOG_ERROR, "program", "reload-failed", "why=%s",
                  log_quote(str_from(why), quoted, sizeof quoted));
    }
    config_fini(&fresh);
}
