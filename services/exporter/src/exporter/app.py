"""The only wiring of the exporter service."""

import asyncio
from functools import partial

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.alias_server import AliasServer
from exporter.backends.registries.confirmed_version import ConfirmedVersion
from exporter.backends.registries.ollama import OllamaRegistry
from exporter.backends.registries.ollama_api import ollama_client
from exporter.backends.registries.refused_commands import RefusedCommands
from exporter.backends.registries.served_directory import local_registry
from exporter.domain.export_messages import StageDone
from exporter.domain.registry.lag import AliasServerState, ServerLag
from exporter.erasure import erase
from exporter.export.base_trial import BaseTrial
from exporter.export.child_processes import ExportProcesses
from exporter.export.trial_requests import TrialRequests
from exporter.handlers import CheckpointHandler
from exporter.metrics import ExporterMetrics, ServingMetrics
from exporter.registry.activation import ActivationHandler
from exporter.registry.alias import Alias
from exporter.registry.alias_check import AliasCheck
from exporter.registry.integrity import IntegrityCheck
from exporter.registry.monitor import RegistryMonitor
from exporter.registry.reconciler import RegistryReconciler
from exporter.registry.retention import VersionRetention
from exporter.registry.trial_registration import trial_servers
from exporter.registry.withdrawal import Withdrawal
from exporter.settings import ExporterSettings
from exporter.status import ExporterStatus
from ratchet.contract import (
    CHECKPOINTS,
    COMMANDS,
    FORGOTTEN,
    MODELS,
    ActivationRequested,
    BaseTrialRequested,
    CheckpointReady,
    ForgetRequested,
    RollbackRequested,
)
from ratchet.delivery import Consumer, Publisher, RetryPolicy, one_by_one
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore
from ratchet.telemetry import StorageCollector, create_tracing


def create_app(settings: ExporterSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    registry.register(StorageCollector(settings.data_dir, settings.artifacts_dir))
    metrics = ExporterMetrics(registry)
    name = settings.exporter_model_name
    root = settings.data_dir / "registry"
    records = local_registry(root, name, settings.exporter_llama_server_url)
    url = settings.exporter_ollama_url
    ollama = OllamaRegistry(ollama_client(url), name) if url else None
    journal = ActivationJournal(settings.activation_journal)
    alias = Alias(journal)
    artifacts = ArtifactStore(settings.artifacts_dir)
    status = ExporterStatus(name, records, ollama, journal)

    def on_stage(done: StageDone) -> None:
        metrics.record_stage(done)
        status.last_stage = done

    def on_lag(lag: ServerLag) -> None:
        metrics.record_lag(lag)
        status.lag = lag

    def on_state(state: AliasServerState) -> None:
        metrics.record_alias_server(state)
        status.alias_server = state

    registering = asyncio.Lock()
    retention = VersionRetention(artifacts, records, settings.exporter_keep_versions)
    handler = CheckpointHandler(
        name=name,
        exporter=ExportProcesses(settings, on_stage),
        artifacts=artifacts,
        records=records,
        server=ollama,
        alias=alias,
        registering=registering,
        limits=settings.limits,
        retention=retention,
        metrics=metrics,
    )
    trials = TrialRequests(BaseTrial(settings, trial_servers(settings), "service", registering))
    activation = ActivationHandler(
        name=name,
        records=records,
        server=ollama,
        integrity=IntegrityCheck(artifacts, records),
        alias=alias,
        refusals=RefusedCommands(settings.refused_commands),
        metrics=metrics,
        on_result=status.commands.append,
    )
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    reconciler = RegistryReconciler(
        records=records,
        server=ollama,
        limits=settings.limits,
        alias=alias,
        registering=registering,
        retry=retry,
        on_lag=on_lag,
    )
    monitor = RegistryMonitor(name, records, ollama, ServingMetrics(registry))
    background = [reconciler.run, monitor.run]
    redis = create_redis(settings)
    if settings.exporter_server_url:
        address = settings.exporter_server_url
        check = AliasCheck(
            records=records,
            server=AliasServer(address, name, settings.exporter_server_reload_url),
            limits=settings.limits,
            retry=retry,
            on_state=on_state,
            confirmed=ConfirmedVersion(root / name / "confirmed"),
            withdrawal=Withdrawal(
                name=name,
                records=records,
                server=ollama,
                alias=alias,
                registering=registering,
                retention=retention,
                publisher=Publisher(redis),
                metrics=metrics,
            ),
        )
        background.append(check.run)
    consumer = partial(
        Consumer, batch=1, retry=retry, stuck_after_s=settings.exporter_stuck_after_s
    )
    service = Service(
        name="exporter",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        tracing=create_tracing("exporter", settings),
        consumers=[
            consumer(
                CHECKPOINTS,
                "exporter",
                {
                    CheckpointReady: one_by_one(handler.handle),
                    BaseTrialRequested: one_by_one(trials.handle),
                },
            ),
            # A consumer group of its own, so that a command does not wait for an export, which may
            # take an hour.
            consumer(
                COMMANDS,
                "activation",
                {
                    ActivationRequested: one_by_one(activation.handle),
                    RollbackRequested: one_by_one(activation.handle),
                    ForgetRequested: one_by_one(partial(erase, records)),
                },
            ),
        ],
        background=background,
        publishes=[MODELS, FORGOTTEN],
        status=status.facts,
    )
    return create_host(service)
