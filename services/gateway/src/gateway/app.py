"""The only wiring of the gateway."""

import logging
from typing import Any

from prometheus_client import CollectorRegistry

from gateway.capture.model_versions import ModelVersions
from gateway.capture.publishing import SpoolPublisher
from gateway.capture.recorder import Recorder
from gateway.domain.spool_lines import LOSS_REASONS
from gateway.metrics import GatewayMetrics
from gateway.request_layers import request_layers
from gateway.settings import GatewaySettings
from gateway.spool.spool import CallSpool
from gateway.status import GatewayStatus
from ratchet.contract import CALLS, EXPERIENCES
from ratchet.delivery import Publisher
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.telemetry import create_tracing
from ratchet_edge.http_protocol import refused_connections
from ratchet_edge.keys.access_status import AccessStatus
from ratchet_edge.keys.key_file import KeyFile
from ratchet_edge.keys.key_ring import KeyRing

_log = logging.getLogger(__name__)


def create_app(settings: GatewaySettings) -> Any:
    """Raises `StartRefused` if the spool cannot be used."""
    access = AccessStatus(KeyRing(KeyFile(settings.data_dir)), settings.host)
    _log.info(access.summary())
    registry = CollectorRegistry()
    registry.register(refused_connections)
    metrics = GatewayMetrics(registry, LOSS_REASONS)
    redis = create_redis(settings)
    tracing = create_tracing("gateway", settings)
    spool = CallSpool(settings.spool_dir, settings.gateway_spool_bytes, metrics.lose)
    metrics.spool_limit_bytes.set(settings.gateway_spool_bytes)
    metrics.spool_bytes.set_function(lambda: spool.size)
    versions = ModelVersions(settings.gateway_upstream_url)
    experiences = settings.gateway_experiences
    publishing = SpoolPublisher(spool, Publisher(redis), experiences)
    recorder = Recorder(
        spool,
        settings.redaction,
        versions.of,
        settings.gateway_capture_share,
        experiences,
        metrics,
        settings.gateway_check,
    )
    service = Service(
        name="gateway",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        background=[publishing.run, versions.run],
        publishes=[CALLS, EXPERIENCES],
        tracing=tracing,
        status=GatewayStatus(settings, access, spool, publishing, metrics).facts,
        needs_redis=False,
    )
    app: Any = create_host(service)
    layers = request_layers(settings, access, recorder, metrics, tracing.tracer)
    for layer, options in reversed(layers):
        app = layer(app, **options)
    return app
