"""Feedback changes the next ranking, also when services are killed."""

import json
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from ratchet_cli.client.importing import ImportCounts, import_rows
from ratchet_cli.embedded.processes import Embedded
from ratchet_cli.embedded.supervisor import Supervisor
from ratchet_cli.embedded.up import up
from ratchet_rows import EXPERIENCE_ROWS, open_rows
from ratchet_testing.eventually import eventually
from ratchet_testing.legacy.population import population
from ratchet_testing.valkey import free_port
from simulator.operators import draw_operators
from simulator.ranking_outcomes import experience, reactions
from simulator.ranking_questions import RankingQuestion, draw_ranking_question

pytestmark = pytest.mark.heavy
OPERATORS = draw_operators(Random(5), 40)
LENIENT = json.dumps({"tolerance": 0.5, "kept_back_every_s": 1})


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[tuple[Embedded, Supervisor]]:
    """A running system that publishes every scorer that is not much worse."""
    environment = {"RATCHET_TRAINER_PUBLISHING": LENIENT, "RATCHET_RETRY_BASE_S": "1"}
    embedded = Embedded(tmp_path / "data", free_port(7), environment)
    async with up(embedded, lambda name, line: None) as supervisor:
        yield embedded, supervisor


class Frontend:
    """Behaves like the Command Center: ranks, shows, records and sends reactions."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def rank(self, ask: RankingQuestion) -> dict[str, Any]:
        body = {
            "transcript": ask.transcript,
            "intent": ask.intent,
            "candidates": [
                {"scenario": o.scenario, "relevance": o.relevance} for o in ask.candidates
            ],
            "limit": ask.limit,
        }
        return (await self._client.post("/v1/rank", json=body)).raise_for_status().json()

    async def show(self, ask: RankingQuestion, decided: dict[str, Any], rng: Random) -> None:
        shown = [ask.candidates[item["index"]] for item in decided["ranking"][: ask.limit]]
        now = datetime.now(UTC)
        body = experience(ask, shown, timestamp=now, decision_id=decided["decision_id"])
        (await self._client.post("/v1/experiences", json=body)).raise_for_status()
        for said in reactions(rng, ask, shown, judge_share=1.0):
            (await self._client.post("/v1/feedback", json=said)).raise_for_status()

    async def trained_on(self, ask: RankingQuestion) -> int:
        scorer = (await self.rank(ask))["scorer"]
        return scorer["trained_on"] if scorer else 0


def joined(data_dir: Path) -> set[str]:
    """Return the decisions for which the trainer knows the outcome."""
    engine = create_engine(f"sqlite:///{data_dir / 'trainer.db'}")
    query = "SELECT d.decision_id FROM decisions d JOIN scored s USING (decision_id)"
    with engine.connect() as connection:
        return {row.decision_id for row in connection.execute(text(query))}


async def test_feedback_changes_the_ranking_and_a_kill_changes_nothing(
    system: tuple[Embedded, Supervisor], tmp_path: Path
):
    embedded, supervisor = system
    rng = Random(7)
    ask = draw_ranking_question(rng, OPERATORS)
    history = tmp_path / "experience_buffer.json"
    history.write_text(json.dumps(population(1)))
    async with httpx.AsyncClient(base_url=embedded.url, timeout=30) as client:
        frontend = Frontend(client)
        first = await frontend.rank(ask)
        assert [item["index"] for item in first["ranking"]] == list(range(10))
        assert "no scorer yet" in first["note"]

        rows = open_rows(history, UTC, EXPERIENCE_ROWS).rows
        await import_rows(
            client, EXPERIENCE_ROWS.path, rows, ImportCounts(), 200, 30, lambda _: None
        )
        before = await eventually(lambda: frontend.trained_on(ask), 60)
        decided = await frontend.rank(ask)
        await frontend.show(ask, decided, rng)

        async def changed() -> bool:
            return await frontend.trained_on(ask) > max(before, 844)

        await eventually(changed, 60)
        after = await frontend.rank(ask)
        assert after["scorer"]["parameters"] == 28_193
        assert [item["score"] for item in after["ranking"]] != [
            item["score"] for item in decided["ranking"]
        ]

        async def known() -> bool:
            return decided["decision_id"] in joined(embedded.data_dir)

        await eventually(known, 30)

        for name in ("trainer", "ingest"):
            pid = supervisor.processes[name].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)

        async def back() -> bool:
            try:
                return await frontend.trained_on(ask) >= after["scorer"]["trained_on"]
            except httpx.HTTPError:
                return False

        await eventually(back, 60)
        facts = (await client.get(f"http://127.0.0.1:{embedded.port_of('ingest')}/status")).json()
        assert facts["ranking"]["embedding"] == "hashing-768-1"
