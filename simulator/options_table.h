/*
 * The options of seatrial-swarm. X(field of struct options, name, kind, default, unit, least, most,
 * help, flags), HEADING(title, sentence). No include guard: included once for each use.
 */
HEADING("Target", NULL)
X(target, "target", TEXT, NULL, "TARGET", NULL, NULL,
  "What carries the load (-t): the name of a file in SCENARIOS/targets, a path to such a file, or "
  "coap://HOST or coaps://HOST, whose devices must be there already.",
  0)
X(scenarios, "scenarios", TEXT, NULL, "DIR", NULL, NULL,
  "The folder of targets and profiles. Without it ./scenarios, else the installed one.", 0)
X(own_target, "i-own-this-target", TEXT, NULL, "HOST", NULL, NULL,
  "Needed for every target that is not this machine: its host, as the target file has it.", 0)
X(endpoint, "endpoint", TEXT, NULL, "PROGRAM", NULL, NULL,
  "Start this program in place of the first word of the target's start.exec.", 0)
X(mutant, "mutant", TEXT, NULL, "NAME", NULL, NULL,
  "Start the target with --mutant NAME, a deviation on purpose.", 0)
X(backend, "backend", TEXT, NULL, "COMMAND|URL", NULL, NULL,
  "What the target needs beside itself: a command line that is started before the target, once its "
  "HTTP answers, and ended after it ({backend_port} and {dir} stand for what it shall use), or the "
  "URL of one that runs. Target files name it {backend_url}.",
  0)
X(server_pid, "server-pid", INTEGER, "0", "PID", "0", "4194304",
  "The endpoint's process on this machine, whose processor time, memory and losses are watched. "
  "A target that the swarm starts is watched anyway.",
  0)
X(metrics_url, "metrics-url", TEXT, NULL, "URL", NULL, NULL,
  "Where the endpoint tells its own figures (Prometheus), in place of --server-pid.", 0)

HEADING("Load", "Without these the profile says it.")
X(profile, "profile", TEXT, NULL, "PROFILE", NULL, NULL,
  "What the devices do (-p): the name of a file in SCENARIOS/swarm, or a path to such a file.", 0)
X(devices, "devices", INTEGER, "0", "N", "0", "16777216", "How many devices there are.", 0)
X(rate, "rate", TEXT, NULL, "R/s", NULL, NULL,
  "Publishes a second of all devices together, at full load: open loop, whatever the target's "
  "answers do.",
  0)
X(window, "window", INTEGER, "0", "N", "0", "1048576",
  "Closed loop instead: so many publishes under way, the next one when one is over. It measures "
  "throughput; latencies are those of the window.",
  0)
X(duration_us, "duration", DURATION, NULL, "TIME", "100ms", "240h",
  "How long the load lasts: all stages are stretched or cut to it in proportion.", 0)
X(seed, "seed", TEXT, NULL, "HEX", NULL, NULL,
  "Names, secrets, times and choices come from it, 1 to 16 hexadecimal digits: the same seed, the "
  "same devices and the same traffic. Without it 1.",
  0)
X(compress, "compress", DECIMAL, "1", "X", "0.001", "1000",
  "Divide the profile's periods and pauses by this; never ct, ACK_TIMEOUT or DTLS timers.", 0)
X(slice, "slice", TEXT, NULL, "I/N", NULL, NULL,
  "Only the I-th of N parts of the devices and of the rate: one process each, joined by merge.", 0)
X(start_at, "start-at", TEXT, NULL, "TIME", NULL, NULL,
  "Begin at this moment, Unix time in seconds or RFC 3339, so that slices begin together.", 0)

HEADING("Generator", NULL)
X(workers, "workers", INTEGER, "0", "N", "0", "256",
  "Threads that play devices; 0: a processor is left to the target when it is on this machine.", 0)
X(processes, "processes", INTEGER, "1", "N", "1", "256",
  "Play the devices in so many processes of this machine, each a slice with workers of its own, "
  "which start together and are joined in the end. Progress and metrics are those of the first.",
  0)
X(source, "source", TEXT, NULL, "SOURCE", NULL, NULL,
  "Where devices send from: anyip:PREFIX (an address of its own for each, one socket), sockets:N, "
  "or gateway (one address and port for all). On loopback anyip:127.16.0.0/12.",
  0)
X(handshakes, "max-handshakes", INTEGER, "1000", "N", "1", "100000",
  "DTLS handshakes in flight, of each worker; further ones wait, which counts as their latency.", 0)
