/*
 * Drogue Cloud's command API: `POST
 * /api/command/v1alpha1/apps/{app}/devices/{device}?command=NAME`.
 *
 * 202 with an empty body says that the command went out, not that a device took it; whether one did
 * changes neither status nor body. Two header fields of our own tell it: `X-Seatrial-Taken: N`, the
 * waits that took the command, and `X-Seatrial-Complete: true|false`, whether every worker had
 * answered when N was read.
 *
 * As Drogue: 400 without `command`; 406 when application or device do not exist (by name, not
 * alias), are disabled, or when a body that declares JSON is not JSON. Not as Drogue: `disabled` is
 * not inverted, the payload reaches the device byte for byte, and the command's name has 1 to 255
 * bytes (Drogue allows none), as option 4210 carries it.
 */
#include "reference/api_functions.h"

#include <stdio.h>

#include "reference/command_check.h"
#include "reference/json_scan.h"
#include "reference/mutant.h"

static bool take_name(const struct api_request *request, struct str *name, struct api_reply *reply)
{
    size_t count = api_target_param(&request->target, "command", name);

    if (count == 1 && name->len >= 1 && name->len <= COMMAND_NAME_MAX)
        return true;
    api_reply_error(reply, 400, "BadRequest",
                    "the query must hold one command=NAME with a name of 1 to 255 bytes");
    return false;
}

void api_command_send(const struct api_context *context, const struct api_request *request,
                      struct api_reply *reply)
{
    struct command command = {
        .application = request->name[0],
        .device = request->name[1],
        .payload = request->body,
    };
    char taken_text[24];
    bool complete;

    if (!take_name(request, &command.name, reply))
        return;
    struct registry *registry = context->backend->registry;
    const char *obstacle = command_obstacle(registry, command.application, command.device);

    if (obstacle == NULL && api_declares_json(request) && !json_scan_valid(request->body))
        obstacle = "the body is declared to be JSON and is not";
    if (obstacle != NULL) {
        api_reply_error(reply, 406, "NotAcceptable", "%s", obstacle);
        return;
    }
    metrics_add(context->metrics, METRIC_COMMANDS, 1);
    size_t taken = command_dispatch(context->backend->commands, &command, &complete);

    if (taken == 0 && mutant_is(MUTANT_COMMAND_UNWAITED_REFUSED)) {
        api_reply_error(reply, 406, "NotAcceptable", "no device waits");
        return;
    }
    (void)snprintf(taken_text, sizeof taken_text, "%zu", taken);
    api_reply_empty(reply, 202);
    api_reply_header(reply, "X-Seatrial-Taken", str_from(taken_text));
    api_reply_header(reply, "X-Seatrial-Complete", complete ? STR("true") : STR("false"));
}
