"""Handles requests to erase questions: recorded answers of registered models are erased."""

import asyncio

from exporter.backends.registries.local_registry import LocalRegistry
from ratchet.contract import Done, ForgetRequested, Forgotten, Later, Outcome


async def erase(records: LocalRegistry, request: ForgetRequested) -> Outcome:
    """Erase the answers of models trained on erased examples; `Later` if the disk fails."""
    try:
        erased = await asyncio.to_thread(records.erase_answers, frozenset(request.run_ids))
    except OSError as error:
        return Later(str(error))
    return Done(emits=(Forgotten.answering(request, "exporter", {"records": erased}),))
