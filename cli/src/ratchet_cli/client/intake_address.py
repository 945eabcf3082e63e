"""Where a command sends what it reads or makes."""

from pathlib import Path

import typer

from ratchet.command_line import running_ports, service_url

_DEFAULT = "http://127.0.0.1:8100"


def intake_address(context: typer.Context, data_dir: Path, url: str | None) -> str:
    """`url`, else the intake of the system in `data_dir`, else where one is by default.

    Raises `Unreachable` if no system runs in a directory that was passed: another system at the
    default address must not get its data.
    """
    source = context.get_parameter_source("data_dir")
    passed = source is not None and source.name == "COMMANDLINE"
    if url is None and not passed and running_ports(data_dir) is None:
        return _DEFAULT
    return service_url("ingest", data_dir, url, "--url")
