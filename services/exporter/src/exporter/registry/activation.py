"""Handles commands to activate a version or to roll back.

Hashing and requests to Ollama, which take long, come before the move. A redelivered command finds
its own move in the alias history, or its refusal, and publishes the same event again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.refused_commands import RefusedCommands
from exporter.domain.registry.alias_history import (
    ActivationDecision,
    ActivationRefusal,
    ActivationResult,
    Move,
    made_for,
    way_back,
)
from exporter.metrics import ExporterMetrics
from exporter.ports import Registry, RegistryError
from exporter.registry.alias import Alias
from exporter.registry.integrity import IntegrityCheck
from ratchet.contract import (
    ActivationRefused,
    ActivationRequested,
    Done,
    Later,
    ModelActivated,
    ModelRolledBack,
    Outcome,
    RegistryKind,
    RollbackRequested,
    derived_id,
    utc_now,
)

AliasCommand = ActivationRequested | RollbackRequested


@dataclass
class ActivationHandler:
    """Moves the alias of `records` first, then that of `server` if it is available.

    An unavailable server's alias is moved later, by `RegistryReconciler`. `on_result` receives
    the result of every command.
    """

    name: str
    records: LocalRegistry
    server: Registry | None
    integrity: IntegrityCheck
    alias: Alias
    refusals: RefusedCommands
    metrics: ExporterMetrics
    on_result: Callable[[ActivationResult], None]

    async def handle(self, command: AliasCommand) -> Outcome:
        """Move the alias, or refuse the command."""
        began = time.perf_counter()
        server = self.server
        if server is not None and not await server.available():
            server = None
        async with self.alias.lock:
            try:
                decision = await self._decide(command, server)
                decided = time.perf_counter()
                if isinstance(decision, ActivationRefusal):
                    return self._refused(command, decision)
                registries = [self.records, *([server] if server else [])]
                moved = await self.alias.carry_out(decision, registries)
            except (RegistryError, OSError) as error:
                self._report(command, outcome="later", reason=str(error))
                return Later(str(error))
        seconds = time.perf_counter() - decided
        self._report(
            command,
            outcome="moved",
            version=decision.version,
            previous=decision.previous,
            registries=moved,
            checked_s=round(decided - began, 4),
            moved_s=round(seconds, 4),
        )
        return Done(emits=(self._moved(command, decision, moved),))

    async def _decide(self, command: AliasCommand, server: Registry | None) -> ActivationDecision:
        moves = await self.alias.moves(self.records)
        if made := made_for(command.event_id, moves):
            return made
        # Its cause may be gone: carried out now, the command would undo what others did since.
        if refused := made_for(command.event_id, self.refusals.read()):
            return refused
        version = await self._target(command, moves)
        if version is None:
            registered = await self.records.versions()
            return self._refuse(command, None, _no_way_back(moves, registered))
        if problem := await self.integrity.problem(version, server):
            return self._refuse(command, version, problem)
        return Move(
            cause=command.event_id,
            at=utc_now(),
            version=version,
            previous=moves[-1].version if moves else None,
            back=isinstance(command, RollbackRequested),
        )

    async def _target(self, command: AliasCommand, moves: Sequence[Move]) -> str | None:
        """The version that the command requests; None if there is none to roll back to."""
        if isinstance(command, ActivationRequested):
            return command.version
        return way_back(moves, await self.records.versions())

    def _refuse(self, command: AliasCommand, version: str | None, why: str) -> ActivationRefusal:
        refusal = ActivationRefusal(
            cause=command.event_id, at=utc_now(), version=version, reason=why
        )
        self.refusals.append(refusal)
        return refusal

    def _moved(
        self, command: AliasCommand, move: Move, registries: tuple[RegistryKind, ...]
    ) -> ModelActivated | ModelRolledBack:
        facts = {
            "event_id": derived_id(command.event_id, "moved"),
            "occurred_at": move.at,
            "caused_by": command.event_id,
            "name": self.name,
            "version": move.version,
            "previous": move.previous,
            "requested_by": command.requested_by,
            "reason": command.reason,
            "registries": registries,
        }
        kind = ModelRolledBack if move.back else ModelActivated
        return kind.model_validate(facts)

    def _refused(self, command: AliasCommand, refusal: ActivationRefusal) -> Done:
        self._report(command, outcome="refused", version=refusal.version, reason=refusal.reason)
        event = ActivationRefused(
            event_id=derived_id(command.event_id, "refused"),
            occurred_at=refusal.at,
            caused_by=command.event_id,
            name=self.name,
            version=refusal.version,
            reason=refusal.reason,
            requested_by=command.requested_by,
        )
        return Done(emits=(event,))

    def _report(self, command: AliasCommand, **facts: Any) -> None:
        result = ActivationResult(
            event_id=command.event_id,
            command="activate" if isinstance(command, ActivationRequested) else "rollback",
            requested_by=command.requested_by,
            at=utc_now(),
            **facts,
        )
        self.metrics.record_activation(result)
        self.on_result(result)


def _no_way_back(moves: Sequence[Move], registered: Sequence[str]) -> str:
    remedy = f"run `ratchet activate VERSION`; registered: {', '.join(registered) or 'none'}"
    if not moves:
        return f"no version has been active yet; {remedy}"
    return f"no registered version was active before {moves[-1].version}; {remedy}"
