/*
 * The options of seatrial. X(field of struct options, name, kind, default, unit, least, most, help,
 * flags), HEADING(title, sentence). No include guard: included once for each use.
 */
HEADING("Target", NULL)
X(target, "target", TEXT, NULL, "TARGET", NULL, NULL,
  "What is tested (-t): the name of a file in SCENARIOS/targets, a path to such a file, or "
  "coap://HOST "
  "or coaps://HOST with credentials from the options below.",
  0)
X(scenarios, "scenarios", TEXT, NULL, "DIR", NULL, NULL,
  "The catalogue. Without it ./scenarios, else the installed one.", 0)
X(application, "application", TEXT, NULL, "NAME", NULL, NULL,
  "With an address as target: the application of the device.", 0)
X(device, "device", TEXT, NULL, "NAME", NULL, NULL,
  "With an address as target: the device whose credentials follow.", 0)
X(password, "password", TEXT, NULL, "TEXT", NULL, NULL, "Its password.", 0)
X(psk, "psk", TEXT, NULL, "KEY", NULL, NULL, "Its pre-shared key.", 0)
X(cert, "cert", TEXT, NULL, "FILE", NULL, NULL, "Its certificate, PEM.", 0)
X(key, "key", TEXT, NULL, "FILE", NULL, NULL, "The private key of --cert, PEM.", 0)
X(ca, "ca", TEXT, NULL, "FILE", NULL, NULL,
  "Certificate that the target's own is checked against, PEM.", 0)

X(backend, "backend", TEXT, NULL, "COMMAND|URL", NULL, NULL,
  "What the target needs beside itself: a command line that is started before the target, once its "
  "HTTP answers, and ended after it ({backend_port} and {dir} stand for what it shall use), or the "
  "URL of one that runs. Target files name it {backend_url}.",
  0)

HEADING("Running", NULL)
X(jobs, "jobs", INTEGER, "0", "N", "0", "256",
  "Cases at a time (-j); 0 chooses by the memory that is free.", 0)
X(seed, "seed", TEXT, NULL, "HEX", NULL, NULL,
  "Every name, number and choice of a case comes from this seed and its id, 1 to 16 hexadecimal "
  "digits; without it a fresh one, which is printed.",
  0)
X(shuffle, "shuffle", FLAG, NULL, NULL, NULL, NULL, "Run in an order that the seed gives.", 0)
X(repeat, "repeat", INTEGER, "1", "N", "1", "1000000", "Run every case this often.", 0)
X(until_fail, "until-fail", FLAG, NULL, NULL, NULL, NULL,
  "Repeat until something fails; at most --repeat times when that is given.", 0)
X(retries, "retries", INTEGER, "0", "N", "0", "100",
  "Run a failed case again up to this often; one that passes then is flaky.", 0)
X(no_flaky, "no-flaky", FLAG, NULL, NULL, NULL, NULL, "A flaky case fails the run.", 0)
X(shard, "shard", TEXT, NULL, "I/N", NULL, NULL,
  "Run only the I-th of N parts; the parts together are the whole.", 0)
X(impact, "impact", NAME, "malformed", "safe|malformed|flood|restart", NULL, NULL,
  "Run nothing more dangerous to the target than this. A target that the suite starts itself may "
  "also be "
  "flooded and restarted unless this says otherwise.",
  0)
X(binding, "binding", TEXT, NULL, "LIST", NULL, NULL,
  "Run only over these: some of coap, coaps-psk, coaps-x509, with commas between them.", 0)
X(timeout_us, "timeout", DURATION, "1h", "TIME", "1s", "24h",
  "Longest time of the whole run; what has not begun then is an error.", 0)
X(time_slack, "time-slack", DECIMAL, "1", "X", "1", "100",
  "Time windows are this many times as wide.", 0)
X(speed, "speed", DECIMAL, "1", "X", "1", "1000",
  "Let time pass this much faster, for the suite and the target that it starts (libfaketime). "
  "Above "
  "4, a case that fails is judged again, alone and at speed 4.",
  0)
X(fuzz, "fuzz", INTEGER, "0", "COUNT", "0", "10000000",
  "Datagrams of each case that fuzzes; 0 is what the case says, a few hundred.", 0)
X(shrink_us, "shrink", DURATION, "90s", "TIME", "0s", "1h",
  "Protocol time to make what a fuzzing case has found small; 0s: it is left as it is.", 0)
X(mutant, "mutant", TEXT, NULL, "NAME", NULL, NULL,
  "Start the reference endpoint with this deviation (seatrial-endpoint --mutant list).", 0)
X(keep, "keep", FLAG, NULL, NULL, NULL, NULL, "Leave what was made on the target.", 0)
X(plan, "plan", FLAG, NULL, NULL, NULL, NULL, "Show what would run, and end.", 0)

HEADING("Judging", NULL)
X(strict, "strict", FLAG, NULL, NULL, NULL, NULL, "A warning fails the run.", 0)
X(waivers, "waivers", TEXT, NULL, "FILE", NULL, NULL,
  "Failures that are expected, each with its signature, reason and date of expiry.", 0)
X(baseline, "baseline", TEXT, NULL, "FILE", NULL, NULL,
  "A JSON report of an earlier run: what failed then in the same way is no failure now.", 0)

HEADING("Reports", NULL)
X(out, "out", TEXT, "seatrial-out", "DIR", NULL, NULL,
  "Folder of evidence and of the result stream, results.jsonl.", 0)
X(report, "report", TEXT, NULL, "KIND=FILE,...", NULL, NULL,
  "Reports to write: junit, tap, json, md, html, badge. The file - is standard output.", 0)
X(redact, "redact", FLAG, NULL, NULL, NULL, NULL,
  "Leave keys and passwords out of evidence, and what replay needs; target.log of the whole run "
  "stays as it is.",
  0)
X(trace, "trace", FLAG, NULL, NULL, NULL, NULL, "Print every step and message as it happens.", 0)
X(format, "format", NAME, "text", "text|json|md|html", NULL, NULL,
  "How list, diff, matrix and mutants print; html only matrix.", 0)

HEADING("Other commands", NULL)
X(endpoint, "endpoint", TEXT, NULL, "PROGRAM", NULL, NULL,
  "For mutants and lint: the reference endpoint; else the one beside seatrial, else on the PATH.",
  0)
X(skip_sanity, "skip-sanity", FLAG, NULL, NULL, NULL, NULL,
  "Do not ask whether the target is sane.", OPT_HIDDEN)
X(judge_once, "judge-once", FLAG, NULL, NULL, NULL, NULL,
  "Do not judge failed cases again at a lower speed.", OPT_HIDDEN)
X(full, "full", FLAG, NULL, NULL, NULL, NULL,
  "For mutants: run every case against every mutant, not only the claiming ones.", 0)
X(update, "update", FLAG, NULL, NULL, NULL, NULL, "For lint: write SCENARIOS/catalogue.lock anew.",
  0)
X(help, "help", FLAG, NULL, NULL, NULL, NULL, "Show this text and end.", 0)
X(version, "version", FLAG, NULL, NULL, NULL, NULL, "Show the version and end.", 0)
X(man, "man", FLAG, NULL, NULL, NULL, NULL, "Print the man page.", OPT_HIDDEN)
X(completion_bash, "completion-bash", FLAG, NULL, NULL, NULL, NULL, "Print the completion of bash.",
  OPT_HIDDEN)
X(completion_zsh, "completion-zsh", FLAG, NULL, NULL, NULL, NULL, "Print the completion of zsh.",
  OPT_HIDDEN)
