"""Has every service erase its part of a subject's data."""

import asyncio
from collections.abc import Mapping
from typing import Any

from redis.asyncio import Redis

from ledger.archive.stream_rows import entries, rows_after
from ledger.erasure.journal import ErasureRequest
from ratchet.contract import BEGINNING, COMMANDS, FORGOTTEN, ForgetRequested, Forgotten, Remark
from ratchet.delivery import Publisher, entry_of

SERVICES = FORGOTTEN.producers
_POLL_S = 0.05


class MissingAnswers(RuntimeError):
    """Services have not erased their part; the message names them."""


async def erase_in_services(
    redis: Redis, request: ErasureRequest, deadline_s: float
) -> dict[str, Mapping[str, int]]:
    """Publish the request and wait for every service; returns what each erased, by its name.

    Raises `MissingAnswers` after `deadline_s` seconds.
    """
    subject = request.subject
    await _publish(
        redis,
        ForgetRequested(
            event_id=request.request_id,
            occurred_at=request.at,
            requested_by=request.requested_by,
            query_ids=tuple(sorted(subject.query_ids)),
            decision_ids=tuple(sorted(subject.decision_ids)),
            run_ids=tuple(sorted(subject.run_ids)),
            remarks=tuple(
                Remark(event_id=event_id, query_id=query_id)
                for event_id, query_id in sorted(subject.remarks.items())
            ),
            retrain=request.retrain,
        ),
    )
    answers: dict[str, Mapping[str, int]] = {}
    try:
        async with asyncio.timeout(deadline_s):
            last = BEGINNING
            while len(answers) < len(SERVICES):
                async for row in rows_after(redis, FORGOTTEN, last):
                    last = row.entry_id
                    answer = FORGOTTEN.adapter.validate_json(row.payload)
                    if isinstance(answer, Forgotten) and answer.caused_by == request.request_id:
                        answers[answer.service] = answer.erased
                await asyncio.sleep(_POLL_S)
    except TimeoutError as error:
        missing = ", ".join(name for name in SERVICES if name not in answers)
        raise MissingAnswers(
            f"{missing} did not answer within {deadline_s:g} s and may still store data. "
            "The request waits for them: repair or start them, as `ratchet doctor` names it, and "
            "run the command again for the receipt."
        ) from error
    return answers


async def _publish(redis: Redis, event: ForgetRequested) -> None:
    """Publish `event` once, and again in place of the dead letters that a service made of it."""
    if await Publisher(redis).publish_once(event):
        return
    name = event.event_id.encode()
    dead = [
        str(entry_id)
        async for entry_id, fields in entries(redis, COMMANDS.dead_key)
        if name in fields.get(b"payload", b"")
    ]
    if not dead:
        return
    client: Any = redis
    stream, fields = entry_of(event)
    async with client.pipeline(transaction=True) as pipe:
        pipe.xadd(stream, fields)
        pipe.xdel(COMMANDS.dead_key, *dead)
        await pipe.execute()
