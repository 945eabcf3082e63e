"""Handles requests to erase questions: recorded answers of registered models are erased."""

import asyncio

from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import Done, ForgetRequested, Forgotten, Later, Outcome, Unavailable


async def erase(records: LocalRegistry, request: ForgetRequested) -> Outcome:
    """Erase the answers of models trained on erased examples; `Later` if the disk fails.

    Raises `Unavailable` while a record that may be concerned is damaged: the request waits then, as
    long as it takes, and others are handled.
    """
    try:
        erased = await asyncio.to_thread(records.erase_answers, frozenset(request.run_ids))
    except Unavailable:
        raise
    except OSError as error:
        return Later(str(error))
    return Done(emits=(Forgotten.answering(request, "exporter", {"records": erased}),))
