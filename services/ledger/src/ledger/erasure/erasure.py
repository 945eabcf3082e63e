"""Carries out one erasure from the request to its receipt."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from ledger.archive.store import ArchiveStore
from ledger.archive.stream_rows import entries, rows_after
from ledger.domain.erasure import Subject
from ledger.erasure.journal import ErasureJournal, ErasureRequest
from ledger.erasure.receipt import receipt, signed_document, write_receipt
from ledger.erasure.redaction import parsed
from ledger.erasure.services import erase_in_services
from ledger.erasure.streams import redact_archive, redact_dead_letters, redact_stream, rewrite_files
from ledger.reading import LedgerReader
from ratchet.command_line import Step
from ratchet.contract import (
    BEGINNING,
    CALLS,
    DECISIONS,
    EXAMPLES,
    EXPERIENCES,
    FEEDBACK,
    REWARDS,
    RUNS,
    STREAMS,
    TRACES,
    TrainingRequested,
    derived_id,
    utc_now,
)
from ratchet.delivery import Publisher
from ratchet.storage import bury

_TRACED = (CALLS, EXPERIENCES, FEEDBACK, DECISIONS, REWARDS, CALLS, EXAMPLES, TRACES, RUNS)
"""In the order in which data is derived: what comes later refers to what comes before.

A call of the user names a question, and a reward names the calls of its answer.
"""
_MOST_MODELS = 10_000


class UnknownSubject(LookupError):
    """No archive, stream or dead letter has data of the subject."""


@dataclass(frozen=True)
class ErasureTargets:
    """Where data is stored outside the services: server, archive, ledger and data directory.

    `key` is the path of the key that signs receipts.
    """

    redis: Redis
    store: ArchiveStore
    ledger: LedgerReader
    data_dir: Path
    key: Path

    @property
    def journal(self) -> ErasureJournal:
        return ErasureJournal(self.data_dir / "forgetting")


async def traced(targets: ErasureTargets, subject: Subject) -> Subject:
    """`subject` with every id that archive, streams and dead letters connect with it."""
    for stream in _TRACED:
        for file in await asyncio.to_thread(targets.store.files, stream.name):
            for row in await asyncio.to_thread(targets.store.read, file):
                _learn(subject, row.payload)
        async for row in rows_after(targets.redis, stream, BEGINNING):
            _learn(subject, row.payload)
        async for _, fields in entries(targets.redis, stream.dead_key):
            _learn(subject, fields.get(b"payload", b""))
    return subject


def _learn(subject: Subject, payload: bytes) -> None:
    message = parsed(payload)
    if message is not None:
        subject.learn(message)


async def carry_out(
    targets: ErasureTargets,
    request: ErasureRequest,
    deadline_s: float,
    step: Step,
    *,
    known: bool = True,
) -> dict[str, Any]:
    """Erase and return the receipt, which is on the disk.

    The services have `deadline_s` seconds for their parts. Raises `MissingAnswers`,
    `CorruptArchive`, `UnusableKey`, redis-py's errors and `OSError`; the request then stays in
    the journal, and another call continues it. Raises `UnknownSubject` if it is not `known` that
    there was data, and there is none.
    """
    async with targets.store.exclusive(targets.redis):
        step("looking for the data in archive and streams")
        for stream in STREAMS:
            await asyncio.to_thread(targets.store.recover, stream.name)
        await traced(targets, request.subject)
    if not known and not request.subject.found:
        raise UnknownSubject
    # Every step may be repeated, and none may be lost: the journal comes before the first one,
    # and the tombstones before the services erase, so that nothing is added again meanwhile.
    targets.journal.write(request)
    step(f"waiting for the services to erase their parts, {deadline_s:.0f} s at most")
    salt = await bury(targets.redis, request.subject.query_ids)
    erased: dict[str, Mapping[str, int] | str] = dict(
        await erase_in_services(targets.redis, request, deadline_s)
    )
    async with targets.store.exclusive(targets.redis):
        step("removing the data from streams and archive")
        # Trace again for what the services derived meanwhile. New questions of the user came
        # after the request and are not part of it.
        await traced(targets, replace(request.subject, user_id=None))
        targets.journal.write(request)
        erased |= await _redact(targets, request)
    step("waiting for Redis to rewrite its files")
    erased["server"] = await rewrite_files(targets.redis, deadline_s)
    models = await asyncio.to_thread(_models, targets.ledger, request.subject)
    record = receipt(request, salt, erased, models, utc_now())
    path = write_receipt(
        targets.data_dir / "receipts", request.request_id, signed_document(record, targets.key)
    )
    if request.retrain:
        await Publisher(targets.redis).publish_once(_retraining(request))
    targets.journal.finish(request)
    return {**record, "receipt": str(path)}


async def _redact(targets: ErasureTargets, request: ErasureRequest) -> dict[str, Mapping[str, int]]:
    """Redact streams, dead letters and archive; returns counts by stream."""
    totals: dict[str, dict[str, int]] = {"streams": {}, "dead_letters": {}, "archive": {}}
    # A service may publish a result of what it read before it erased. Repeat until one whole pass
    # has nothing to erase.
    while True:
        erased = 0
        for stream in STREAMS:
            counts = {
                "streams": await redact_stream(targets.redis, stream, request.subject),
                "dead_letters": await redact_dead_letters(targets.redis, stream, request.subject),
                "archive": await redact_archive(
                    targets.redis, targets.store, stream, request.subject
                ),
            }
            for name, count in counts.items():
                if count:
                    totals[name][stream.name] = totals[name].get(stream.name, 0) + count
            erased += sum(counts.values())
        if not erased:
            return {**totals}


def _models(ledger: LedgerReader, subject: Subject) -> list[str]:
    """Versions of models that were trained on the erased data."""
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
        reason="without the erased data",
    )
