"""Metrics of the active version and of the server."""

from prometheus_client import CollectorRegistry

from exporter.metrics import ServingMetrics
from exporter.registry.monitor import RegistryMonitor

from .conftest import Checkpoints
from .stand_ins import FixedAnswers


async def test_the_metrics_follow_the_active_version(checkpoints: Checkpoints) -> None:
    registry = CollectorRegistry()
    server = FixedAnswers(checkpoints.registries.ollama, up=False)
    monitor = RegistryMonitor("m", checkpoints.registries.local, server, ServingMetrics(registry))
    sample = registry.get_sample_value
    await monitor.observe()
    assert sample("ratchet_model_versions") == 0
    assert sample("ratchet_model_active_bytes") == 0
    assert sample("ratchet_model_server_up", {"server": "ollama"}) == 0

    server.up = True
    await checkpoints.deliver(checkpoints.checkpoint())
    await monitor.observe()
    version = await checkpoints.active()
    assert version is not None
    assert sample("ratchet_model_active_info", {"name": "m", "version": version}) == 1
    assert sample("ratchet_model_active_bytes") == len(checkpoints.exporter.model)
    assert sample("ratchet_model_versions") == 1
    assert sample("ratchet_model_server_up", {"server": "ollama"}) == 1
