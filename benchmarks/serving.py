"""Measures rankings over HTTP under feedback, and the time until feedback changes them.

The whole embedded system shares the machine with the load. Latency counts from the time a request
was due, so a stall counts for all requests it delays.

Run: python benchmarks/serving.py [--rate R] [--seconds S]
"""

import asyncio
import gc
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import Annotated, Any

import httpx
import typer
import uvloop
from http_load.steady import post_steadily
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from ratchet.contract import REWARDS, ExperienceScored
from ratchet.delivery import follow
from ratchet_cli.client.importing import ImportCounts, import_rows
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.up import up
from ratchet_rows import EXPERIENCE_ROWS, open_rows
from ratchet_testing.eventually import eventually
from ratchet_testing.legacy.population import population
from simulator.operators import draw_operators
from simulator.ranking_outcomes import experience, reactions
from simulator.ranking_questions import RankingQuestion, draw_ranking_question

BAR_P99_MS, BAR_CHANGED_S = 10.0, 3.0
CONNECTIONS = 8
PROBES = 40
_SETTINGS = {"RATCHET_LOG_LEVEL": "error", "RATCHET_TRAINER_MIN_PAIRS": "1000000"}
"""No language model is trained during the measurement."""
OPERATORS = draw_operators(Random(5), 200)


@dataclass
class ScoredRevisions:
    """Scored revisions by experience, each with its number on the stream."""

    revisions: dict[str, int] = field(default_factory=dict)
    count: int = 0

    async def listen(self, redis: Redis) -> None:
        async for event in follow(redis, [REWARDS]):
            if isinstance(event, ExperienceScored):
                self.count += 1
                self.revisions[event.query_id] = self.count


def body_of(question: RankingQuestion) -> dict[str, Any]:
    return {
        "transcript": question.transcript,
        "intent": question.intent,
        "candidates": [
            {"scenario": option.scenario, "relevance": option.relevance, "size": option.size}
            for option in question.candidates
        ],
        "limit": question.limit,
        "user_id": question.user_id,
    }


async def rank_steadily(port: int, rate: float, seconds: float) -> list[float]:
    rng = Random(1)
    questions = [draw_ranking_question(rng, OPERATORS) for _ in range(500)]
    bodies = [json.dumps(body_of(question)).encode() for question in questions]
    return await post_steadily(port, "/v1/rank", bodies, rate, seconds, CONNECTIONS)


def load_alone(port: int, rate: float, seconds: float) -> list[float]:
    """Runs in a separate process, so that its work delays no request."""
    gc.disable()
    return uvloop.run(rank_steadily(port, rate, seconds))


async def react(client: httpx.AsyncClient, rng: Random) -> tuple[str, int]:
    """One question from ranking to feedback; returns its id and the number of reactions."""
    drawn = draw_ranking_question(rng, OPERATORS)
    decided = (await client.post("/v1/rank", json=body_of(drawn))).raise_for_status().json()
    shown = [drawn.candidates[item["index"]] for item in decided["ranking"][: drawn.limit]]
    body = experience(drawn, shown, timestamp=datetime.now(UTC), decision_id=decided["decision_id"])
    (await client.post("/v1/experiences", json=body)).raise_for_status()
    bodies = reactions(rng, drawn, shown)
    for feedback in bodies:
        (await client.post("/v1/feedback", json=feedback)).raise_for_status()
    return drawn.query_id, len(bodies)


async def feed_steadily(client: httpx.AsyncClient, rate: float) -> None:
    rng = Random(2)
    began = time.perf_counter()
    number = 0
    while True:
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
        await react(client, rng)
        number += 1


async def seconds_to_change(client: httpx.AsyncClient, heard: ScoredRevisions) -> list[float]:
    """Seconds from the response to feedback until a scorer that learned from it ranks."""
    rng = Random(3)
    results = []
    probe = body_of(draw_ranking_question(rng, OPERATORS))

    async def learnt(number: int) -> bool:
        answer = (await client.post("/v1/rank", json=probe)).json()
        return bool(answer["scorer"] and answer["scorer"]["trained_on"] >= number)

    for _ in range(PROBES):
        query_id, _ = await react(client, rng)
        began = time.perf_counter()
        number = await eventually(lambda: _revision(heard, query_id), 30)  # noqa: B023
        await eventually(lambda: learnt(number), 30)  # noqa: B023
        results.append(time.perf_counter() - began)
        await asyncio.sleep(rng.uniform(0, 0.5))
    return results


async def _revision(heard: ScoredRevisions, query_id: str) -> int:
    return heard.revisions.get(query_id, 0)


@asynccontextmanager
async def system(port: int) -> AsyncIterator[Embedded]:
    with tempfile.TemporaryDirectory() as directory:
        embedded = Embedded(Path(directory) / "data", port, _SETTINGS)
        async with up(embedded, lambda name, line: None):
            yield embedded


async def import_history(client: httpx.AsyncClient, directory: Path) -> None:
    path = directory / "experience_buffer.json"
    path.write_text(json.dumps(population(1)))
    rows = open_rows(path, UTC, EXPERIENCE_ROWS).rows
    await import_rows(client, EXPERIENCE_ROWS.path, rows, ImportCounts(), 200, 30, lambda _: None)


async def measure(
    port: int, rate: float, feedback: float, seconds: float
) -> dict[str, list[float]]:
    async with (
        system(port) as embedded,
        httpx.AsyncClient(base_url=embedded.url, timeout=30) as client,
        Redis.from_url(embedded.redis_url) as redis,
    ):
        await import_history(client, embedded.data_dir)
        probe = body_of(draw_ranking_question(Random(4), OPERATORS))

        async def served() -> bool:
            return bool((await client.post("/v1/rank", json=probe)).json()["scorer"])

        await eventually(served, 60)
        heard = ScoredRevisions()
        background = [
            asyncio.create_task(heard.listen(redis)),
            asyncio.create_task(feed_steadily(client, feedback)),
        ]
        with ProcessPoolExecutor(1, get_context("spawn")) as load:
            latencies = await asyncio.get_running_loop().run_in_executor(
                load, load_alone, embedded.port_of("ingest"), rate, seconds
            )
        changed = await seconds_to_change(client, heard)
        for task in background:
            task.cancel()
        return {"latencies": latencies, "changed": changed}


def main(
    rate: Annotated[float, typer.Option(min=1, help="Rankings a second.")] = 200,
    feedback: Annotated[float, typer.Option(min=0.1, help="Questions with feedback a second.")] = 5,
    seconds: Annotated[float, typer.Option(min=1)] = 30,
    port: Annotated[int, typer.Option()] = 8250,
) -> None:
    results = asyncio.run(measure(port, rate, feedback, seconds))
    latencies, changed = results["latencies"], results["changed"]
    share = quantiles(latencies, n=100)
    late = quantiles(changed, n=20)
    table = Table("", "observed", "bar", title=f"serving on {os.cpu_count()} cores, load included")
    table.add_row(
        f"POST /v1/rank at {rate:.0f}/s, {feedback:.0f} questions with feedback a second",
        f"p50 {share[49]:.1f} ms, p95 {share[94]:.1f} ms, p99 {share[98]:.1f} ms",
        f"p99 <= {BAR_P99_MS:.0f} ms",
    )
    table.add_row(
        f"feedback to changed ranking, {len(changed)} probes while feedback flows",
        f"p50 {late[9]:.2f} s, p95 {late[18]:.2f} s, most {max(changed):.2f} s",
        f"p95 <= {BAR_CHANGED_S:.0f} s",
    )
    Console(width=130).print(table)


if __name__ == "__main__":
    typer.run(main)
