"""Passes what is not ingest's to the backend that an unchanged frontend also calls."""

from typing import Any

from ingest.domain.access import is_own_path
from ingest.http.problems import problem_response
from ingest.settings import IngestSettings


def forwarding(settings: IngestSettings) -> list[tuple[Any, dict[str, Any]]]:
    """The middleware with its options, if there is a backend."""
    if not settings.ingest_upstream_url:
        return []
    # Imported here: without a backend, ingest starts without the library for WebSockets.
    from ratchet_edge.upstream.forwarding import Forwarding

    options = {
        "url": settings.ingest_upstream_url,
        "timeout_s": settings.ingest_upstream_timeout_s,
        "is_own": is_own_path,
        "setting": "RATCHET_INGEST_UPSTREAM_URL",
        "refuse": problem_response,
    }
    return [(Forwarding, options)]
