"""What is in service is shown, whoever put it there, and whether its server answers."""

from prometheus_client import CollectorRegistry

from exporter.registry.monitor import RegistryMonitor
from exporter.registry.serving_metrics import ServingMetrics

from .conftest import Place
from .test_catching_up import Ollama


async def test_the_active_version_is_shown_as_it_moves(place: Place):
    registry = CollectorRegistry()
    server = Ollama(place.handler.server)
    monitor = RegistryMonitor("m", place.handler.records, server, ServingMetrics(registry))
    told = registry.get_sample_value
    await monitor.observe()
    assert told("ratchet_model_versions") == 0
    assert told("ratchet_model_active_bytes") == 0
    assert told("ratchet_model_server_up", {"server": "ollama"}) == 0

    server.away = False
    await place.deliver(place.checkpoint())
    await monitor.observe()
    version = await place.handler.records.active()
    assert version is not None
    assert told("ratchet_model_active_info", {"name": "m", "version": version}) == 1
    assert told("ratchet_model_active_bytes") == len(b"GGUF")
    assert told("ratchet_model_versions") == 1
    assert told("ratchet_model_server_up", {"server": "ollama"}) == 1
