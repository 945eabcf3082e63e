"""`python -m gateway` runs the service."""

import sys

from gateway.app import create_app
from gateway.settings import GatewaySettings
from ratchet.service import StartRefused, run
from ratchet.settings import read_settings
from ratchet_edge.http_protocol import ConnectionLimits, limited_protocol
from ratchet_edge.keys.access_status import with_safe_host


def connection_limits(settings: GatewaySettings) -> ConnectionLimits:
    return ConnectionLimits(
        connections=settings.gateway_max_connections,
        per_address=settings.gateway_max_connections_per_address,
        header_bytes=settings.gateway_max_header_bytes,
        header_s=settings.gateway_header_timeout_s,
        body_s=settings.gateway_body_timeout_s,
        shared=settings.gateway_trusted_proxies,
    )


def main() -> None:
    """Ends with one sentence and status 1 if the start is refused."""
    settings = with_safe_host(read_settings(GatewaySettings))
    protocol = limited_protocol(connection_limits(settings))
    try:
        run(
            "gateway",
            settings,
            create_app,
            guard=lambda app, _: app,
            protocol=protocol,
            own_headers=False,
        )
    except StartRefused as refused:
        sys.exit(str(refused))


if __name__ == "__main__":
    main()
