"""The prompts that the Command Center's own code builds reach examples, a run and its gate."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from tests.gateway.recorded_events import calls
from tests.trainer.real_run import request_for, train_here
from tests.trainer.tiny_model import write_tiny_model

from ratchet.contract import (
    EXAMPLES,
    CallServed,
    ChatMessage,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    LabelBuilt,
    PairBuilt,
    derived_id,
)
from ratchet.delivery import Publisher
from ratchet_testing.asgi_server import serving
from ratchet_testing.eventually import eventually
from ratchet_testing.running_gateway import running_gateway
from ratchet_testing.running_service import started
from ratchet_testing.valkey import free_port
from reward.app import create_app
from reward.settings import RewardSettings
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.loop_recipes import KtoRecipe

FOLDER = os.environ.get("COMMAND_CENTER", "")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not FOLDER, reason="COMMAND_CENTER does not name a folder with its public code"
    ),
]
PROGRAM = Path(__file__).with_name("command_center.py")
WIDGETS = [{"scenario": "kpi", "size": "compact"}, {"scenario": "trend", "size": "hero"}]
FIRST, SECOND = "How much power does chiller 1 use?", "How much power does CH-002 use?"
ASKED = (
    (FIRST, "Chiller 1", "Chiller 1 is consuming 245.2 kilowatts."),
    (FIRST, "Chiller 1", "Chiller 1 is consuming 262.9 kilowatts."),
    (SECOND, "Chiller 2", "CH-002 is consuming 262.9 kilowatts."),
    (SECOND, "Chiller 2", "CH-002 is consuming 245.2 kilowatts."),
)
"""Each question, the heading of its plan and the spoken answer: first a true one, then another."""


def answers() -> Iterator[str]:
    """What the model server answers to the selector, to the search and to the voice, in turn."""
    for number, (_, heading, spoken) in enumerate(ASKED):
        yield json.dumps({"heading": heading, "widgets": WIDGETS})
        yield f"Noted, number {number}."
        yield spoken


@pytest.fixture
async def ollama() -> AsyncIterator[str]:
    """A stand-in for Ollama that gives these answers."""
    scripted = answers()

    async def generate(request: Request) -> JSONResponse:
        body = await request.json()
        end = {"model": body["model"], "done": True, "done_reason": "stop"}
        return JSONResponse({**end, "response": next(scripted)})

    port = free_port()
    app = Starlette(routes=[Route("/api/generate", generate, methods=["POST"])])
    async with serving(app, port):
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
async def sent(redis: Redis, valkey_url: str, ollama: str, tmp_path: Path) -> list[dict[str, Any]]:
    """What a copy of the Command Center's backend sends for the questions, through a gateway."""
    backend = tmp_path / "command-center" / "backend"
    shutil.copytree(Path(FOLDER) / "backend", backend)
    with running_gateway(valkey_url, tmp_path / "gateway", ollama) as gateway:
        environment = {**os.environ, "OLLAMA_BASE_URL": gateway.url}
        command = [str(PROGRAM), str(backend), *(question for question, _, _ in ASKED)]
        program = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=environment, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await program.communicate()
        assert program.returncode == 0
        await calls(redis, 3 * len(ASKED))
    return list(json.loads(printed))


def messages_of(body: dict[str, Any]) -> tuple[ChatMessage, ...]:
    return (
        ChatMessage(role="system", content=body["system"]),
        ChatMessage(role="user", content=body["prompt"]),
    )


def recorded(served: list[CallServed]) -> Iterator[ExperienceRecorded | FeedbackReceived]:
    """What the application stores of its answers, and the operators' thumbs."""
    for number, (question, heading, spoken) in enumerate(ASKED):
        is_true = number % 2 == 0
        at = served[3 * number].occurred_at
        row = {
            "query_id": f"q-{number}",
            "timestamp": at,
            "user_id": ("maria", "jose")[number % 2],
            "transcript": question,
            "parsed_intent": {"type": "query"},
            "widget_plan": {"heading": heading, "widgets": WIDGETS} if is_true else {},
            "voice_response": spoken,
        }
        thumb = {"query_id": f"q-{number}", "rating": "up" if is_true else "down"}
        yield ExperienceRecorded(
            event_id=derived_id("experience", str(number)),
            occurred_at=at,
            experience=Experience.model_validate(row),
        )
        yield FeedbackReceived(
            event_id=derived_id("feedback", str(number)),
            occurred_at=at,
            feedback=Feedback.model_validate(thumb),
        )


async def examples_in(redis: Redis) -> list[PairBuilt | LabelBuilt]:
    """The pairs and labels with served messages, once there are all."""

    async def complete() -> list[PairBuilt | LabelBuilt]:
        entries = await redis.xrange(EXAMPLES.key)
        events = [EXAMPLES.adapter.validate_json(fields[b"__data__"]) for _, fields in entries]
        live = {event.example_id: event for event in events}.values()
        built = [one for one in live if isinstance(one, PairBuilt | LabelBuilt) and one.messages]
        return built if len(built) >= 8 else []

    return await eventually(complete, 30)


async def test_its_prompts_reach_examples_and_a_run_whose_gate_asks_them(
    redis: Redis, valkey_url: str, sent: list[dict[str, Any]], tmp_path: Path, cache_dir: Path
):
    selector = [messages_of(body) for body in sent[0::3]]
    voice = [messages_of(body) for body in sent[2::3]]
    served = await calls(redis, len(sent))
    assert [call.messages for call in served] == [messages_of(body) for body in sent]
    settings = {"redis_url": valkey_url, "port": free_port(), "retry_base_s": 1}
    async with started(create_app(RewardSettings.model_validate(settings))):
        await Publisher(redis).publish(list(recorded(served)))
        built = await examples_in(redis)

    pairs = {one.question.text: one for one in built if isinstance(one, PairBuilt)}
    for place, question in ((0, FIRST), (2, SECOND)):
        pair = pairs[question]
        assert pair.messages == voice[place] == voice[place + 1]
        assert pair.answers == (ASKED[place][2], ASKED[place + 1][2])
        assert pair.question.asked is not None
        assert f"{pair.question.asked.value} kilowatts" in pair.chosen
    labels = [one for one in built if isinstance(one, LabelBuilt)]
    plans = {one.question.text: one.messages for one in labels if one.aspect == "widget"}
    assert plans == {FIRST: selector[0], SECOND: selector[2]}

    taught = tuple(one for one in labels if one.question.text == FIRST)
    asked = tuple(one for one in labels if one.question.text == SECOND)
    tiny = write_tiny_model(tmp_path / "tiny", cache_dir)
    request = request_for(tmp_path / "run", cache_dir, str(tiny))
    request.dataset.write_bytes(Dataset(method="kto", train=taught, held_out=asked).canonical())
    kto = KtoRecipe(max_length=8192, epochs=1, batch=2, gradient_checkpointing=False)
    judging = request.recipe.judging.model_copy(update={"plan_tokens": 4})
    recipe = request.recipe.model_copy(update={"kto": kto, "judging": judging})
    trained = train_here(request.model_copy(update={"method": "kto", "recipe": recipe}))
    assert (trained.taught, trained.left_out.counts) == (3, {})
    assert trained.copies > 0
    assert {case.turns for case in trained.cases if case.asks} == {selector[2], voice[2]}
    assert all(case.case_id in trained.after.answers for case in trained.cases if case.asks)
