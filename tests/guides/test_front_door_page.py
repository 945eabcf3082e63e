"""The code of docs/front-door.md works as the backend would run it."""

import asyncio
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from http_load.process import INTAKE, server
from redis.asyncio import Redis

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ratchet.contract import EXPERIENCES, ExperienceRecorded, FeedbackReceived
from ratchet_testing.deliveries import delivered
from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import DAY
from ratchet_testing.running_intake import events

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "front-door.md"
ANSWER = {
    "query_id": "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01",
    "transcript": "What is the power of pump 1?",
    "user_id": "default_user",
    "parsed_intent": {"type": "query", "domains": ["industrial"], "confidence": 0.9},
    "widget_plan": {"heading": "Pump 1", "widgets": [{"scenario": "kpi", "size": "hero"}]},
    "fixtures": {"kpi": "kpi-default"},
    "processing_time_ms": 900,
    "available_data_summary": None,
    "user_history": None,
    "voice_response": "Pump 1 draws 45 kW.",
    "prompt_version": "",
}


@pytest.fixture
def continuous(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The backend's module, importable as there beside a copy of the hook."""
    package, module = ModuleType("rl"), ModuleType("rl.continuous")
    package.continuous = module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rl", package)
    monkeypatch.syspath_prepend(ROOT / "examples")
    return module


def code(number: int, url: str) -> dict[str, Any]:
    """The names that a block of the page defines, with Ratchet at `url`."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(blocks[number].replace("http://127.0.0.1:8110", url), names)  # noqa: S102
    return names


async def test_the_hook_sends_what_the_orchestrator_passes(
    redis: Redis,
    valkey_url: str,
    tmp_path: Path,
    continuous: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    with server(INTAKE, valkey_url, tmp_path) as intake:
        code(0, intake.url)
        recorder = continuous.get_rl_system()
        recorder.record_experience(**ANSWER)

        async def recorded() -> list[Any]:
            return await events(redis, EXPERIENCES)

        [event] = await eventually(recorded)
        await asyncio.to_thread(recorder.ratchet.close)
    assert event.experience.transcript == ANSWER["transcript"]
    assert event.experience.user_id == "default_user"
    assert [widget.scenario for widget in event.experience.widget_plan.widgets] == ["kpi"]


@pytest.mark.usefixtures("redis")
def test_the_evaluator_finds_what_nobody_rated(valkey_url: str, tmp_path: Path):
    engine = open_for_writing(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    SqlLedger(engine).write(delivered(DAY))
    engine.dispose()
    rated = {
        e.feedback.query_id for e in DAY if isinstance(e, FeedbackReceived) and e.feedback.rating
    }
    planned = {
        e.experience.query_id
        for e in DAY
        if isinstance(e, ExperienceRecorded)
        and e.experience.widget_plan.widgets
        and e.experience.user_rating is None
    }
    with server(INTAKE, valkey_url, tmp_path) as intake:
        found = list(code(1, intake.url)["unrated"]())
    assert {one["query_id"] for one in found} == planned - rated
    assert all(one["widget_plan"]["widgets"][0]["size"] for one in found)
