"""The gateway's fields of `/status`."""

from dataclasses import dataclass
from typing import Any

from gateway.capture.publishing import SpoolPublisher
from gateway.metrics import GatewayMetrics
from gateway.settings import GatewaySettings
from gateway.spool.spool import CallSpool
from ratchet_edge.keys.access_status import AccessStatus


@dataclass(frozen=True)
class GatewayStatus:
    settings: GatewaySettings
    access: AccessStatus
    spool: CallSpool
    publishing: SpoolPublisher
    metrics: GatewayMetrics

    async def facts(self) -> dict[str, Any]:
        """`capture.problem` is why records wait, such as a Redis that does not answer."""
        return {
            "upstream": self.settings.gateway_upstream_url,
            "models": list(self.settings.gateway_models),
            "access": self.access.facts(),
            "capture": {
                "share": self.settings.gateway_capture_share,
                "experiences": self.settings.gateway_experiences,
                "spool_bytes": self.spool.size,
                "spool_limit_bytes": self.settings.gateway_spool_bytes,
                "lost": self.metrics.lost_by_reason(),
                "problem": self.publishing.problem,
            },
        }
