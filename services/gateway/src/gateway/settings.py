"""Settings of the gateway."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from gateway.domain.checks.modes import CheckMode
from gateway.domain.paths import CALLS
from gateway.domain.redaction import Redaction, read_rules
from ratchet.setting_types import CommaSeparated, HttpAddress
from ratchet.settings import CommonSettings


def _of_calls(checks: dict[str, CheckMode]) -> dict[str, CheckMode]:
    if unknown := [path for path in checks if path not in CALLS]:
        raise ValueError(f"{unknown[0]!r} has no answers to check; use one of {', '.join(CALLS)}")
    return checks


class GatewaySettings(CommonSettings):
    """`gateway_upstream_url` is the model server, whose silence ends a call after
    `gateway_upstream_timeout_s`.

    `gateway_models` are the models that may be used; empty: all. `gateway_paths` are further paths
    that are passed on, besides those with which applications use models; one that ends in `*`
    stands for all that begin so. Both are separated by commas.

    `gateway_check` is what is done with the answers of a path (docs/gateway.md); `gateway_unknown`
    is sent in the place of an untrue answer where the readings give none.

    `gateway_capture_share` of the calls are recorded, without what the rules in the TOML file
    `gateway_redaction_file` match. Records wait in at most `gateway_spool_bytes` until Redis has
    them. With `gateway_experiences` each recorded call is an answered question of its own, for
    applications that send thumbs alone.

    The other settings limit requests as those of ingest do.
    """

    port: int = Field(default=8106, ge=1, le=65535)
    gateway_upstream_url: HttpAddress = Field(default="http://127.0.0.1:11434", min_length=1)
    gateway_upstream_timeout_s: float = Field(default=300.0, gt=0)
    gateway_models: CommaSeparated = ()
    gateway_paths: CommaSeparated = ()
    gateway_check: Annotated[dict[str, CheckMode], AfterValidator(_of_calls)] = Field(
        default_factory=dict
    )
    gateway_unknown: str = "I cannot answer that from the readings."
    gateway_capture_share: float = Field(default=1.0, ge=0, le=1)
    gateway_redaction_file: Annotated[Path | None, BeforeValidator(lambda path: path or None)] = (
        None
    )
    gateway_spool_bytes: int = Field(default=256 << 20, ge=1 << 16)
    gateway_experiences: bool = False
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

    @property
    def spool_dir(self) -> Path:
        return self.data_dir / "gateway" / self.consumer_name

    @cached_property
    def redaction(self) -> Redaction:
        """The rules of the site; raises `ValueError` with the name of one that cannot be used."""
        return _read_redaction(self.gateway_redaction_file)

    @model_validator(mode="after")
    def _the_rules_can_be_used(self) -> Self:
        assert self.redaction is not None
        return self


def _read_redaction(path: Path | None) -> Redaction:
    if path is None:
        return Redaction()
    try:
        return read_rules(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ValueError(f"RATCHET_GATEWAY_REDACTION_FILE: {path}: {error}") from error
