"""Handles `CheckpointReady`: exports, registers and activates the model, or refuses it.

Registering and moving the alias are idempotent by version and happen before the event is
acknowledged: a redelivery after a crash skips the steps that were completed.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from exporter.backends.registries.local_registry import LocalRegistry
from exporter.domain.export_messages import ExportRefused
from exporter.domain.parity.quantization import ParityLimits, Quantization
from exporter.domain.registry.alias_history import Move, made_for, newest
from exporter.domain.registry.record import ModelRecord
from exporter.domain.registry.version import may_follow, version_tag
from exporter.export.child_processes import ExportInterrupted, ExportProcesses
from exporter.metrics import ExporterMetrics
from exporter.ports import Registry, RegistryError
from exporter.registry.alias import Alias
from exporter.registry.registration import RegistrationRefused, register_and_check, withdraw
from exporter.registry.retention import VersionRetention
from ratchet.contract import (
    CheckpointReady,
    Done,
    FormatTried,
    Invalid,
    Later,
    ModelActivated,
    ModelRefused,
    ModelRegistered,
    Outcome,
    Parity,
    ServedParity,
    derived_id,
    utc_now,
)
from ratchet.storage import ArtifactCorrupt, ArtifactMissing, ArtifactStore
from ratchet_models import AdapterManifest

_log = logging.getLogger(__name__)


@dataclass
class CheckpointHandler:
    """Registers each model in `records`, and in `server` if it is available.

    `registering` is held while versions are registered or removed. `limits` apply to a server's
    answers, by format.
    """

    name: str
    exporter: ExportProcesses
    artifacts: ArtifactStore
    records: LocalRegistry
    server: Registry | None
    alias: Alias
    registering: asyncio.Lock
    limits: dict[Quantization, ParityLimits]
    retention: VersionRetention
    metrics: ExporterMetrics

    async def handle(self, checkpoint: CheckpointReady) -> Outcome:
        """Register and activate the model of the checkpoint, or refuse it."""
        try:
            version = version_tag(checkpoint)
            record = await self.records.record(version)
            if record is None:
                outcome = await self._export(checkpoint, version)
                if not isinstance(outcome, ModelRecord):
                    return outcome
                record = outcome
            async with self.registering:
                return await self._register(checkpoint, record)
        except (ArtifactCorrupt, ValidationError) as error:
            return Invalid(str(error))
        except (ArtifactMissing, ExportInterrupted, RegistryError, OSError) as error:
            return Later(str(error))

    async def _export(
        self, checkpoint: CheckpointReady, version: str
    ) -> ModelRecord | Done | Invalid:
        path = await asyncio.to_thread(self.artifacts.verified, checkpoint.manifest)
        manifest = AdapterManifest.model_validate_json(path.read_bytes())
        if manifest.references is None:
            return Invalid("the manifest has no reference answers to compare with: train again")
        outcome = await self.exporter.export(version, manifest)
        if isinstance(outcome, ExportRefused):
            return self._refused(checkpoint, outcome.message, outcome.parity, outcome.tried)
        return ModelRecord(
            name=self.name,
            version=version,
            run_id=checkpoint.run_id,
            manifest=checkpoint.manifest,
            checkpoint_at=checkpoint.occurred_at,
            base_model=manifest.base_model,
            base_sha256=manifest.base_sha256,
            dataset_sha256=manifest.dataset_sha256,
            before=manifest.before,
            after=manifest.after,
            export=outcome.export,
        )

    async def _register(self, checkpoint: CheckpointReady, record: ModelRecord) -> Done:
        export, version = record.export, record.version
        registries: list[Registry] = [self.records]
        known = await self.records.record(version) is not None
        if self.server is not None and await self.server.available():
            registries.append(self.server)
        gguf = self.artifacts.path(export.gguf)
        served: ServedParity | None = None
        for registry in registries:
            outcome = await register_and_check(registry, record, gguf, self.limits)
            served = outcome.parity or served
            if not isinstance(outcome, RegistrationRefused):
                continue
            if known and registry is self.server and outcome.unjudged:
                # Registered while there was no server: the reconciler reports why it lacks it.
                registries.remove(registry)
                break
            await withdraw(registries, version, outcome.reason)
            await self.retention.discard(record)
            return self._refused(checkpoint, outcome.reason, export.parity, export.tried, served)
        registered = ModelRegistered(
            event_id=derived_id(checkpoint.event_id, "registered"),
            occurred_at=utc_now(),
            caused_by=checkpoint.event_id,
            run_id=record.run_id,
            name=self.name,
            version=version,
            registry=registries[-1].kind,
            quantization=export.quantization,
            gguf=export.gguf,
            parity=export.parity,
            smoke_answer=export.smoke_answer,
            seconds=round(sum(export.seconds.values()), 3),
            tried=export.tried,
            served=served,
        )
        self.metrics.exports.labels("registered").inc()
        _log.info("registered %s as %s", version, export.quantization)
        self.metrics.record_parity(export.parity, served)
        async with self.alias.lock:
            activated = await self._activate(checkpoint, version, registries)
        return Done(emits=(registered, activated) if activated else (registered,))

    async def _activate(
        self, checkpoint: CheckpointReady, version: str, registries: Sequence[Registry]
    ) -> ModelActivated | None:
        moves = await self.alias.moves(self.records)
        move = made_for(checkpoint.event_id, moves)
        if move is None:
            if not may_follow(version, newest(moves)):
                return None
            previous = moves[-1].version if moves else None
            move = Move(cause=checkpoint.event_id, at=utc_now(), version=version, previous=previous)
        moved = await self.alias.carry_out(move, registries)
        await self.retention.remove_surplus(registries, await self.alias.moves(self.records))
        return ModelActivated(
            event_id=derived_id(checkpoint.event_id, "activated"),
            occurred_at=move.at,
            caused_by=checkpoint.event_id,
            name=self.name,
            version=version,
            previous=move.previous,
            registries=moved,
        )

    def _refused(
        self,
        checkpoint: CheckpointReady,
        reason: str,
        parity: Parity | None,
        tried: tuple[FormatTried, ...],
        served: ServedParity | None = None,
    ) -> Done:
        self.metrics.exports.labels("refused").inc()
        _log.warning("refused the model of run %s: %s", checkpoint.run_id, reason)
        self.metrics.record_parity(parity, served)
        refused = ModelRefused(
            event_id=derived_id(checkpoint.event_id, "refused"),
            occurred_at=utc_now(),
            caused_by=checkpoint.event_id,
            run_id=checkpoint.run_id,
            reason=reason,
            parity=parity,
            tried=tried,
            served=served,
        )
        return Done(emits=(refused,))
