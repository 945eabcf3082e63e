"""Requests the trainer's status periodically, so that no page has to wait for it."""

import asyncio
import logging
import time
from collections.abc import Mapping
from dataclasses import replace

import httpx
from pydantic import ValidationError

from ingest.domain.command_center.trainer_facts import TrainerFacts, TrainerState
from ratchet.contract import Method, utc_now
from ratchet_text import split_credentials

_log = logging.getLogger(__name__)
_TIMEOUT_S = 3.0
_START_S = 120.0


class TrainerWatch:
    """`trainer` is the last status, with the current problem if there is one."""

    def __init__(self, url: str, every_s: float, minimums: Mapping[Method, int]) -> None:
        """`minimums` are those of `TrainerState`."""
        self.trainer = TrainerState(minimums)
        self._url, self._credentials = split_credentials(url)
        self._every_s = every_s
        self._quiet_until, self._logged = time.monotonic() + _START_S, ""

    async def run(self) -> None:
        """Runs until cancelled."""
        async with httpx.AsyncClient(auth=self._credentials, timeout=_TIMEOUT_S) as client:
            while True:
                self._update(await self._request(client))
                await asyncio.sleep(self._every_s)

    async def _request(self, client: httpx.AsyncClient) -> TrainerFacts | str:
        """The status, or the problem."""
        try:
            response = (await client.get(f"{self._url}/status")).raise_for_status()
            status = response.json()
            if not isinstance(status, dict) or status.get("service") != "trainer":
                return f"{self._url} is not a trainer: check RATCHET_INGEST_TRAINER_URL"
            return TrainerFacts.model_validate(status)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            return (
                f"the trainer does not answer at {self._url} ({reason}): start it, "
                "or set its address in RATCHET_INGEST_TRAINER_URL"
            )
        except ValueError as error:
            kind = error.errors()[0]["loc"] if isinstance(error, ValidationError) else "no JSON"
            return (
                f"the trainer at {self._url} has a status that this release cannot read ({kind}): "
                "update both to the same release"
            )

    def _update(self, status: TrainerFacts | str) -> None:
        if isinstance(status, TrainerFacts):
            self.trainer = replace(self.trainer, facts=status, received_at=utc_now(), problem=None)
            self._quiet_until, self._logged = 0.0, ""
            return
        self.trainer = replace(self.trainer, problem=status)
        # Both start at the same time, and a page shows the problem.
        if status != self._logged and time.monotonic() > self._quiet_until:
            _log.warning(status)
            self._logged = status
