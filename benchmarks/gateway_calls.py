"""What the gateway adds to a call, and what kills leave of the records.

`python benchmarks/gateway_calls.py`: the time to the first token at 50 streams, beside that of the
bare model server. `--kills 200`: kill -9 of gateway, Redis and model server in turn, under load.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from gateway_load.kills import run_kills
from gateway_load.latency import measure

MOST_P50_MS, MOST_P99_MS = 1.0, 5.0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--streams", type=int, default=50)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--kills", type=int, default=0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if chosen.kills:
            kills = asyncio.run(run_kills(chosen.kills, Path(folder)))
            print(kills)
            return 0 if kills.right else 1
        result = measure(chosen.streams, chosen.seconds, Path(folder))
    p50, p99 = result.added
    print(f"model server  {result.bare}")
    print(f"gateway       {result.gateway}   {result.cpu_ms:.1f} ms of CPU a call")
    print(f"added to the first token: p50 {p50:.2f} ms, p99 {p99:.2f} ms")
    return 0 if p50 <= MOST_P50_MS and p99 <= MOST_P99_MS else 1


if __name__ == "__main__":
    sys.exit(main())
