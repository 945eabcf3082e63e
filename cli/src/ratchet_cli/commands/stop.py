"""`ratchet stop`: ends the system of a data directory."""

import json
import os
import signal
import time
from typing import Annotated

import typer

from ratchet.command_line import (
    DEFAULT_DATA_DIR,
    STATE_FILE,
    AsJson,
    DataDir,
    Failed,
    Unreachable,
    print_json,
    require_running,
    running_ports,
    say,
)

_POLL_S = 0.1


def stop(
    data_dir: DataDir = DEFAULT_DATA_DIR,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds it may take.")] = 180.0,
    as_json: AsJson = False,
) -> None:
    """Stop the system of a data directory, and wait for its end."""
    require_running(data_dir)
    from ratchet_cli.embedded.state import is_locked

    if not is_locked(data_dir):
        raise Unreachable(
            f"No system runs in {data_dir}: the last one was killed, and the number of its process "
            f"belongs to another program. Start it with `ratchet up --data-dir {data_dir}`."
        )
    pid = int(json.loads((data_dir / STATE_FILE).read_text())["pid"])
    say(f"stopping process {pid}", err=True)
    try:
        os.kill(pid, signal.SIGTERM)
    except PermissionError as error:
        raise Failed(f"Process {pid} belongs to another user: stop it as that user.") from error
    end = time.monotonic() + deadline
    while running_ports(data_dir) is not None:
        if time.monotonic() > end:
            raise Failed(
                f"Process {pid} still runs after {deadline:.0f} s. `ratchet logs` shows what it "
                f"does; repeat the command, or end it with `kill -KILL {pid}`."
            )
        time.sleep(_POLL_S)
    if as_json:
        print_json({"stopped": pid})
    else:
        say(f"stopped; the data remains in {data_dir}")
