"""The only wiring of the gateway."""

import logging
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.metrics import GatewayMetrics
from gateway.request_layers import request_layers
from gateway.settings import GatewaySettings
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.telemetry import create_tracing
from ratchet_edge.http_protocol import refused_connections
from ratchet_edge.keys.access_status import AccessStatus
from ratchet_edge.keys.key_file import KeyFile
from ratchet_edge.keys.key_ring import KeyRing

_log = logging.getLogger(__name__)


def create_app(settings: GatewaySettings) -> Any:
    access = AccessStatus(KeyRing(KeyFile(settings.data_dir)), settings.host)
    _log.info(access.summary())
    registry = CollectorRegistry()
    registry.register(refused_connections)
    metrics = GatewayMetrics(registry)
    tracing = create_tracing("gateway", settings)

    async def status() -> dict[str, Any]:
        return {"upstream": settings.gateway_upstream_url, "access": access.facts()}

    service = Service(
        name="gateway",
        settings=settings,
        broker=create_broker(settings),
        redis=create_redis(settings),
        registry=registry,
        tracing=tracing,
        status=status,
        needs_redis=False,
    )
    app: Any = create_host(service)
    for layer, options in reversed(request_layers(settings, access, metrics, tracing.tracer)):
        app = layer(app, **options)
    return app
