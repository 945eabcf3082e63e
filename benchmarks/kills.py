"""Kills (-9) the trainer and its training process at random moments and audits the result.

    python benchmarks/kills.py [--kills 50] [--seed 1] [--keep DIRECTORY]

A real Valkey, the real trainer service, the small model and tiny recipes. Stage, moment and
target of each kill are drawn. After each run new examples start the next, alternately with DPO on
pairs and SFT on demonstrations.
"""

import argparse
import asyncio
import json
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from random import Random

from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table
from trainer_kills.audit import audit
from trainer_kills.check import Check, events_on
from trainer_kills.feeding import BATCH, Feeding
from trainer_kills.victim import LONGEST_S, Stage, Target, Victim

from ratchet.contract import RUNS, RunFinished, RunStarted
from ratchet_cli.demo.settings import DPO, LORA
from ratchet_testing.eventually import eventually
from ratchet_testing.valkey import free_port, valkey_server
from trainer.backends.sql.database import open_database
from trainer.backends.sql.outbox import SqlOutbox

LOOP = {"epochs": 1.0, "accumulation": 1, "max_length": 384, "gradient_checkpointing": False}
RUN_DEADLINE_S = 600.0
TARGETS: tuple[Target, ...] = ("trainer", "child", "both")
STAGES: dict[Stage, int] = {
    "starting": 4,
    "loading": 4,
    "judging_champion": 3,
    "training": 5,
    "judging_challenger": 3,
    "ending": 2,
}
"""With the weight at which a kill is drawn for each."""


def settings(data_dir: Path, redis_url: str, port: int) -> Mapping[str, str]:
    recipe = {
        "LORA": {**LORA, "rank": 4},
        "DPO": {**DPO, **LOOP},
        "SFT": {**LOOP, "learning_rate": 5e-4, "batch": 2},
        "JUDGING": {
            "questions": 5,
            "widget_questions": 0,
            "fixed_questions": 2,
            "answer_tokens": 12,
            "plan_tokens": 12,
        },
        "SELECTION": {"user_share": 1.0, "alike": 1.0},
    }
    plain = {
        "BASE_MODEL": "smollm2-135m-instruct",
        "PRECISION": "float32",
        "MIN_PAIRS": BATCH,
        "MIN_DEMONSTRATIONS": BATCH,
        "MIN_HELD_OUT": 5,
        "HELD_OUT_SHARE": 0.4,
        "COOLDOWN_S": 0,
        "SETTLE_S": 0.5,
        "POLL_S": 0.2,
        "LEASE_S": 2,
        "ATTEMPTS": 1000,
    }
    return {
        "RATCHET_REDIS_URL": redis_url,
        "RATCHET_DATA_DIR": str(data_dir),
        "RATCHET_CACHE_DIR": str(Path("var/cache").absolute()),
        "RATCHET_PORT": str(port),
        "RATCHET_RETRY_BASE_S": "1",
        **{f"RATCHET_TRAINER_{name}": json.dumps(value) for name, value in recipe.items()},
        **{f"RATCHET_TRAINER_{name}": str(value) for name, value in plain.items()},
    }


async def main(kills: int, seed: int, directory: Path, console: Console) -> bool:
    began, port = time.monotonic(), free_port()
    killed: Counter[tuple[Stage, Target]] = Counter()
    with valkey_server(directory, free_port()) as url:
        victim = Victim(settings(directory, url, port), port, directory / "trainer.log")
        async with Redis.from_url(url) as redis, victim.running():
            feeding = Feeding(redis, seed)
            feed = asyncio.create_task(feeding.run())
            async for stage, victim_part in killing(victim, kills, Random(seed)):
                killed[stage, victim_part] += 1
                passed = time.monotonic() - began
                console.print(f"{passed:6.1f} s  kill {killed.total()}: {victim_part}, {stage}")
            feed.cancel()
            engine = open_database(directory / "trainer.db")
            await until_all_is_over(redis, SqlOutbox(engine), directory / "runs")
            checks = await audit(redis, engine, directory, feeding.published)
    print_report(console, killed, checks, time.monotonic() - began)
    return all(check.holds for check in checks)


async def killing(victim: Victim, kills: int, rng: Random) -> AsyncIterator[tuple[Stage, Target]]:
    for _ in range(kills):
        (next_stage,) = rng.choices(list(STAGES), list(STAGES.values()))
        depth, target = rng.uniform(0, LONGEST_S[next_stage]), rng.choice(TARGETS)
        stage = await victim.reach(next_stage, depth, RUN_DEADLINE_S)
        yield stage, await victim.kill(target)


async def until_all_is_over(redis: Redis, outbox: SqlOutbox, runs: Path) -> None:
    async def is_over() -> bool:
        events = Counter(type(event) for event in await events_on(redis, RUNS))
        ended = 0 < events[RunStarted] == events[RunFinished]
        left = await asyncio.to_thread(lambda: list(runs.glob("*")))
        return ended and not outbox.unpublished() and not left

    await eventually(is_over, RUN_DEADLINE_S)


def print_report(
    console: Console,
    killed: Counter[tuple[Stage, Target]],
    checks: Sequence[Check],
    seconds: float,
) -> None:
    table = Table("stage", *TARGETS, title=f"{killed.total()} kills in {seconds / 60:.1f} min")
    for stage in ("at rest", *STAGES):
        table.add_row(stage, *(str(killed[stage, target]) for target in TARGETS))
    console.print(table)
    results = Table("what must be true", "", "observed")
    for check in checks:
        results.add_row(check.what, "yes" if check.holds else "NO", check.observed)
    console.print(results)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="a new directory that stays afterwards")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        place = arguments.keep or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        held = asyncio.run(main(arguments.kills, arguments.seed, place.absolute(), Console()))
    sys.exit(0 if held else 1)
