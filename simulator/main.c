/* seatrial-swarm: virtual devices that load a Drogue CoAP endpoint. */
#include "simulator/commands.h"
#include "simulator/run.h"
#include "simulator/search.h"

static const struct {
    const char *name;
    enum swarm_exit (*run)(const struct options *o);
} commands[] = {
    {"run",       run_command      },
    {"provision", provision_command},
    {"cleanup",   cleanup_command  },
    {"capacity",  capacity_command },
    {"profiles",  profiles_command },
    {"diff",      compare_command  },
    {"merge",     join_command     },
    {"replay",    replay_command   },
};

int main(int argc, char **argv)
{
    enum swarm_exit code = SWARM_USAGE;
    struct options options;

    switch (options_load(argc, argv, &options)) {
    case OPTIONS_EXIT_GOOD:
        code = SWARM_HELD;
        break;
    case OPTIONS_EXIT_USAGE:
        break;
    case OPTIONS_RUN:
        for (size_t i = 0; i < COUNT(commands); i++) {
            if (strcmp(commands[i].name, options.command) == 0)
                code = commands[i].run(&options);
        }
        break;
    }
    options_fini(&options);
    return (int)code;
}
