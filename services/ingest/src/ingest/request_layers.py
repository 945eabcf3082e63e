"""The layers that a request passes before a route."""

from typing import Any

from opentelemetry.trace import Tracer
from starlette.middleware.errors import ServerErrorMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ingest.command_center.approval_routes import APPROVAL_PATHS, MAX_APPROVAL_BYTES
from ingest.domain.access import ACCESS_RULES, is_api_path
from ingest.http.error_handlers import handle_unexpected_error
from ingest.http.problems import problem_response
from ingest.http.upstream import forwarding
from ingest.settings import IngestSettings
from ratchet.service import Hosts
from ratchet_edge.keys.access_status import AccessStatus
from ratchet_edge.middleware.authentication import Authentication
from ratchet_edge.middleware.body_limits import BodyLimits
from ratchet_edge.middleware.compression import Compression
from ratchet_edge.middleware.cors import CrossOriginRequests
from ratchet_edge.middleware.request_ids import RequestIds
from ratchet_edge.middleware.request_tracing import RequestTracing
from ratchet_edge.middleware.requested_hosts import RequestedHosts
from ratchet_edge.shares import ClientRates


def request_layers(
    settings: IngestSettings, access: AccessStatus, tracer: Tracer
) -> list[tuple[Any, dict[str, Any]]]:
    """The middlewares of a request in their order, the outermost first."""
    # Request ids come first, so that every error has one. CORS is outside of authentication,
    # because browsers send preflights without a key. The error handler is inside of CORS, so that
    # a page can read an error. Bodies are read only for callers that may send them.
    proxies = settings.ingest_trusted_proxies
    behind = [(ProxyHeadersMiddleware, {"trusted_hosts": list(proxies)})] if proxies else []
    traced = (
        [(RequestTracing, {"tracer": tracer, "traces": is_api_path})]
        if settings.otlp_endpoint
        else []
    )
    refuse = {"refuse": problem_response}
    keys = {
        "ring": access.ring,
        "open_without_keys": access.open_without_keys,
        "rules": ACCESS_RULES,
        **refuse,
    }
    cors = {"allowed": settings.ingest_cors_origins, "setting": "RATCHET_INGEST_CORS_ORIGINS"}
    max_bytes_of = {
        "/v1/rank": settings.ingest_rank_max_body_bytes,
        **dict.fromkeys(APPROVAL_PATHS, MAX_APPROVAL_BYTES),
    }
    bodies = {
        "max_bytes": settings.ingest_max_body_bytes,
        "max_bytes_of": max_bytes_of,
        "max_buffered": settings.ingest_max_buffered_bytes,
        "rates": ClientRates(settings.ingest_calls_per_minute, settings.ingest_bytes_per_minute),
    }
    return [
        *behind,
        (RequestIds, {}),
        *traced,
        *forwarding(settings),
        (RequestedHosts, {"hosts": Hosts(settings.host, settings.allowed_hosts), **keys}),
        (CrossOriginRequests, cors | refuse),
        (Compression, {}),
        (ServerErrorMiddleware, {"handler": handle_unexpected_error}),
        (Authentication, keys),
        (BodyLimits, bodies | refuse),
    ]
