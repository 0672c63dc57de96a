/* seatrial: the conformance suite for Drogue CoAP endpoints. */
#include "conformance/commands.h"
#include "conformance/diff.h"
#include "conformance/doctor_command.h"
#include "conformance/lint.h"
#include "conformance/matrix.h"
#include "conformance/mutants.h"
#include "conformance/replay.h"
#include "conformance/run.h"
#include "conformance/scaffold.h"

static const struct {
    const char *name;
    enum exit_code (*run)(const struct options *o, const struct case_engine *engine);
} commands[] = {
    {"run",     run_command     },
    {"lint",    lint_command    },
    {"doctor",  doctor_command  },
    {"clean",   clean_command   },
    {"diff",    diff_command    },
    {"matrix",  matrix_command  },
    {"mutants", mutants_command },
    {"new",     scaffold_command},
    {"list",    list_command    },
    {"explain", explain_command },
    {"replay",  replay_command  },
    {"check",   check_command   },
};

int main(int argc, char **argv)
{
    enum exit_code code = EXIT_USAGE;
    struct options options;

    switch (options_load(argc, argv, &options)) {
    case OPTIONS_EXIT_GOOD:
        code = EXIT_GOOD;
        break;
    case OPTIONS_EXIT_USAGE:
        break;
    case OPTIONS_RUN:
        for (size_t i = 0; i < COUNT(commands); i++) {
            if (strcmp(commands[i].name, options.command) == 0)
                code = commands[i].run(&options, &case_engine);
        }
        break;
    }
    options_fini(&options);
    return (int)code;
}
