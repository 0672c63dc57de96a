#include "reference/config_page.h"

static const struct opt_section sections[] = {
    {"EXAMPLES",                       true,
     "  seatrial-endpoint\n"
     "  seatrial-endpoint --coap 0.0.0.0 --coaps 0.0.0.0 --cert server.crt --key server.key\n"
     "  seatrial-endpoint --config endpoint.conf --check-config\n"
     "  seatrial-endpoint registry --help\n"
     "\n"
     "Publish as the device that the first one makes:\n"
     "\n"
     "  coap-client-openssl -m post coap://localhost/v1/foo \\\n"
     "      -O 4209,\"Basic ZGV2aWNlMUBleGFtcGxlLWFwcDpoZXktcm9kbmV5\" -e hello\n"                },
    {"CONFIGURATION FILE",             false,
     "The file that --config names holds the same names, without the dashes, one a line. A number "
     "sign begins a comment. A value may stand in double quotes. Options that may be repeated "
     "may be repeated here.\n"
     "\n"
     "  # endpoint.conf\n"
     "  coap  = 0.0.0.0\n"
     "  coaps = 0.0.0.0\n"
     "  http  = 127.0.0.1:8080\n"
     "  data  = /var/lib/seatrial\n"
     "  max-ct = 5min\n"                                                                          },
    {"EVENTS OVER HTTP",               false,
     "With --sink http://... or https://... each event is one POST, by default in the binary "
     "content mode of the CloudEvents HTTP binding. The device is answered when the receiver has "
     "answered. Redirects are not followed; proxy variables of the environment are ignored. What "
     "the receiver does, and what the device gets:\n"
     "\n"
     "2xx\t2.04, or the wait for a command begins.\n"
     "408, 425, 429, 5xx, no connection, no answer in time\tTried again with the same id, after "
     "100 ms, 200 ms and so on up to 5 s, less a part by chance, and not before Retry-After. When "
     "that would be after --sink-timeout: 5.03 with Max-Age. The event may arrive all the same.\n"
     "other 4xx\t4.06; but 5.03 when an earlier attempt may have left the event there.\n"
     "3xx, a certificate that cannot be verified, no HTTP\t5.00: the configuration is wrong.\n"   },
    {"EVENTS AND COMMANDS OVER MQTT",  false,
     "With --sink mqtt://... or mqtts://... each event is a message of MQTT 5 with QoS 1 to the "
     "topic app/APPLICATION, by default with its attributes as user properties. The device is "
     "answered when the broker has acknowledged it to a topic that somebody subscribes to: an "
     "event that nobody would get is tried again like one that failed, until --sink-timeout. A "
     "broker keeps events for a consumer that is away only where that has a session that lasts.\n"
     "\n"
     "With --commands mqtt://... a message to command/APPLICATION/DEVICE/COMMAND is what a call of "
     "the command API is; its payload is the command's. Retained messages are not looked at. What "
     "no device can take is logged and dropped.\n"                                                },
    {"EVENTS AND COMMANDS OVER KAFKA", false,
     "With --sink kafka://... or kafkas://... each event is a record of the topic "
     "events-APPLICATION "
     "(where that is no name of a topic: evt-, the MD5 of the application's name, and the name), "
     "in "
     "binary mode, with partitionkey as its key, as Drogue Cloud's endpoints write them. The "
     "device "
     "is answered when all replicas in sync have it. A record that is too large: 4.06; a topic "
     "that "
     "is missing or forbidden: 5.00; what may work later is tried until --sink-timeout.\n"
     "\n"
     "With --commands kafka://... the records of the topic iot-commands are commands "
     "(ce_application, ce_device, ce_subject), from the end of the topic at the start on, in no "
     "consumer group. Copies for gateways (ce_sender is not the device) are not looked at: who "
     "waits "
     "for the device with `as` gets the first.\n"                                                 },
    {"FILES",                          false,
     "DATA/registry.db\tApplications, devices and their credentials (SQLite).\n"
     "DATA/events.ndjson\tThe events, one CloudEvent in JSON a line.\n"
     "DATA/api-token\tThe bearer token of the HTTP API, readable by its owner only.\n"
     "DATA/demo-ca.crt, DATA/device1.crt, DATA/device1.key, DATA/device1.psk\tWhat --demo makes "
     "for "
     "device1 of example-app.\n"
     "DATA/server.crt, DATA/server.key\tIdentity of the DTLS server unless --cert names "
     "another.\n"                                                                                 },
    {"SIGNALS",                        false,
     "SIGTERM, SIGINT\tAnswer waiting devices, write all events, end; at most the time of "
     "--drain.\n"
     "SIGHUP\tRead the --config file, certificate, key and API token again. Options marked \"can "
     "change while running\" take effect for new handshakes and requests, sessions live on; of "
     "any other that differs the log names the option, and it keeps its value. If something cannot "
     "be "
     "read, nothing changes and the log says why. When the terminal has gone: as SIGTERM.\n"
     "SIGPIPE\tIgnored.\n"                                                                        },
    {"EXIT STATUS",                    true,
     "0\tA clean end.\n"
     "1\tA failure while running.\n"
     "2\tWrong usage, or an address, file or credential that cannot be used; a line says which.\n"},
    {"STANDARDS",                      false,
     "RFC 7252 (CoAP), RFC 6347 (DTLS 1.2), RFC 4279 (pre-shared keys), RFC 7925 (profile for "
     "things), CloudEvents 1.0, and the documentation of Drogue Cloud's CoAP endpoint.\n"         },
};

const struct opt_page config_page = {
    .program = "seatrial-endpoint",
    .version = SEATRIAL_VERSION,
    .summary = "reference Drogue CoAP endpoint",
    .usage = "[OPTION...]\n"
             "registry COMMAND ...   (applications, devices, credentials)\n",
    .description =
        "Takes publishes of devices over CoAP and CoAP over DTLS as Drogue Cloud does, writes them "
        "as "
        "CloudEvents, and hands commands to devices that wait for them.\n"
        "\n"
        "Without arguments it is ready to play on this machine only: it makes the application "
        "example-app with the device device1, and prints the paths and what to type next. With an "
        "address or a configuration file it listens where it is told, and makes demo credentials "
        "only with --demo.\n",
    .sections = sections,
    .section_count = COUNT(sections),
};
