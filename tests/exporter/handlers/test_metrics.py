"""Metrics of checkpoints and of the last export."""

from exporter.domain.export_messages import ExportRefused
from ratchet.contract import Parity

from .conftest import Checkpoints
from .stand_ins import REFERENCE, FixedAnswers


async def test_the_metrics_have_the_parity_of_the_last_export_and_of_its_server(
    checkpoints: Checkpoints,
) -> None:
    checkpoints.exporter.change(references=(REFERENCE,) * 3)
    checkpoints.handler.server = FixedAnswers(checkpoints.registries.ollama)
    parity = checkpoints.exporter.template.parity
    sample = checkpoints.registries.samples.get_sample_value

    await checkpoints.deliver(checkpoints.checkpoint(1))
    assert sample("ratchet_exports_total", {"outcome": "registered"}) == 1
    assert sample("ratchet_export_parity_top1_ratio") == parity.top1
    assert sample("ratchet_export_parity_kl_nats") == parity.kl
    assert sample("ratchet_served_parity_top1_ratio", {"target": "ollama"}) == 1
    for statistic in ("mean", "p99"):
        labels = {"target": "ollama", "statistic": statistic}
        assert sample("ratchet_served_parity_kl_nats", labels) == 0

    far = Parity(top1=0.25, kl=2.5, tokens=10, template_equal=True)
    checkpoints.exporter.results = [ExportRefused(reason="too far", parity=far)]
    await checkpoints.deliver(checkpoints.checkpoint(2))
    assert sample("ratchet_exports_total", {"outcome": "refused"}) == 1
    assert sample("ratchet_export_parity_top1_ratio") == 0.25
    assert sample("ratchet_export_parity_kl_nats") == 2.5
