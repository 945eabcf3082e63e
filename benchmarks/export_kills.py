"""Kills (-9) the exporter and its export at random moments and checks the consistency after.

    python benchmarks/export_kills.py [--kills 100] [--seed 3] [--ollama] [--base MODEL]

A real Valkey and the real exporter service. For each checkpoint the stages, moments and
targets of kills are drawn; then the export finishes, is audited, and the next checkpoint follows.
The base is a random model of two layers, so that an export takes seconds: `--base` sets another.
With `--ollama` the tests' Ollama stand-in serves, in a process that is not killed.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from random import Random
from unittest.mock import patch

import redis as blocking
from exporter_kills.audit import Audit
from exporter_kills.checkpoints import MODEL, TINY, Checkpoints
from exporter_kills.moments import LONGEST_S, ORDER, Moments, Stage
from exporter_kills.victim import Target, Victim
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from trainer_kills.check import Check

from exporter.domain.registry.version import version_tag
from exporter.settings import ExporterSettings
from ratchet.contract import CheckpointReady
from ratchet.delivery import Publisher
from ratchet_testing.valkey import free_port, valkey_server, wait_for_port

WEIGHTS: dict[Stage, int] = {
    "starting": 2,
    "converting the base": 2,
    "building": 3,
    "judging": 2,
    "storing": 2,
    "registering": 3,
    "moving the alias": 3,
    "telling": 2,
}
"""How likely a kill is drawn for each stage."""
TARGETS: dict[Target, int] = {"group": 5, "service": 2, "child": 3}
MOST_PER_EXPORT = 6
EXPORT_DEADLINE_S = 300.0
Kill = tuple[Stage, Target]


async def main(arguments: argparse.Namespace, root: Path, console: Console) -> bool:
    checkpoints, rng = Checkpoints(root, arguments.base, arguments.seed), Random(arguments.seed)
    killed: Counter[Kill] = Counter()
    checks: list[list[Check]] = []
    published: list[CheckpointReady] = []
    began = time.monotonic()
    with (
        valkey_server(root, free_port()) as url,
        ollama_server(root / "ollama") if arguments.ollama else nullcontext("") as ollama_url,
        blocking.Redis.from_url(url) as looking,
    ):
        environment = checkpoints.environment(url, free_port(), ollama_url)
        with patch.dict("os.environ", environment):
            settings = ExporterSettings()
        victim = Victim(environment, root / "exporter.log")
        async with Redis.from_url(url) as redis:
            with victim.running():
                audit = Audit(
                    settings, redis, victim, root / "ollama" if arguments.ollama else None
                )
                while killed.total() < arguments.kills:
                    published.append(checkpoints.checkpoint(len(published) + 1))
                    version = version_tag(published[-1])
                    moments = Moments(settings.data_dir, MODEL, version, looking, victim)
                    await Publisher(redis).publish(published[-1:])
                    for kill in killing(victim, moments, arguments.kills - killed.total(), rng):
                        killed[kill] += 1
                        passed = time.monotonic() - began
                        message = f"kill {killed.total()}: {kill[1]}, {kill[0]}"
                        console.print(f"{passed:6.1f} s  {message}")
                    moments.reach("at rest", 0, EXPORT_DEADLINE_S)
                    checks.append(await audit(published))
                    tell_faults(console, checks[-1])
    print_report(console, killed, checks, time.monotonic() - began)
    return all(check.holds for results in checks for check in results)


def killing(victim: Victim, moments: Moments, most: int, rng: Random) -> Iterator[Kill]:
    """The kills of one export, in order of its stages."""
    drawn = rng.choices(list(WEIGHTS), list(WEIGHTS.values()), k=rng.randint(2, MOST_PER_EXPORT))
    for next_stage in sorted(drawn[:most], key=ORDER.index):
        depth = rng.uniform(0, LONGEST_S[next_stage])
        (target,) = rng.choices(list(TARGETS), list(TARGETS.values()))
        stage = moments.reach(next_stage, depth, EXPORT_DEADLINE_S)
        if stage == "at rest":
            return
        hit = victim.kill(target)
        moments.killed()
        yield stage, hit


@contextmanager
def ollama_server(directory: Path) -> Iterator[str]:
    port = free_port()
    script = Path(__file__).parent / "exporter_kills" / "stand_in.py"
    process = subprocess.Popen([sys.executable, str(script), str(port), str(directory)])
    try:
        wait_for_port(port, 30.0)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def tell_faults(console: Console, checks: Sequence[Check]) -> None:
    for check in checks:
        if not check.holds:
            console.print(f"[red]{check.what}: {check.observed}[/red]")


def print_report(
    console: Console,
    killed: Counter[Kill],
    checks: Sequence[Sequence[Check]],
    seconds: float,
) -> None:
    table = Table("stage", *TARGETS, title=f"{killed.total()} kills in {seconds / 60:.1f} min")
    for stage in WEIGHTS:
        table.add_row(stage, *(str(killed[stage, target]) for target in TARGETS))
    console.print(table)
    results = Table("what must be true after each export", "observed", "bar", "at the end")
    for row in zip(*checks, strict=True):
        held = sum(check.holds for check in row)
        results.add_row(row[-1].what, str(held), str(len(row)), row[-1].observed)
    console.print(results)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--base", default=TINY)
    parser.add_argument("--ollama", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        held = asyncio.run(main(arguments, Path(temporary), Console()))
    sys.exit(0 if held else 1)
