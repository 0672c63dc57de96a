#include "reference/command_options.h"

#include <stdio.h>

#include "reference/sink_carrier.h"

/* What is wrong with files is said in the sink's words; the option has another name. */
static bool say(char *why, const char *option, const char *text)
{
    const char *colon = strchr(text, ':');

    (void)snprintf(why, COMMAND_SOURCE_WHY_LEN, "%s: %.220s", option,
                   colon == NULL ? text : colon + 2);
    return false;
}

bool command_options_check(const struct command_source_options *options, char *why)
{
    const struct sink_options authorities = {.ca_file = options->ca_file};
    const struct sink_options token = {.token_file = options->token_file};
    char text[SINK_WHY_LEN];

    if (!sink_check_files(&authorities, text))
        return say(why, "commands-ca", text);
    return sink_check_files(&token, text) || say(why, "commands-token", text);
}

bool command_options_password(const struct command_source_options *options, char *out, char *why)
{
    char text[SINK_WHY_LEN];

    out[0] = '\0';
    return options->token_file == NULL || sink_load_token(options->token_file, out, text) ||
           say(why, "commands-token", text);
}
