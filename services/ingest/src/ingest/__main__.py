"""`python -m ingest` runs the service."""

from ingest.app import create_app
from ingest.settings import IngestSettings
from ratchet.service import run
from ratchet.settings import read_settings
from ratchet_edge.http_protocol import ConnectionLimits, limited_protocol
from ratchet_edge.keys.access_status import with_safe_host


def connection_limits(settings: IngestSettings) -> ConnectionLimits:
    return ConnectionLimits(
        connections=settings.ingest_max_connections,
        per_address=settings.ingest_max_connections_per_address,
        header_bytes=settings.ingest_max_header_bytes,
        header_s=settings.ingest_header_timeout_s,
        body_s=settings.ingest_body_timeout_s,
        shared=settings.ingest_trusted_proxies,
    )


if __name__ == "__main__":
    settings = with_safe_host(read_settings(IngestSettings))
    protocol = limited_protocol(connection_limits(settings))
    run("ingest", settings, create_app, guard=lambda app, _: app, protocol=protocol)
