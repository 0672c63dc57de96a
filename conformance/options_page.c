#include "conformance/options_page.h"

enum { MANY = 4096 };

const struct options_command options_commands[] = {
    {"run",     "-t TARGET [SELECTOR...]",   0, MANY, true },
    {"doctor",  "-t TARGET [SELECTOR...]",   0, MANY, true },
    {"clean",   "-t TARGET",                 0, 0,    true },
    {"list",    "[-t TARGET] [SELECTOR...]", 0, MANY, false},
    {"explain", "ID|SELECTOR...",            1, MANY, false},
    {"check",   "[FILE...]",                 0, MANY, false},
    {"lint",    "",                          0, 0,    false},
    {"diff",    "OLD.json NEW.json",         2, 2,    false},
    {"matrix",  "REPORT.json...",            1, MANY, false},
    {"mutants", "[MUTANT...]",               0, MANY, false},
    {"new",     "ID",                        1, 1,    false},
    {"replay",  "[FILE.lua...] DIR...",      1, MANY, false},
};

const size_t options_command_count = COUNT(options_commands);

static const struct opt_section sections[] = {
    {"SELECTORS",   true,
     "CMD-002\tThe case with this id.\n"
     "CMD-02\tEvery case of this requirement.\n"
     "CMD-*\tA glob over case ids.\n"
     "@cmd\tA family: a folder of the catalogue.\n"
     "rfc7252/5.4\tEvery case that stands for this section or one inside it.\n"
     "level:MUST, impact:safe, feature:block1\tEvery case with this property.\n"
     "./mine.lua\tThe cases of a file of your own.\n"
     "!SELECTOR\tNot these.\n"
     "\n"
     "Several select what any of them selects, without what ! takes away.\n"    },
    {"VERDICTS",    true,
     "PASS\tEvery expectation was met.\n"
     "WARN\tA SHOULD is broken.\n"
     "FAIL\tA MUST is broken.\n"
     "INCONCLUSIVE\tA precondition was not met; the text says which.\n"
     "N/A\tThe target does not claim the feature, and a probe confirmed that it is refused.\n"
     "SKIPPED\tLeft out by the user.\n"
     "WAIVED\tAn expected failure was seen.\n"
     "STALE-WAIVER\tAn expected failure was not seen, or another one, or the waiver has expired.\n"
     "ERROR\tThe suite, a script or an adapter is at fault, never the target.\n"},
    {"EXIT STATUS", true,
     "0\tNothing failed, and at least one case ran to PASS or WARN.\n"
     "1\tFAIL or STALE-WAIVER; WARN with --strict; a flaky case with --no-flaky.\n"
     "2\tUsage, script, catalogue or target file wrong.\n"
     "3\tThe target is not reachable, or failed the sanity check at the start.\n"
     "4\tERROR in the suite.\n"
     "5\tNothing selected, or nothing but SKIPPED, N/A, INCONCLUSIVE.\n"
     "130\tInterrupted; reports are still written.\n"
     "\n"
     "Never a count. When several apply: 130, 2, 3, 4, 1, 5. The command diff gives 1 when there "
     "are differences.\n"                                                       },
    {"FILES",       false,
     "OUT/results.jsonl\tThe result stream, written as it happens; all reports derive from it.\n"
     "OUT/CASE.BINDING/\tEvidence of a case that did not pass: result.json, timeline.txt, "
     "recording.jsonl, "
     "case.pcapng.\n"
     "SCENARIOS/requirements/*.lua\tThe ledger of requirements.\n"
     "SCENARIOS/catalogue.lock\tIds, revisions, levels and references of all cases; lint "
     "compares.\n"                                                              },
};

const struct opt_page options_page = {
    .program = "seatrial",
    .version = SEATRIAL_VERSION,
    .summary = "conformance suite for Drogue CoAP endpoints",
    .usage =
        "run -t TARGET [SELECTOR...]    runs cases and judges\n"
        "doctor -t TARGET               tries every adapter, and says which cases cannot run\n"
        "clean -t TARGET                removes what an interrupted run left on the target\n"
        "list [SELECTOR...]             shows the catalogue\n"
        "explain ID...                  a case or a requirement in full; ./mine.lua: its cases\n"
        "check [FILE...]                loads all scenarios, without network\n"
        "lint                           is the catalogue complete and consistent?\n"
        "diff OLD.json NEW.json         changed verdicts, signatures, durations\n"
        "matrix REPORT.json...          endpoints x cases on one page\n"
        "mutants [MUTANT...]            is every mutant of the reference endpoint killed as "
        "claimed?\n"
        "new ID                         prints a scaffold of a case\n"
        "replay DIR...                  judges recorded exchanges again, without a target\n",
    .description =
        "Plays devices against an endpoint, over plain CoAP and over DTLS with pre-shared "
        "keys and with certificates, watches the events that arrive, sends commands, and "
        "judges everything by a ledger of requirements. Every case that does not pass "
        "leaves evidence.\n",
    .sections = sections,
    .section_count = COUNT(sections),
};
