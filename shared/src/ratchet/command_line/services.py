"""The embedded system of a data directory, and the HTTP services that a command calls."""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ratchet.command_line.errors import Unreachable

if TYPE_CHECKING:
    import httpx

STATE_FILE = "up.json"


def running_ports(data_dir: Path) -> dict[str, int] | None:
    """The port of each process of the system that runs in `data_dir`, or None if none runs."""
    try:
        state = json.loads((data_dir / STATE_FILE).read_text())
        with suppress(PermissionError):  # it runs, as another user
            os.kill(state["pid"], 0)
        return dict(state["ports"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def require_running(data_dir: Path, alternative: str = "") -> dict[str, int]:
    """`running_ports`; raises `Unreachable` if no system runs in `data_dir`.

    `alternative` completes the message: what to pass for a system that runs elsewhere.
    """
    ports = running_ports(data_dir)
    if ports is None:
        raise Unreachable(
            f"No system runs in {data_dir}. Start it with `ratchet up --data-dir {data_dir}`"
            + (f", or {alternative}." if alternative else ".")
        )
    return ports


def require_url(url: str) -> str:
    """`url`; raises `typer.BadParameter` unless it is an HTTP URL."""
    from ratchet_text import http_address

    try:
        return http_address(url)
    except ValueError as error:
        raise typer.BadParameter(f"{error}.") from None


def service_url(service: str, data_dir: Path, url: str | None, option: str) -> str:
    """`url` if it was passed with `option`, else that of the system in `data_dir`.

    Raises `Unreachable` if no system runs there.
    """
    if url is not None:
        return require_url(url)
    ports = require_running(data_dir, f"pass the URL of the {service} with {option}")
    return f"http://127.0.0.1:{ports[service]}"


def api_key_headers() -> dict[str, str]:
    """Headers of a call to the intake: the API key in RATCHET_API_KEY or its secret file."""
    secret = os.environ.get("RATCHET_API_KEY")
    directory = os.environ.get("RATCHET_SECRETS_DIR")
    if not secret and directory and (file := Path(directory) / "ratchet_api_key").is_file():
        secret = file.read_text().strip()
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def exporter_status(response: "httpx.Response") -> dict[str, Any]:
    """The body of an answer to `/status`; raises `ValueError` unless an exporter gave it."""
    status = response.json()
    if not isinstance(status, dict) or status.get("service") != "exporter":
        raise ValueError(f"not an exporter: {response.text[:100]}")
    return status
