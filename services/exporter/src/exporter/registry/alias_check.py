"""Checks that the server of the alias's file answers as the active version.

Such a server reads `latest/model.gguf` when it starts or is told to reload. Which version it has
read only its answers show, so a version becomes active before it can be checked.
"""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.confirmed_version import ConfirmedVersion
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.parity.served import ExpectedAnswers
from exporter.domain.registry.lag import AliasServerState
from exporter.ports import RegistryError
from exporter.registry.openai_parity import openai_parity
from exporter.registry.registration import described, expected_answers
from exporter.registry.withdrawal import Withdrawal
from ratchet.contract import ServedParity
from ratchet.delivery import RetryPolicy
from ratchet.processes import every

_log = logging.getLogger(__name__)
_EVERY_S = 1.0
_LONGEST_WAIT_S = 60.0
_CERTAIN = 2
"""Checks in a row: a server may reload between the questions of one."""


class _Finding(NamedTuple):
    """`problem` is why the answers are not those of the active version.

    `wrong` is whether they are those of no version that is registered.
    """

    problem: str | None = None
    parity: ServedParity | None = None
    wrong: bool = False


@dataclass
class AliasCheck:
    """A background task. `on_state` receives the outcome of every attempt.

    A version that the server has read and serves wrongly is withdrawn: the alias moves back to the
    version that the server answered as before.
    """

    records: LocalRegistry
    server: AliasServer
    limits: dict[Quantization, ParityLimits]
    retry: RetryPolicy
    on_state: Callable[[AliasServerState], None]
    confirmed: ConfirmedVersion
    withdrawal: Withdrawal
    clock: Callable[[], float] = time.monotonic
    _active: str | None = None
    _reloaded: bool = False
    _failures: int = 0
    _wrong: int = 0
    _due: float = 0.0
    _state: AliasServerState = field(default_factory=AliasServerState)

    async def run(self) -> None:
        """Run until cancelled; logs errors of the registry and of Redis, and continues."""
        await every(_EVERY_S, self.check, "the server of the alias cannot be checked")

    async def check(self) -> None:
        """Ask the server, unless it has answered as the active version or was asked just now.

        Raises `OSError` and redis-py's errors.
        """
        active = await self.records.active()
        if active != self._active:
            await self.withdrawal.finish()
            self._active, self._reloaded = active, False
            self._failures, self._wrong, self._due = 0, 0, 0.0
            self._report(AliasServerState())
        if active is None or active == self._state.version or self.clock() < self._due:
            return
        try:
            found = await self._asked(active)
            if found.problem and self.server.reloads and not self._reloaded:
                await self.server.reload()
                self._reloaded = True
                found = await self._asked(active)
        except RegistryError as error:
            found = _Finding(str(error))
        self._wrong = self._wrong + 1 if found.wrong else 0
        if found.problem is None:
            self.confirmed.write(active)
            self._report(AliasServerState(version=active, parity=found.parity))
            return
        self._wait(found)
        if self._wrong >= _CERTAIN and found.parity is not None:
            await self._withdraw(active, found.parity, found.problem)

    async def _withdraw(self, active: str, parity: ServedParity, problem: str) -> None:
        """Unless there is no version to go back to, or the server served that one wrongly too."""
        before = self.confirmed.read()
        if before == active:
            self.confirmed.write(None)
        elif before is not None and await self._expected(before) is not None:
            await self.withdrawal.withdraw(active, before, parity, problem)

    async def _asked(self, version: str) -> _Finding:
        expected = await self._expected(version)
        if expected is None:
            return _Finding(f"{version} has no recorded answers, so the server cannot be checked")
        others = {
            other: answers
            for other in await self.records.versions()
            if other != version and (answers := await self._expected(other))
        }
        parity = await openai_parity(self.server, "openai", expected, others)
        if not parity.faults:
            return _Finding(parity=parity)
        reason = f"the server does not answer as {version}: {described(parity)}"
        return _Finding(reason, parity, not await self._answers_as_one_of(others.values()))

    async def _answers_as_one_of(self, versions: Iterable[ExpectedAnswers]) -> bool:
        for expected in versions:
            if not (await openai_parity(self.server, "openai", expected)).faults:
                return True
        return False

    async def _expected(self, version: str) -> ExpectedAnswers | None:
        record = await self.records.readable_record(version)
        if record is None or not record.export.references:
            return None
        return expected_answers(record, self.limits)

    def _wait(self, found: _Finding) -> None:
        self._failures += 1
        wait_s = min(_LONGEST_WAIT_S, self.retry.wait_s(self._failures))
        self._due = self.clock() + wait_s
        model = self.server.model
        first = "correct its chat template and options, then " if found.wrong else ""
        remedy = f"{first}restart it with the file {model}/latest/model.gguf as {model}"
        problem = f"{found.problem}; {remedy}"
        self._report(AliasServerState(problem=problem, wait_s=wait_s, parity=found.parity))

    def _report(self, state: AliasServerState) -> None:
        if state.version:
            _log.info("the server answers as %s", state.version)
        if state.problem and state.problem != self._state.problem:
            _log.warning("%s is pending: %s", self._active, state.problem)
        self._state = state
        self.on_state(state)
