"""Imports 844 rows of stored history into a running system and shows the run that starts.

    python benchmarks/imported.py [--seed 1] [--port 8170]

The file is a realistic population (see `ratchet_testing.legacy.population`); only `ratchet import`
touches the system. Prints the run, its verdict and the held-out gains.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.contract import STREAMS
from ratchet.delivery import follow
from ratchet_cli.demo.event_summary import EventSummary
from ratchet_cli.demo.settings import JUDGING, environment
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import up
from ratchet_testing.legacy.population import population

_BAR = 0.10
_PATIENCE_S = 1500
_ON_TWO_CORES = {
    "RATCHET_CACHE_DIR": str(Path("var/cache").resolve()),
    "RATCHET_TRAINER_MIN_PAIRS": "80",
    "RATCHET_TRAINER_MAX_VOICE_EXAMPLES": "160",
    "RATCHET_TRAINER_JUDGING": json.dumps({**JUDGING, "questions": 40, "fixed_questions": 36}),
}
"""A run takes as many of the waiting examples as its time budget allows."""
_RATCHET = [sys.executable, "-c", "from ratchet_cli.app import main; main()"]


async def main(seed: int, port: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "experience_buffer.json"
        file.write_text(json.dumps(population(seed)))
        embedded = Embedded(
            Path(directory) / "data",
            port,
            {**environment(Path(directory) / "data"), **_ON_TWO_CORES},
        )
        story = EventSummary()
        async with (
            up(embedded, lambda name, line: None),
            Redis.from_url(embedded.redis_url) as redis,
            asyncio.timeout(_PATIENCE_S),
        ):
            began = time.perf_counter()
            command = [*_RATCHET, "import", str(file), "--url", embedded.url]
            await (await asyncio.create_subprocess_exec(*command, stdout=sys.stderr)).wait()
            imported = time.perf_counter() - began
            async for event in follow(redis, STREAMS):
                if event is not None:
                    story.add(event)
                if story.finished is not None:
                    break
            ended = time.perf_counter() - began
    print_report(story, imported, ended)


def print_report(story: EventSummary, imported: float, ended: float) -> None:
    started, finished = story.started, story.finished
    assert started is not None
    assert finished is not None
    table = Table("", "observed", "bar", title=f"{len(story.experiences)} experiences imported")
    table.add_row("imported in", f"{imported:.1f} s")
    table.add_row("judged after", f"{ended:.0f} s")
    table.add_row("reason to begin", started.reason, "automatic")
    table.add_row("method", f"{started.method}, {started.pairs} examples")
    table.add_row("verdict", finished.verdict, "accepted")
    for name, gain in finished.gains.items():
        figure = f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}], {gain.n} cases"
        table.add_row(name, figure, f">= +{_BAR:.2f}" if name == "text_quality" else "")
    table.add_row("reason", finished.reason)
    Console(width=120).print(table)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8170)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.seed, arguments.port))
