"""`ratchet status`: the state of services and streams."""

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    FAILED,
    AsJson,
    DataDir,
    print_json,
    require_running,
)


def status(data_dir: DataDir = DEFAULT_DATA_DIR, as_json: AsJson = False) -> None:
    """Show the state of services and streams.

    Exits with 1 if a service is not ready.
    """
    ports = require_running(data_dir)
    import asyncio

    from ratchet_cli.embedded.state import recorded
    from ratchet_cli.system_status import read_status, show_status

    state = asyncio.run(read_status(ports, recorded(data_dir).get("troubles", {})))
    if as_json:
        print_json(state)
    else:
        show_status(state)
    if not all(service["ready"] for service in state["services"].values()):
        raise typer.Exit(FAILED)
