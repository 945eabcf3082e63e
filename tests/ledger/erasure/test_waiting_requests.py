"""A request to erase that a service gave up is published again, and stops no other."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from ledger.domain.erasure import Subject
from ledger.erasure import session
from ledger.erasure.erasure import ErasureTargets
from ledger.erasure.journal import ErasureJournal, ErasureRequest
from ledger.erasure.services import SERVICES, MissingAnswers, erase_in_services
from ledger.settings import LedgerSettings
from ratchet.command_line import Step
from ratchet.contract import COMMANDS, Done, ForgetRequested, Forgotten, Later, Outcome
from ratchet.delivery import Consumer, RetryPolicy, one_by_one
from ratchet_testing.eventually import eventually
from ratchet_testing.running_consumers import at_work

NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)


def request(name: str) -> ErasureRequest:
    return ErasureRequest(name, "tests", NOON, False, Subject(query_ids={f"q-{name}"}), None)


class Services:
    """Answers for every service; the exporter does so while it is `sound`."""

    def __init__(self) -> None:
        self.sound = False

    async def erase(self, request: ForgetRequested) -> Outcome:
        if not self.sound:
            return Later("v1/manifest.json cannot be read")
        return Done(emits=tuple(Forgotten.answering(request, name, {}) for name in SERVICES))

    @property
    def consumer(self) -> Consumer:
        handlers = {ForgetRequested: one_by_one(self.erase)}
        return Consumer(COMMANDS, "activation", handlers, 1, RetryPolicy(1, 0.05))


async def test_a_request_in_the_dead_letters_is_published_again_by_the_next_command(
    redis: Redis, valkey_url: str
):
    services = Services()
    async with at_work(valkey_url, services.consumer):
        with pytest.raises(MissingAnswers, match="ratchet doctor"):
            await erase_in_services(redis, request("forget-one"), 0.5)

        async def given_up() -> bool:
            return await redis.xlen(COMMANDS.dead_key) == 1

        await eventually(given_up, 20)
        services.sound = True
        answers = await erase_in_services(redis, request("forget-one"), 20)
    assert set(answers) == set(SERVICES)
    assert await redis.xlen(COMMANDS.dead_key) == 0


async def test_a_request_that_waits_for_a_service_does_not_hold_up_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, valkey_url: str
):
    carried_out: list[str] = []

    async def carry_out(
        targets: ErasureTargets,
        erasure: ErasureRequest,
        deadline_s: float,
        step: Step,
        *,
        known: bool = True,
    ) -> dict[str, Any]:
        await asyncio.sleep(0)
        carried_out.append(erasure.request_id)
        if erasure.request_id == "forget-earlier":
            raise MissingAnswers("exporter did not answer")
        return {"request_id": erasure.request_id}

    monkeypatch.setattr(session, "carry_out", carry_out)
    journal = ErasureJournal(tmp_path / "forgetting")
    journal.write(request("forget-earlier"))
    (tmp_path / "forgetting" / "damaged.json").write_text('{"request_id": "trunc')
    settings = LedgerSettings.model_validate({"redis_url": valkey_url, "data_dir": tmp_path})
    receipt = await session.erase(settings, request("forget-later"), 1, lambda step: None)
    assert receipt == {"request_id": "forget-later"}
    assert carried_out == ["forget-later", "forget-earlier"]


def test_a_damaged_request_is_named_and_the_others_are_read(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    journal = ErasureJournal(tmp_path)
    journal.write(request("forget-one"))
    damaged = tmp_path / "another.json"
    damaged.write_text("[")
    assert [one.request_id for one in journal.unfinished()] == ["forget-one"]
    assert str(damaged) in caplog.text
