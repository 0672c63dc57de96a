#include "simulator/options_page.h"

enum { MANY = 4096 };

const struct options_command options_commands[] = {
    {"run",       "-t TARGET -p PROFILE",            0, 0,    true },
    {"capacity",  "-t TARGET -p PROFILE",            0, 0,    true },
    {"provision", "-t TARGET -p PROFILE",            0, 0,    true },
    {"cleanup",   "-t TARGET -p PROFILE",            0, 0,    true },
    {"profiles",  "",                                0, 0,    false},
    {"diff",      "A.json B.json [--allow PART]",    2, 2,    false},
    {"merge",     "R.json...  (to standard output)", 1, MANY, false},
    {"replay",    "DIR -t TARGET",                   1, 1,    false},
};

const size_t options_command_count = COUNT(options_commands);

static const struct opt_section sections[] = {
    {"SLO",         true,
     "publish.p99 < 50ms\tA histogram (publish, publish_uncorrected, handshake, command, ct_error, "
     "event, schedule_lag) and one of p50 p90 p99 p99.9 p99.99 mean max.\n"
     "error_rate < 0.1%\tThe part of the publishes of good devices without a good answer.\n"
     "event.lost == 0\tA counter; the report lists all.\n"
     "rate >= 1000/s\tAcknowledged publishes a second.\n"
     "\n"
     "Several are joined by `;`.\n"                                       },
    {"EXIT STATUS", true,
     "0\tRan, and the SLO held.\n"
     "1\tAn SLO is broken, or events were lost, duplicated or misattributed, or commands "
     "misdelivered.\n"
     "2\tUsage, profile or target file wrong.\n"
     "3\tThe target is not reachable.\n"
     "4\tINVALID: the generator itself fell behind; this says nothing about the endpoint.\n"
     "130\tInterrupted; the report so far is written.\n"
     "\n"
     "Never a count. The command diff gives 1 when the second is worse.\n"},
    {"FILES",       false,
     "OUT/result.json\tEverything that the run found out, for diff and merge.\n"
     "OUT/report.html\tThe same for people, in one file.\n"
     "OUT/seconds.csv, OUT/result.hdr\tA line a second; histograms as HdrHistogram logs them.\n"
     "OUT/devices.csv, OUT/devices.json\tNames and secrets, from provision for a target without a "
     "registry.\n"
     "OUT/target.log\tWhat a target said that the swarm started.\n"
     "SCENARIOS/swarm/*.lua\tThe profiles.\n"
     "SCENARIOS/targets/*.lua\tThe targets.\n"                            },
    {"EXAMPLES",    false,
     "  seatrial-swarm -t swarm -p smoke\n"
     "  seatrial-swarm -t mine.lua -p steady --devices 100000 --rate 5000/s --duration 3min\n"
     "  seatrial-swarm capacity -t mine.lua -p steady --search devices --slo 'publish.p99 < "
     "200ms'\n"
     "  seatrial-swarm diff yesterday.json today.json --allow 5%\n"       },
};

const struct opt_page options_page = {
    .program = "seatrial-swarm",
    .version = SEATRIAL_VERSION,
    .summary = "virtual devices that load a Drogue CoAP endpoint",
    .usage = "-t TARGET -p PROFILE            runs a profile and judges\n"
             "capacity -t TARGET -p PROFILE   searches for the most that the SLO bears\n"
             "provision -t TARGET -p PROFILE  only makes the devices in the target's registry\n"
             "cleanup -t TARGET -p PROFILE    removes them\n"
             "profiles                        lists the profiles\n"
             "diff A.json B.json              is the second run worse than the first?\n"
             "merge R.json...                 slices of one run become one\n"
             "replay DIR -t TARGET            sends what a recorded run sent, when it did\n",
    .description =
        "Up to a million devices with passwords, pre-shared keys and certificates publish to an "
        "endpoint, wait for commands, reconnect and misbehave as a profile says. Load comes at its "
        "intended times whatever the answers do, latencies count from those times, every "
        "acknowledged publish is held against its event and every command against the device it "
        "was meant for. When the generator or this machine was the bottleneck, the run says so and "
        "judges nothing.\n",
    .sections = sections,
    .section_count = COUNT(sections),
};
