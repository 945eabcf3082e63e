"""A command to activate or roll back in; the alias moved, or the reason why not, out.

What takes long (hashing, asking Ollama) comes before the move. A redelivery finds the move of its
command in the alias's history and says the same again.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.domain.registry.activation_result import Decision, Refusal, Settled
from exporter.domain.registry.alias_history import Move, made_for, way_back
from exporter.metrics import ExporterMetrics
from exporter.ports import Records, Registry, RegistryKind, RegistryTrouble
from exporter.registry.alias import Alias
from exporter.registry.integrity import Soundness
from ratchet.contract import (
    ActivationRefused,
    ActivationRequested,
    Delivered,
    Done,
    Later,
    ModelActivated,
    ModelRolledBack,
    Outcome,
    RollbackRequested,
    State,
    derived_id,
    utc_now,
)

Command = ActivationRequested | RollbackRequested


@dataclass
class ActivationHandler:
    """`records` moves first, then `served_by`, where it answers; else it follows when it does.

    `on_settled` hears what became of every command.
    """

    name: str
    records: Records
    served_by: Registry | None
    soundness: Soundness
    alias: Alias
    metrics: ExporterMetrics
    on_settled: Callable[[Settled], None]

    async def handle(self, batch: Sequence[Delivered[Command]], state: State) -> Sequence[Outcome]:
        """Moves the alias for each command, or refuses it."""
        return [await self._settle(command) for command, _ in batch]

    async def _settle(self, command: Command) -> Outcome:
        began = time.perf_counter()
        answering = self.served_by
        if answering is not None and not await answering.available():
            answering = None
        async with self.alias.turn:
            try:
                decision = await self._decide(command, answering)
                decided = time.perf_counter()
                if isinstance(decision, Refusal):
                    return self._refused(command, decision)
                registries = [self.records, *([answering] if answering else [])]
                moved = await self.alias.carry_out(decision, registries)
            except (RegistryTrouble, OSError) as error:
                self._tell(command, outcome="later", reason=str(error))
                return Later(str(error))
        seconds = time.perf_counter() - decided
        self._tell(
            command,
            outcome="moved",
            version=decision.version,
            previous=decision.previous,
            registries=moved,
            checked_s=round(decided - began, 4),
            moved_s=round(seconds, 4),
        )
        return Done(emits=(self._moved(command, decision, moved),))

    async def _decide(self, command: Command, answering: Registry | None) -> Decision:
        moves = await self.alias.moves(self.records)
        if made := made_for(command.event_id, moves):
            return made
        version = await self._asked_for(command, moves)
        if isinstance(version, Refusal):
            return version
        if flaw := await self.soundness.flaw(version, answering):
            return Refusal(version=version, reason=flaw)
        return Move(
            cause=command.event_id,
            at=utc_now(),
            version=version,
            previous=moves[-1].version if moves else None,
            back=isinstance(command, RollbackRequested),
        )

    async def _asked_for(self, command: Command, moves: Sequence[Move]) -> str | Refusal:
        if isinstance(command, ActivationRequested):
            return command.version
        registered = await self.records.versions()
        version = way_back(moves, registered)
        if version is None:
            return Refusal(version=None, reason=_no_way_back(moves, registered))
        return version

    def _moved(
        self, command: Command, move: Move, registries: tuple[RegistryKind, ...]
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

    def _refused(self, command: Command, refusal: Refusal) -> Done:
        self._tell(command, outcome="refused", **refusal.model_dump())
        event = ActivationRefused(
            event_id=derived_id(command.event_id, "refused"),
            occurred_at=utc_now(),
            caused_by=command.event_id,
            name=self.name,
            version=refusal.version,
            reason=refusal.reason,
            requested_by=command.requested_by,
        )
        return Done(emits=(event,))

    def _tell(self, command: Command, **facts: Any) -> None:
        settled = Settled(
            event_id=command.event_id,
            command="activate" if isinstance(command, ActivationRequested) else "rollback",
            requested_by=command.requested_by,
            at=utc_now(),
            **facts,
        )
        self.metrics.settled(settled)
        self.on_settled(settled)


def _no_way_back(moves: Sequence[Move], registered: Sequence[str]) -> str:
    known = (
        f"`ratchet activate VERSION` takes what is registered: {', '.join(registered) or 'none'}"
    )
    if not moves:
        return f"no version has been active yet; {known}"
    return f"no registered version was active before {moves[-1].version}; {known}"
