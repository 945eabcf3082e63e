"""`python service_program.py MODE`: a small service whose start or run fails as `MODE` names."""

import asyncio
import re
import sys
import time
from typing import Any

from prometheus_client import CollectorRegistry

import ratchet.service.endings
import ratchet.service.service
from ratchet.contract import COMMANDS, EXPERIENCES, FEEDBACK, TrainingRequested
from ratchet.delivery import Consumer
from ratchet.service import Service, create_broker, create_host, create_redis, run
from ratchet.settings import CommonSettings
from ratchet_testing.counting import count_and_emit

MODE = sys.argv[1]


async def until_cancelled() -> None:
    await asyncio.Event().wait()


async def gives_up_at_once() -> None:
    raise ValueError("cannot go on")


async def blocks() -> None:
    await asyncio.sleep(1)
    time.sleep(600)  # noqa: ASYNC251


async def holds_the_interpreter() -> None:
    await asyncio.sleep(1)
    re.match(r"(a+)+$", "a" * 60 + "b")


async def cancels_nothing() -> None:
    await asyncio.sleep(0.5)
    raise ValueError("cannot go on")


BACKGROUND = {
    "fails at once": gives_up_at_once,
    "hangs at its stop": cancels_nothing,
    "blocks": blocks,
    "holds the interpreter": holds_the_interpreter,
}


async def hang(*_: Any) -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue


def create_app(settings: CommonSettings) -> Any:
    broker = create_broker(settings)
    service = Service(
        name="test",
        settings=settings,
        broker=broker,
        redis=create_redis(settings),
        registry=CollectorRegistry(),
        consumers=[
            Consumer(
                stream, "test", {TrainingRequested: count_and_emit} if stream is COMMANDS else {}
            )
            for stream in (COMMANDS, EXPERIENCES, FEEDBACK)
        ],
        background=[BACKGROUND.get(MODE, until_cancelled)],
    )
    if MODE == "hangs at its stop":
        broker.stop = hang  # type: ignore[method-assign,assignment]
    return create_host(service)


ratchet.service.endings._STOP_LIMIT_S = 1.0
ratchet.service.endings._EXIT_LIMIT_S = 1.0
ratchet.service.service._LOOP_LIMIT_S = 2.0
run("test", CommonSettings(), create_app)
