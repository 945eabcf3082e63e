"""Injects faults into the embedded system under load, and counts items that are lost or doubled.

    python benchmarks/faults.py [--kills 1000] [--rate 20] [--seed 1] [--only PATTERN] [--keep DIR]

`ratchet up` runs with the real Valkey and all services; training is off. A client posts the
simulator's items and repeats each until it gets 202; applications call a model through the gateway;
answers are checked. After each fault the streams must hold every item that got 202 exactly once; at
the end the ledger, the rewards and the examples must be those of a system without faults, and every
call must have its record or be counted as lost. Faults of the disk need the permission to mount a
tmpfs, faults of the clock a C compiler.

Last line: `faults N, kills K, lost L, doubled D`.
"""

import argparse
import asyncio
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from random import Random

from fault_injection.application_calls import ApplicationCalls, CallFindings
from fault_injection.audit import Findings
from fault_injection.checked_answers import CheckedAnswers
from fault_injection.kinds.client import client_faults
from fault_injection.kinds.clock import clock_faults
from fault_injection.kinds.fault import Fault, nothing
from fault_injection.kinds.file import file_faults
from fault_injection.kinds.gateway import gateway_faults
from fault_injection.kinds.process import kill_at_random, process_faults
from fault_injection.kinds.redis import redis_faults
from fault_injection.kinds.set_back import set_back_faults
from fault_injection.load import Load
from fault_injection.model_server import ModelServer
from fault_injection.observation import Observation, Outcome
from fault_injection.report import report_intake, row_of, table_of
from fault_injection.system import System, running
from rich.console import Console

from ratchet_testing.valkey import free_port


async def main(options: argparse.Namespace, directory: Path, console: Console) -> bool:
    stop, server = asyncio.Event(), ModelServer()
    server.start()
    try:
        upstream = {"RATCHET_GATEWAY_UPSTREAM_URL": f"http://127.0.0.1:{server.port}"}
        async with running(directory, free_port(7), upstream) as system:
            load = Load(system.url, options.rate, options.seed)
            calls = ApplicationCalls(system.embedded.port_of("gateway"))
            checked = CheckedAnswers(system.url)
            sending = [asyncio.create_task(part.run(stop)) for part in (load, calls, checked)]
            watch = Observation(system, load, calls)
            outcomes, kills = await inject(options, watch, server, console)
            stop.set()
            await asyncio.gather(*sending)
            rates = [load.per_second[second] for second in range(load.second())]
            await system.until_well()
            effects = await watch.settled()
            async with system.redis() as redis:
                audited = await calls.audit(redis)
    finally:
        server.kill()
    (directory / "accepted-per-second.json").write_text(json.dumps(rates))
    console.print(table_of(outcomes))
    if kills:
        console.print("kills: " + ", ".join(f"{name} {n}" for name, n in kills.items()))
    report_intake(console, load, effects, checked, rates)
    console.print(str(audited))
    sound = conclude(console, outcomes, kills, effects, audited)
    return sound and not checked.wrong and all(item.answered for item in load.items)


async def inject(
    options: argparse.Namespace, watch: Observation, server: ModelServer, console: Console
) -> tuple[list[Outcome], dict[str, int]]:
    """The outcome of each fault, and the kills by process."""
    outcomes = []
    for fault in chosen(options.only, watch, server):
        outcomes.append(await watch.observe(fault))
        console.print(row_of(outcomes[-1]), soft_wrap=True)
    if not options.kills:
        return outcomes, {}
    second = watch.load.restart_count()
    kills = await kill_at_random(watch.system, options.kills, Random(options.seed))
    together = Fault(f"{options.kills} random kill -9", nothing)
    outcomes.append(await watch.after(together, second))
    console.print(row_of(outcomes[-1]), soft_wrap=True)
    return outcomes, kills


def chosen(only: str, watch: Observation, server: ModelServer) -> list[Fault]:
    """Redis is set back first: its repair takes longer the more it has lost."""
    faults = [
        *set_back_faults(),
        *clock_faults(watch.load),
        *process_faults(),
        *redis_faults(),
        *gateway_faults(watch.calls, server),
        *file_faults(),
        *client_faults(),
    ]
    named = [fault for fault in faults if re.search(only, fault.name)]
    return [fault for fault in named if can_inject(fault, watch.system)]


def can_inject(fault: Fault, system: System) -> bool:
    return (system.own_disk or not fault.needs_disk) and (
        system.clock.can_be_set or not fault.needs_clock
    )


def conclude(
    console: Console,
    outcomes: Sequence[Outcome],
    kills: dict[str, int],
    effects: Findings,
    calls: CallFindings,
) -> bool:
    lost = {item for outcome in outcomes for item in outcome.findings.lost} | set(effects.lost)
    doubled = {i for outcome in outcomes for i in outcome.findings.doubled} | set(effects.doubled)
    uncounted = max(0, calls.lost - calls.counted)
    unwell = [one.fault for one in outcomes if one.recovery_s is None or one.failure]
    if unwell:
        console.print(f"did not recover without a restart, or failed: {', '.join(unwell)}")
    console.print(
        f"faults {len(outcomes) - bool(kills)}, kills {sum(kills.values())}, "
        f"lost {len(lost) + uncounted}, doubled {len(doubled) + calls.doubled}"
    )
    return not lost and not doubled and not unwell and calls.right


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, help="random kill -9 (default: 1000)")
    parser.add_argument("--rate", type=float, default=20, help="new items per second (default: 20)")
    parser.add_argument(
        "--seed", type=int, default=1, help="of the items and the kills (default: 1)"
    )
    parser.add_argument("--only", default="", help="only the faults whose name has this pattern")
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
