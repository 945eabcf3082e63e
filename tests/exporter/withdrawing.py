"""Takes versions out of service whose alias a test has moved."""

import asyncio
from typing import Any

from prometheus_client import CollectorRegistry

from exporter.backends.registries.activation_journal import ActivationJournal
from exporter.backends.registries.local_registry import LocalRegistry
from exporter.metrics import ExporterMetrics
from exporter.ports import Registry
from exporter.registry.alias import Alias
from exporter.registry.retention import VersionRetention
from exporter.registry.withdrawal import Withdrawal
from ratchet.storage import ArtifactStore


def withdrawal(
    records: LocalRegistry, publisher: Any, server: Registry | None = None
) -> Withdrawal:
    """As in the service; the moves are in the directory of `records`."""
    directory = records.gguf("any").parent.parent
    return Withdrawal(
        name="m",
        records=records,
        server=server,
        alias=Alias(ActivationJournal(directory / "activations.json")),
        registering=asyncio.Lock(),
        retention=VersionRetention(ArtifactStore(directory.parent / "artifacts"), records, keep=2),
        publisher=publisher,
        metrics=ExporterMetrics(CollectorRegistry()),
    )
