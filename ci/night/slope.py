#!/usr/bin/env python3
"""Does the endpoint's memory grow under load? slope.py RESULT of seatrial-swarm.

Looks at the second half of the run: least squares of the endpoint's memory over time. What it grows by may be 4 MiB
(high-water marks of buffers and of the allocator), 4 bytes a publish, and 8 KiB a handshake: while sessions are
replaced by others the allocator comes to use pages that were never touched (measured over 3 800 handshakes of 400
devices: 9 KiB each at first, below 1 KiB in the end; a session that leaks is 31 KiB). Prints a headline and bytes a
publish.
Exit code: 0 it does not, 1 it grows by more, 2 there are no figures.
"""
import json
import sys

FREE_BYTES = 4 << 20
FREE_PER_PUBLISH = 4
FREE_PER_HANDSHAKE = 8 << 10


def main(path):
    with open(path, encoding="utf-8") as file:
        seconds = json.load(file)["seconds"]
    column = {name: i for i, name in enumerate(seconds["columns"])}
    rows = [r for r in seconds["rows"] if r[column["server.memory_bytes"]]]
    rows = rows[len(rows) // 2:]
    if len(rows) < 8:
        print("fewer than 16 seconds with the endpoint's memory", file=sys.stderr)
        return 2
    at = [r[column["at_us"]] / 1e6 for r in rows]
    memory = [r[column["server.memory_bytes"]] for r in rows]
    publishes = sum(r[column["publish.acknowledged"]] for r in rows)
    handshakes = sum(r[column["handshake.completed"]] for r in rows)
    mean_at, mean_memory = sum(at) / len(at), sum(memory) / len(memory)
    slope = sum((a - mean_at) * (m - mean_memory) for a, m in zip(at, memory)) / sum((a - mean_at) ** 2 for a in at)
    grown = slope * (at[-1] - at[0])
    per_publish = grown / max(publishes, 1)
    print(f"memory grows by {slope / 1024:.1f} KiB/s, {per_publish:.1f} bytes a publish: {grown / 2 ** 20:.1f} MiB in "
          f"{at[-1] - at[0]:.0f} s")
    print(f"{per_publish:.2f}")
    return 1 if grown > FREE_BYTES + FREE_PER_PUBLISH * publishes + FREE_PER_HANDSHAKE * handshakes else 0


sys.exit(main(sys.argv[1]))
