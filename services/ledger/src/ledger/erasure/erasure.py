"""One request from its first word to its receipt; begun again after a kill, it ends the same."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import rows_after
from ledger.domain.erasure import Subject
from ledger.erasure.archive import redact_archive
from ledger.erasure.journal import ErasureJournal, ErasureRequest
from ledger.erasure.receipt import receipt, signed_document, write_receipt
from ledger.erasure.redaction import parsed
from ledger.erasure.streams import entries, redact_dead_letters, redact_stream, rewrite_files
from ledger.reading import LedgerReader
from ratchet.contract import (
    BEGINNING,
    DECISIONS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    FORGOTTEN,
    REWARDS,
    RUNS,
    STREAMS,
    TRACES,
    ForgetRequested,
    Forgotten,
    Remark,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Publisher
from ratchet.storage import bury

SERVICES = FORGOTTEN.producers
_FOLLOWED = (EXPERIENCES, FEEDBACK, DECISIONS, REWARDS, EXAMPLES, TRACES, RUNS)
"""In the order in which one thing is made of another."""
_LOOK_S = 0.05
_MOST_MODELS = 10_000


class MissingAnswers(RuntimeError):
    """Services that have not erased their part yet; the message names them."""


@dataclass(frozen=True)
class ErasureTargets:
    """Everything that keeps something: the server, the archive, the ledger, a directory."""

    redis: Redis
    store: ArchiveStore
    ledger: LedgerReader
    data_dir: Path
    key: Path
    deadline_s: float

    @property
    def journal(self) -> ErasureJournal:
        return ErasureJournal(self.data_dir / "forgetting")


async def traced(place: ErasureTargets, subject: Subject) -> Subject:
    """`subject` with all that archive, streams and dead letters tell of it."""
    for stream in _FOLLOWED:
        for file in await asyncio.to_thread(place.store.files, stream.name):
            for row in await asyncio.to_thread(place.store.read, file):
                _learn(subject, row.payload)
        async for row in rows_after(place.redis, stream, BEGINNING):
            _learn(subject, row.payload)
        async for _, fields in entries(place.redis, stream.dead_key):
            _learn(subject, fields.get(b"payload", b""))
    return subject


def _learn(subject: Subject, payload: bytes) -> None:
    message = parsed(payload)
    if message is not None:
        subject.learn(message)


async def carry_out(place: ErasureTargets, request: ErasureRequest) -> dict[str, Any]:
    """Returns the receipt, which is on the disk.

    Raises `MissingAnswers`, `Corrupt`, `UnusableKey`, redis-py's errors and `OSError`; the request
    stays in the journal then, and goes on with the next call.
    """
    async with place.store.turn(place.redis):
        for stream in STREAMS:
            await asyncio.to_thread(place.store.mend, stream.name)
        await traced(place, request.subject)
    place.journal.write(request)
    salt = await bury(place.redis, request.subject.query_ids)
    erased: dict[str, Mapping[str, int] | str] = dict(await _answers(place, request))
    async with place.store.turn(place.redis):
        # What the person has asked meanwhile is no part of it.
        await traced(place, replace(request.subject, user_id=None))
        place.journal.write(request)
        erased |= await _swept(place, request)
    erased["server"] = await rewrite_files(place.redis, place.deadline_s)
    models = await asyncio.to_thread(_models, place.ledger, request.subject)
    told = receipt(request, salt, erased, models, utc_now())
    path = write_receipt(
        place.data_dir / "receipts", request.request_id, signed_document(told, place.key)
    )
    if request.retrain:
        await Publisher(place.redis).publish_once(_retraining(request))
    place.journal.finish(request)
    return {**told, "receipt": str(path)}


async def _answers(place: ErasureTargets, request: ErasureRequest) -> dict[str, Mapping[str, int]]:
    """Ask every service, and wait for each."""
    subject = request.subject
    await Publisher(place.redis).publish_once(
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
        )
    )
    answers: dict[str, Mapping[str, int]] = {}
    try:
        async with asyncio.timeout(place.deadline_s):
            behind = BEGINNING
            while len(answers) < len(SERVICES):
                async for row in rows_after(place.redis, FORGOTTEN, behind):
                    behind = row.entry_id
                    told = FORGOTTEN.adapter.validate_json(row.payload)
                    if isinstance(told, Forgotten) and told.caused_by == request.request_id:
                        answers[told.service] = told.erased
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as error:
        missing = ", ".join(name for name in SERVICES if name not in answers)
        raise MissingAnswers(
            f"{missing} did not answer within {place.deadline_s:g} s: what they keep is still "
            "there; start them, and ask again"
        ) from error
    return answers


async def _swept(place: ErasureTargets, request: ErasureRequest) -> dict[str, Mapping[str, int]]:
    """Until a whole pass finds nothing: what a service had in hand may have come in between."""
    found: dict[str, dict[str, int]] = {"streams": {}, "dead_letters": {}, "archive": {}}
    while True:
        again = 0
        for stream in STREAMS:
            counts = {
                "streams": await redact_stream(place.redis, stream, request.subject),
                "dead_letters": await redact_dead_letters(place.redis, stream, request.subject),
                "archive": await asyncio.to_thread(
                    redact_archive, place.store, stream.name, request.subject
                ),
            }
            for name, count in counts.items():
                if count:
                    found[name][stream.name] = found[name].get(stream.name, 0) + count
            again += sum(counts.values())
        if not again:
            return {**found}


def _models(ledger: LedgerReader, subject: Subject) -> list[str]:
    return sorted(
        model.version
        for model in ledger.models(_MOST_MODELS)
        if model.trained_on_forgotten and model.run_id in subject.run_ids
    )


def _retraining(request: ErasureRequest) -> TrainingRequested:
    return TrainingRequested(
        event_id=derived_id(request.request_id, "retrain"),
        occurred_at=utc_now(),
        caused_by=request.request_id,
        requested_by=request.requested_by,
        reason="without what was forgotten",
    )


def new_request(
    request_id: str, by: str, at: datetime, retrain: bool, user: str | None, query: str | None
) -> ErasureRequest:
    subject = Subject(user_id=user, query_ids={query} if query else set())
    return ErasureRequest(request_id, by, at, retrain, subject, query)
