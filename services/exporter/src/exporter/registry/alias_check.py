"""Checks that the server of the alias's file answers as the active version.

Such a server reads `latest/model.gguf` when it starts or is told to reload. Which version it has
read only its answers show, so a version becomes active before it can be checked.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.parity.served import ExpectedAnswers
from exporter.domain.registry.lag import AliasServerState
from exporter.ports import RegistryError
from exporter.registry.openai_parity import openai_parity
from exporter.registry.registration import described, expected_answers
from ratchet.contract import ServedParity
from ratchet.delivery import RetryPolicy
from ratchet.processes import every

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_LONGEST_WAIT_S = 60.0


@dataclass
class AliasCheck:
    """A background task. `on_state` receives the outcome of every attempt."""

    records: LocalRegistry
    server: AliasServer
    limits: dict[Quantization, ParityLimits]
    retry: RetryPolicy
    on_state: Callable[[AliasServerState], None]
    clock: Callable[[], float] = time.monotonic
    _active: str | None = None
    _reloaded: bool = False
    _failures: int = 0
    _due: float = 0.0
    _state: AliasServerState = field(default_factory=AliasServerState)

    async def run(self) -> None:
        """Run until cancelled; logs errors of the registry and continues."""
        await every(_EVERY_S, self.check, "the active version cannot be read", (OSError,))

    async def check(self) -> None:
        """Ask the server, unless it has answered as the active version or was asked just now.

        Raises `OSError`.
        """
        active = await self.records.active()
        if active != self._active:
            self._active, self._reloaded, self._failures, self._due = active, False, 0, 0.0
            self._report(AliasServerState())
        if active is None or active == self._state.version or self.clock() < self._due:
            return
        parity: ServedParity | None = None
        try:
            parity, problem = await self._asked(active)
            if problem and self.server.reloads and not self._reloaded:
                await self.server.reload()
                self._reloaded = True
                parity, problem = await self._asked(active)
        except RegistryError as error:
            problem = str(error)
        if problem is None:
            self._report(AliasServerState(version=active, parity=parity))
        else:
            self._wait(problem, parity)

    async def _asked(self, version: str) -> tuple[ServedParity | None, str | None]:
        """How the answers agree, and why they are not those of `version`."""
        expected = await self._expected(version)
        if expected is None:
            return None, f"{version} has no recorded answers, so the server cannot be checked"
        others = {
            other: answers
            for other in await self.records.versions()
            if other != version and (answers := await self._expected(other))
        }
        parity = await openai_parity(self.server, "openai", expected, others)
        reason = f"the server does not answer as {version}: {described(parity)}"
        return parity, reason if parity.faults else None

    async def _expected(self, version: str) -> ExpectedAnswers | None:
        record = await self.records.readable_record(version)
        if record is None or not record.export.references:
            return None
        return expected_answers(record, self.limits)

    def _wait(self, problem: str, parity: ServedParity | None) -> None:
        self._failures += 1
        wait_s = min(_LONGEST_WAIT_S, self.retry.wait_s(self._failures))
        self._due = self.clock() + wait_s
        model = self.server.model
        problem = f"{problem}; restart it with the file {model}/latest/model.gguf as {model}"
        self._report(AliasServerState(problem=problem, wait_s=wait_s, parity=parity))

    def _report(self, state: AliasServerState) -> None:
        if state.version:
            _log.info("the server answers as %s", state.version)
        if state.problem and state.problem != self._state.problem:
            _log.warning("%s is pending: %s", self._active, state.problem)
        self._state = state
        self.on_state(state)