X(answer_timeout_us, "answer-timeout", DURATION, "60s", "TIME", "1s", "1h",
  "How long a device waits for the answer to an acknowledged or non-confirmable publish, on top of "
  "its ct.",
  0)
X(max_ramp, "max-ramp", DECIMAL, "0", "R/s", "0", NULL,
  "Refuse a load that grows by more than so many publishes a second in a second; 0: any. For "
  "targets that others use too.",
  0)
X(credentials, "credentials", TEXT, NULL, "DIR", NULL, NULL,
  "Where certificates of devices are kept from run to run. Without it $XDG_CACHE_HOME/seatrial.", 0)
X(provision, "provision", FLAG, "true", NULL, NULL, NULL,
  "Make the devices in the target's registry first, and remove them in the end.", 0)
X(keep, "keep", FLAG, NULL, NULL, NULL, NULL, "Leave what was made on the target.", 0)
X(check, "check", FLAG, NULL, NULL, NULL, NULL,
  "No network: the same devices against an ideal endpoint, in virtual time. Shows what the profile "
  "would do, in seconds.",
  0)
X(record, "record", TEXT, NULL, "DIR", NULL, NULL,
  "Write down what was sent when, for the command replay.", 0)

HEADING("Judging", NULL)
X(slo, "slo", TEXT, NULL, "TEXT", NULL, NULL,
  "What must hold, as `publish.p99 < 50ms; error_rate < 0.1%; event.lost == 0`. Without it what "
  "the profile says.",
  0)
X(max_lag_us, "max-lag", DURATION, "10ms", "TIME", "100us", "10s",
  "A schedule lag (p99) beyond this makes the run invalid: the generator was too slow.", 0)
X(max_steal, "max-steal", DECIMAL, "10", "PERCENT", "1", "100",
  "More processor time than this, taken by other virtual machines, makes the run invalid.", 0)
X(events, "events", FLAG, "true", NULL, NULL, NULL,
  "Read the events back and hold them against the answers, where the target file says how.", 0)

HEADING("Output", NULL)
X(out, "out", TEXT, NULL, "DIR", NULL, NULL,
  "Folder of the run: logs and reports. Without it seatrial-out/swarm.", 0)
X(report, "report", TEXT, NULL, "KIND=FILE,...", NULL, NULL,
  "Reports beside OUT/result.json and OUT/report.html: json, csv, hdr, html, junit.", 0)
X(metrics, "metrics", TEXT, NULL, "ADDR", NULL, NULL,
  "Tell Prometheus the swarm's own figures while it runs, at http://ADDR/metrics: HOST:PORT, or "
  "PORT of 127.0.0.1; port 0 is a free one, which is said. There is no password: another HOST is "
  "open to all who reach it.",
  0)
X(no_tui, "no-tui", FLAG, NULL, NULL, NULL, NULL, "A line a second, also on a terminal.", 0)
X(quiet, "quiet", FLAG, NULL, NULL, NULL, NULL, "Nothing but the verdict.", 0)

HEADING("Capacity", NULL)
X(search, "search", NAME, "rate", "devices|rate|handshakes", NULL, NULL,
  "What is raised until an SLO breaks.", 0)
X(budget_us, "budget", DURATION, "5min", "TIME", "10s", "24h", "Longest time of the search.", 0)
X(most, "most", DECIMAL, "0", "N", "0", NULL,
  "Do not ask for more than this; 0: what the generator can do.", 0)

HEADING("Comparing", NULL)
X(allow, "allow", TEXT, "5%", "PART", NULL, NULL, "diff: by how much a figure may be worse.", 0)

HEADING("Help", NULL)
X(help, "help", FLAG, NULL, NULL, NULL, NULL, "Show this.", OPT_ARGS_ONLY)
X(version, "version", FLAG, NULL, NULL, NULL, NULL, "Show the version.", OPT_ARGS_ONLY)
X(completion_bash, "completion-bash", FLAG, NULL, NULL, NULL, NULL, "Print the completion of bash.",
  OPT_ARGS_ONLY | OPT_HIDDEN)
X(completion_zsh, "completion-zsh", FLAG, NULL, NULL, NULL, NULL, "Print the completion of zsh.",
  OPT_ARGS_ONLY | OPT_HIDDEN)
X(man, "man", FLAG, NULL, NULL, NULL, NULL, "The man page as roff.", OPT_ARGS_ONLY | OPT_HIDDEN)
