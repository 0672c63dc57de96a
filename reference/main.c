/* seatrial-endpoint: the reference Drogue CoAP endpoint. */
#include <string.h>

#include "lib/log.h"
#include "reference/config.h"
#include "reference/program.h"
#include "reference/registry_cli.h"

int main(int argc, char **argv)
{
    struct config config;
    int code = PROGRAM_OK;

    if (argc > 1 && strcmp(argv[1], "registry") == 0)
        return registry_cli_main(argc - 1, argv + 1);
    switch (config_load(argc, argv, &config)) {
    case CONFIG_EXIT_OK:
        break;
    case CONFIG_EXIT_USAGE:
        code = PROGRAM_USAGE;
        break;
    case CONFIG_RUN:
        log_setup((enum log_level)config.log_level, (enum log_format)config.log_format);
        code = (int)program_run(&config);
        break;
    }
    config_fini(&config);
    return code;
}
