"""The layers that a request passes on its way to the model server."""

from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import Tracer
from starlette.middleware.errors import ServerErrorMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway.capture.recorder import Recorder
from gateway.domain.access import ACCESS_RULES
from gateway.domain.paths import is_own
from gateway.metrics import GatewayMetrics
from gateway.proxy.allowed_paths import AllowedPaths
from gateway.proxy.answer_checks import AnswerChecks
from gateway.proxy.calls import Calls
from gateway.proxy.foreign_pages import ForeignPages
from gateway.proxy.refusals import handle_unexpected_error, refuse
from gateway.settings import GatewaySettings
from ratchet.service import Hosts
from ratchet_edge.keys.access_status import AccessStatus
from ratchet_edge.middleware.authentication import Authentication
from ratchet_edge.middleware.body_limits import BodyLimits
from ratchet_edge.middleware.request_tracing import RequestTracing
from ratchet_edge.middleware.requested_hosts import RequestedHosts
from ratchet_edge.shares import ClientRates
from ratchet_edge.upstream.forwarding import Forwarding


def request_layers(
    settings: GatewaySettings,
    access: AccessStatus,
    recorder: Recorder,
    metrics: GatewayMetrics,
    tracer: Tracer,
) -> list[tuple[Any, dict[str, Any]]]:
    """The middlewares of a request in their order, the outermost first."""
    proxies = settings.gateway_trusted_proxies
    behind = [(ProxyHeadersMiddleware, {"trusted_hosts": list(proxies)})] if proxies else []
    traced = (
        [(RequestTracing, {"tracer": tracer, "traces": lambda path: not is_own(path)})]
        if settings.otlp_endpoint
        else []
    )
    keys = {
        "ring": access.ring,
        "open_without_keys": access.open_without_keys,
        "rules": ACCESS_RULES,
        "refuse": refuse,
    }
    hosts = Hosts(settings.host, settings.allowed_hosts)
    pages = {name: keys[name] for name in ("ring", "open_without_keys", "refuse")}
    bodies = {
        "max_bytes": settings.gateway_max_body_bytes,
        "max_bytes_of": {},
        "max_buffered": settings.gateway_max_buffered_bytes,
        "rates": ClientRates(settings.gateway_calls_per_minute, settings.gateway_bytes_per_minute),
        "refuse": refuse,
    }
    calls = {
        "host": urlsplit(settings.gateway_upstream_url).netloc.rpartition("@")[2],
        "models": settings.gateway_models,
        "recorder": recorder,
        "metrics": metrics,
        "refuse": refuse,
    }
    checks = {
        "modes": settings.gateway_check,
        "unknown": settings.gateway_unknown,
        "metrics": metrics,
    }
    upstream = {
        "url": settings.gateway_upstream_url,
        "timeout_s": settings.gateway_upstream_timeout_s,
        "is_own": is_own,
        "setting": "RATCHET_GATEWAY_UPSTREAM_URL",
        "refuse": refuse,
    }
    return [
        *behind,
        *traced,
        (RequestedHosts, {"hosts": hosts, **keys}),
        (ForeignPages, {"hosts": hosts, **pages}),
        (ServerErrorMiddleware, {"handler": handle_unexpected_error}),
        (AllowedPaths, {"further": settings.gateway_paths, "refuse": refuse}),
        (Authentication, keys),
        (BodyLimits, bodies),
        (Calls, calls),
        (AnswerChecks, checks),
        (Forwarding, upstream),
    ]
