"""Asks the trainer for its status now and then, so that no page waits for it."""

import asyncio
import logging

import httpx
from pydantic import ValidationError

from ingest.domain.command_center.trainer_facts import Trainer, TrainerFacts
from ratchet.contract import utc_now

_log = logging.getLogger(__name__)
_TIMEOUT_S = 3.0


class TrainerWatch:
    """`trainer` is what was heard last, with what is wrong now."""

    def __init__(self, url: str, every_s: float) -> None:
        self.trainer = Trainer()
        self._url = url
        self._every_s = every_s

    async def run(self) -> None:
        """Ask until cancelled."""
        async with httpx.AsyncClient(timeout=_TIMEOUT_S) as client:
            while True:
                self._hear(await self._asked(client))
                await asyncio.sleep(self._every_s)

    async def _asked(self, client: httpx.AsyncClient) -> TrainerFacts | str:
        """What it said, or why nothing was heard."""
        try:
            answer = (await client.get(f"{self._url}/status")).raise_for_status()
            told = answer.json()
            if not isinstance(told, dict) or told.get("service") != "trainer":
                return f"what answers at {self._url} is no trainer: see RATCHET_INGEST_TRAINER_URL"
            return TrainerFacts.model_validate(told)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            return (
                f"the trainer does not answer at {self._url} ({reason}): start it, "
                "or name it in RATCHET_INGEST_TRAINER_URL"
            )
        except ValueError as error:
            what = "its status is none that this version knows"
            kind = error.errors()[0]["loc"] if isinstance(error, ValidationError) else "no JSON"
            return f"the trainer at {self._url}: {what} ({kind})"

    def _hear(self, told: TrainerFacts | str) -> None:
        if isinstance(told, TrainerFacts):
            self.trainer = Trainer(told, utc_now(), None)
            return
        if told != self.trainer.problem:
            _log.warning(told)
        self.trainer = Trainer(self.trainer.facts, self.trainer.heard_at, told)
