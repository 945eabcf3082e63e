"""What the exporter counts of its checkpoints, and how near the last export stayed."""

from typing import Any

from prometheus_client import CollectorRegistry

from exporter.domain.export_messages import ExportRefused
from exporter.metrics import ExporterMetrics
from ratchet.contract import Parity

from .conftest import Place
from .test_serving import GOOD, REFERENCE, Answers


async def test_the_parity_of_the_last_export_and_of_its_server_are_told(place: Place):
    registry = CollectorRegistry()
    place.handler.metrics = ExporterMetrics(registry)
    export = place.exporter.export_
    place.exporter.export_ = export.model_copy(update={"references": (REFERENCE,) * 3})
    server: Any = place.handler.server
    place.handler.server = Answers(server, GOOD)  # type: ignore[assignment]
    told = registry.get_sample_value

    await place.deliver(place.checkpoint(1))
    assert told("ratchet_exports_total", {"outcome": "registered"}) == 1
    assert told("ratchet_export_parity_top1_ratio") == export.parity.top1
    assert told("ratchet_export_parity_kl_nats") == export.parity.kl
    assert told("ratchet_served_parity_top1_ratio", {"target": "ollama"}) == 1
    for statistic in ("mean", "p99"):
        labels = {"target": "ollama", "statistic": statistic}
        assert told("ratchet_served_parity_kl_nats", labels) == 0

    far = Parity(top1=0.25, kl=2.5, tokens=10, template_equal=True)
    place.exporter.answers = [ExportRefused(reason="too far", parity=far)]
    await place.deliver(place.checkpoint(2))
    assert told("ratchet_exports_total", {"outcome": "refused"}) == 1
    assert told("ratchet_export_parity_top1_ratio") == 0.25
    assert told("ratchet_export_parity_kl_nats") == 2.5
