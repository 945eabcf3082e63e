"""Settings of the gateway."""

from pydantic import Field

from ratchet.setting_types import CommaSeparated, HttpAddress
from ratchet.settings import CommonSettings


class GatewaySettings(CommonSettings):
    """`gateway_upstream_url` is the model server, whose silence ends a call after
    `gateway_upstream_timeout_s`.

    `gateway_models` are the models that may be used; empty: all. `gateway_paths` are further paths
    that are passed on, besides those with which applications use models; one that ends in `*`
    stands for all that begin so. Both are separated by commas.

    The other settings limit requests as those of ingest do.
    """

    port: int = Field(default=8106, ge=1, le=65535)
    gateway_upstream_url: HttpAddress = Field(default="http://127.0.0.1:11434", min_length=1)
    gateway_upstream_timeout_s: float = Field(default=300.0, gt=0)
    gateway_models: CommaSeparated = ()
    gateway_paths: CommaSeparated = ()
    gateway_max_body_bytes: int = Field(default=32 << 20, ge=1024)
    gateway_max_buffered_bytes: int = Field(default=256 << 20, ge=1 << 20)
    gateway_calls_per_minute: int = Field(default=6_000, ge=1)
    gateway_bytes_per_minute: int = Field(default=1 << 30, ge=1 << 16)
    gateway_max_connections: int = Field(default=512, ge=8)
    gateway_max_connections_per_address: int = Field(default=256, ge=1)
    gateway_max_header_bytes: int = Field(default=32 * 1024, ge=4096)
    gateway_header_timeout_s: float = Field(default=10.0, gt=0)
    gateway_body_timeout_s: float = Field(default=60.0, gt=0)
    gateway_trusted_proxies: CommaSeparated = ()
