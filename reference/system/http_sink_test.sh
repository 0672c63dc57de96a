#!/bin/bash
# Events over HTTP: the device's answer is the receiver's; a receiver that is away for a moment loses nothing.
# shellcheck source=reference/system/rig.sh
. "$(dirname "$0")/rig.sh"

# receiver STATUS: answers every request with it on port 9000, and appends what came to the file received
receiver()
{
    cat >answer <<END
import http.server, sys
class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("received", "a") as out:
            print(self.path, self.headers["ce-subject"], self.headers["ce-device"], self.headers["Content-Type"],
                  self.headers["ce-id"] != "", body.decode(), file=out)
        self.do_OPTIONS()
    def do_OPTIONS(self):
        self.send_response($1)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *ignored):
        pass
http.server.ThreadingHTTPServer(("127.0.0.1", 9000), Receiver).serve_forever()
END
    python3 answer &
    RECEIVER_PID=$!
    await "the receiver" curl -sS -X OPTIONS http://127.0.0.1:9000/
}

no_receiver()
{
    kill -KILL "$RECEIVER_PID"
    wait "$RECEIVER_PID" 2>/dev/null || true
}

receiver 202
start_with --demo --coap 127.0.0.1 --http 127.0.0.1:8080 --sink 'http://127.0.0.1:9000/tray?x=y' --sink-timeout 8s
check "taken" 2.04 "$(post -O "4209,$BASIC" -t 0 -e hello coap://127.0.0.1/v1/foo)"
check "as it came" '/tray?x=y foo device1 text/plain; charset=utf-8 True hello' "$(cat received)"
no_receiver

: >received
client away -O "4209,$BASIC" -t 0 -e patience coap://127.0.0.1/v1/foo &
AWAY=$!
failed_once()
{
    (($(metric 'seatrial_sink_attempts_total{outcome="failed"}') > 1))
}
await "an attempt that failed" failed_once
receiver 200
wait "$AWAY"
check "tried again" 2.04 "$(answer away)"
check "once" 1 "$(grep -c patience received)"
no_receiver

receiver 422
check "refused" 4.06 "$(post -O "4209,$BASIC" -e hello coap://127.0.0.1/v1/foo)"
check "its text" 'The receiver of events refused the event' "$(text last)"
no_receiver

receiver 302
check "redirected" 5.00 "$(post -O "4209,$BASIC" -e hello coap://127.0.0.1/v1/foo)"
no_receiver

# Nobody there, and the endpoint ends: the device is told in time.
client late -O "4209,$BASIC" -e hello coap://127.0.0.1/v1/foo &
LATE=$!
open_event()
{
    metric_is seatrial_sink_events_open 1
}
await "the event is being tried" open_event
stop
wait "$LATE"
check "at the end" 5.03 "$(answer late)"
