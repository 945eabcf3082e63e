"""The only wiring of the exporter service."""

import asyncio

import httpx
from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import TIMEOUT
from exporter.domain.export_messages import StageDone
from exporter.domain.registry.lag import Lag
from exporter.erasure import CommandHandler
from exporter.export.child_processes import ChildExport
from exporter.handlers import CheckpointHandler
from exporter.metrics import ExporterMetrics
from exporter.registry.activation import ActivationHandler
from exporter.registry.alias import Alias
from exporter.registry.integrity import Soundness
from exporter.registry.monitor import Watching
from exporter.registry.reconciler import CatchingUp
from exporter.registry.retention import Retention
from exporter.registry.serving_metrics import ServedMetrics
from exporter.settings import ExporterSettings
from exporter.status import ExporterStatus
from ratchet.contract import CHECKPOINTS, COMMANDS, FORGOTTEN, MODELS
from ratchet.delivery import Consumer, RetryPolicy
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore
from ratchet.telemetry import StorageCollector, create_tracer


def create_app(settings: ExporterSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    registry.register(StorageCollector(settings.data_dir, settings.artifacts_dir))
    metrics = ExporterMetrics(registry)
    name = settings.exporter_model_name
    records = LocalRegistry(settings.data_dir / "registry", name)
    url = settings.exporter_ollama_url
    ollama = OllamaRegistry(httpx.AsyncClient(base_url=url, timeout=TIMEOUT), name) if url else None
    journal = ActivationJournal(settings.activation_journal)
    alias = Alias(journal)
    artifacts = ArtifactStore(settings.artifacts_dir)
    status = ExporterStatus(name, records, ollama, journal)

    def staged(done: StageDone) -> None:
        metrics.staged(done)
        status.staged(done)

    def lagging(lag: Lag) -> None:
        metrics.lagging(lag)
        status.lagging(lag)

    registering = asyncio.Lock()
    handler = CheckpointHandler(
        name=name,
        exporter=ChildExport(
            artifacts_dir=settings.artifacts_dir,
            cache_dir=settings.cache_path,
            work_dir=settings.data_dir / "work",
            quantization=settings.exporter_quantization,
            limits=settings.limits,
            sampling=settings.sampling,
            on_stage=staged,
        ),
        artifacts=artifacts,
        records=records,
        served_by=ollama,
        alias=alias,
        registering=registering,
        limits=settings.limits,
        retention=Retention(artifacts, records, settings.exporter_keep_versions),
        metrics=metrics,
    )
    activation = ActivationHandler(
        name=name,
        records=records,
        served_by=ollama,
        soundness=Soundness(artifacts, records),
        alias=alias,
        metrics=metrics,
        on_settled=status.settled,
    )
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    catching_up = CatchingUp(
        records=records,
        served_by=ollama,
        limits=settings.limits,
        alias=alias,
        registering=registering,
        retry=retry,
        on_lag=lagging,
    )
    watching = Watching(name, records, ollama, ServedMetrics(registry))
    service = Service(
        name="exporter",
        settings=settings,
        broker=create_broker(settings),
        redis=create_redis(settings),
        registry=registry,
        tracer=create_tracer("exporter", settings),
        consumers=[
            Consumer(
                CHECKPOINTS,
                "exporter",
                handler.handle,
                batch=1,
                retry=retry,
                stuck_after_s=settings.exporter_stuck_after_s,
            ),
            # A group of its own: what shares one takes turns, and an export may take an hour.
            Consumer(
                COMMANDS,
                "activation",
                CommandHandler(records, activation.handle).handle,
                batch=1,
                retry=retry,
                stuck_after_s=settings.exporter_stuck_after_s,
            ),
        ],
        background=[catching_up.run, watching.run],
        publishes=[MODELS, FORGOTTEN],
        status=status.facts,
    )
    return create_host(service)
