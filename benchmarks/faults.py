"""Injects faults into the embedded system under load, and counts items that are lost or doubled.

    python benchmarks/faults.py [--kills 1000] [--rate 20] [--seed 1] [--only TEXT] [--keep DIR]

`ratchet up` runs with the real Valkey and all services; training is off. A client posts the
simulator's items and repeats each until it gets 202. After each fault the streams must hold every
item that got 202 exactly once; at the end the ledger, the rewards and the examples must be those of
a system without faults. Faults of the disk need the permission to mount a tmpfs.

Last line: `faults N, kills K, lost L, doubled D`.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from fault_injection.audit import Findings, audit_effects, audit_intake
from fault_injection.client_faults import client_faults
from fault_injection.fault import Fault
from fault_injection.file_faults import file_faults
from fault_injection.load import Load
from fault_injection.process_faults import kill_at_random, process_faults
from fault_injection.redis_faults import redis_faults
from fault_injection.system import System, running
from rich.console import Console
from rich.table import Table

from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port

CALM_S = 2.0


@dataclass(frozen=True)
class Outcome:
    """`seen` counts the client's answers from the fault until the system was well again.

    `slowest` and `median` are the items that got 202 in a second of that time. `recovery_s` counts
    from the end of the fault.
    """

    fault: str
    seen: Counter[str]
    slowest: int
    median: int
    recovery_s: float | None
    findings: Findings

    @property
    def recovery(self) -> str:
        if self.recovery_s is None:
            return "not without a restart"
        return f"{self.recovery_s:.1f} s"

    @property
    def answers(self) -> str:
        return ", ".join(f"{kind}: {number}" for kind, number in sorted(self.seen.items()))


async def main(options: argparse.Namespace, directory: Path, console: Console) -> bool:
    rng, stop = Random(options.seed), asyncio.Event()
    outcomes: list[Outcome] = []
    kills = {}
    async with running(directory, free_port(7)) as system:
        load = Load(system.url, options.rate, options.seed)
        sending = asyncio.create_task(load.run(stop))
        for fault in chosen(options.only, system.own_disk):
            outcomes.append(await observe(fault, system, load))
            console.print(row_of(outcomes[-1]), soft_wrap=True)
        if options.kills:
            second = load.restart_count()
            kills = await kill_at_random(system, options.kills, rng)
            outcomes.append(await after(f"{options.kills} random kill -9", second, system, load))
            console.print(row_of(outcomes[-1]), soft_wrap=True)
        stop.set()
        await sending
        await system.until_well()
        effects = await settled(system, load)
    report(console, outcomes, kills, effects, load, directory)
    lost = {item for outcome in outcomes for item in outcome.findings.lost} | set(effects.lost)
    doubled = {i for outcome in outcomes for i in outcome.findings.doubled} | set(effects.doubled)
    unwell = [outcome.fault for outcome in outcomes if outcome.recovery_s is None]
    if unwell:
        console.print(f"did not recover without a restart: {', '.join(unwell)}")
    faults = len(outcomes) - bool(kills)
    console.print(
        f"faults {faults}, kills {sum(kills.values())}, lost {len(lost)}, doubled {len(doubled)}"
    )
    return not lost and not doubled and not unwell


def chosen(only: str, own_disk: bool) -> list[Fault]:
    faults = [*process_faults(), *redis_faults(), *file_faults(), *client_faults()]
    return [f for f in faults if only in f.name and (own_disk or not f.needs_disk)]


async def observe(fault: Fault, system: System, load: Load) -> Outcome:
    await asyncio.sleep(CALM_S)
    second = load.restart_count()
    await fault.inject(system)
    await asyncio.sleep(fault.lasts_s)
    await fault.repair(system)
    return await after(fault.name, second, system, load)


async def after(name: str, second: int, system: System, load: Load) -> Outcome:
    """`second` is when the fault began. A system that stays unwell is started again."""
    began = time.monotonic()
    recovery_s: float | None = None
    try:
        await system.until_well()
        recovery_s = time.monotonic() - began
    except TimeoutError:
        await system.stop()
        await system.start()
        await system.until_well()
    rates = sorted(load.per_second[s] for s in range(second, load.second())) or [0]
    async with system.redis() as redis:
        findings = await audit_intake(redis, list(load.items))
    return Outcome(name, load.seen, rates[0], rates[len(rates) // 2], recovery_s, findings)


async def settled(system: System, load: Load) -> Findings:
    """The effects once they are complete, or what is still wrong with them after a minute."""
    findings = Findings()

    async def complete() -> bool:
        nonlocal findings
        async with system.redis() as redis:
            findings = await audit_effects(redis, system.data_dir, load.items)
        return not findings.lost and not findings.doubled

    try:
        await eventually(complete, 60)
    except TimeoutError:
        return findings
    return findings


def row_of(outcome: Outcome) -> str:
    return (
        f"{outcome.fault}; answers: {outcome.answers}; accepted per second: at least "
        f"{outcome.slowest}, median {outcome.median}; recovery: {outcome.recovery}; "
        f"lost {len(outcome.findings.lost)}, doubled {len(outcome.findings.doubled)}"
    )


def report(
    console: Console,
    outcomes: Sequence[Outcome],
    kills: dict[str, int],
    effects: Findings,
    load: Load,
    directory: Path,
) -> None:
    table = Table(
        "fault",
        "answers to the client, by status",
        "accepted per second: least, median",
        "from the end of the fault until all services work",
        "lost",
        "doubled",
    )
    for outcome in outcomes:
        table.add_row(
            outcome.fault,
            outcome.answers,
            f"{outcome.slowest}, {outcome.median}",
            outcome.recovery,
            str(len(outcome.findings.lost)),
            str(len(outcome.findings.doubled)),
        )
    console.print(table)
    if kills:
        console.print("kills: " + ", ".join(f"{name} {n}" for name, n in kills.items()))
    answered = sum(item.answered for item in load.items)
    console.print(
        f"{len(load.items)} items, {answered} with 202; ledger, rewards and examples: "
        f"{len(effects.lost)} missing, {len(effects.doubled)} too many "
        f"{[*effects.lost, *effects.doubled][:5] or ''}"
    )
    rates = [load.per_second[second] for second in range(load.second())]
    (directory / "accepted-per-second.json").write_text(json.dumps(rates))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, help="random kill -9 (default: 1000)")
    parser.add_argument("--rate", type=float, default=20, help="new items per second (default: 20)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the items and the kills (default: 1)"
    )
    parser.add_argument("--only", default="", help="only the faults whose name contains this")
    parser.add_argument(
        "--keep",
        type=Path,
        help="an empty directory for the data and the log; by default they are deleted",
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        where = arguments.keep or Path(temporary)
        fine = asyncio.run(main(arguments, where, Console(width=160)))
    sys.exit(0 if fine else 1)
