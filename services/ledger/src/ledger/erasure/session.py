"""Previews and carries out erasures on one system, which its settings locate."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.exceptions import RedisError

from ledger.archive.filesystems import InvalidArchiveUrl
from ledger.archive.store import ArchiveStore, CorruptArchive
from ledger.backends.database import open_for_reading
from ledger.domain.erasure import Subject
from ledger.erasure.erasure import ErasureTargets, carry_out, traced
from ledger.erasure.journal import ErasureRequest
from ledger.erasure.services import MissingAnswers
from ledger.reading import LedgerReader
from ledger.settings import LedgerSettings
from ratchet.command_line import Step
from ratchet.service import create_redis
from ratchet.storage.signing_keys import UnusableKey
from ratchet_text import known_as

_log = logging.getLogger(__name__)
ERASURE_ERRORS = (
    InvalidArchiveUrl,
    CorruptArchive,
    MissingAnswers,
    UnusableKey,
    RedisError,
    OSError,
)


async def preview(settings: LedgerSettings, subject: Subject) -> dict[str, int]:
    """The numbers of questions, examples and runs that an erasure of `subject` concerns."""
    async with _targets(settings) as targets:
        subject = await traced(targets, subject)
    return {
        "questions": len({known_as(name) for name in subject.query_ids}),
        "examples": len(subject.example_ids),
        "runs": len(subject.run_ids),
    }


async def erase(
    settings: LedgerSettings, request: ErasureRequest, deadline_s: float, step: Step
) -> dict[str, Any]:
    """Complete `request` and those that were interrupted; returns the receipt of `request`.

    Raises `UnknownSubject` and one of `ERASURE_ERRORS`; an interrupted request stays in the
    journal, and one that still waits for a service does not hold up the others.
    """
    async with _targets(settings) as targets:
        interrupted = targets.journal.unfinished()
        # An interrupted erasure of the same subject may have left nothing of it.
        known = any(
            (one.user_id, one.query_id) == (request.user_id, request.query_id)
            for one in interrupted
        )
        try:
            return await carry_out(targets, request, deadline_s, step, known=known)
        finally:
            for earlier in interrupted:
                try:
                    await carry_out(targets, earlier, deadline_s, step)
                except MissingAnswers as error:
                    _log.warning("an earlier request is not complete: %s", error)


@asynccontextmanager
async def _targets(settings: LedgerSettings) -> AsyncIterator[ErasureTargets]:
    store = ArchiveStore(settings.archive_place)
    engine = open_for_reading(settings.ledger_database)
    try:
        async with create_redis(settings) as redis:
            yield ErasureTargets(
                redis,
                store,
                LedgerReader(engine),
                settings.data_dir,
                settings.data_dir / "keys" / "bundle.pem",
            )
    finally:
        engine.dispose()
