#include "reference/command_check.h"

const char *command_obstacle(struct registry *registry, struct str app_name, struct str device_name)
{
    if (registry == NULL)
        return NULL; /* a bare endpoint: the sender has looked */
    struct registry_reader *reader = registry_reader_new(registry);
    const struct registry_app *app = registry_find_app(reader, app_name);
    const struct registry_device *device =
        app == NULL ? NULL : registry_find_device(reader, app_name, device_name);
    const char *obstacle = NULL;

    if (app == NULL || !str_equal(app->name, app_name))
        obstacle = "no such application";
    else if (device == NULL || !str_equal(device->name, device_name))
        obstacle = "no such device";
    else if (app->disabled)
        obstacle = "the application is disabled";
    else if (device->disabled)
        obstacle = "the device is disabled";
    registry_reader_free(&reader);
    return obstacle;
}
