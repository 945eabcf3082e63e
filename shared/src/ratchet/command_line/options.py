"""The options that several commands have, with one meaning and one variable each."""

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA_DIR = Path("var/ratchet")

DataDir = Annotated[Path, typer.Option(envvar="RATCHET_DATA_DIR", help="Where `ratchet up` runs.")]
RedisUrl = Annotated[
    str | None,
    typer.Option(envvar="RATCHET_REDIS_URL", help="Redis, if not the one of the data directory."),
]
ExporterUrl = Annotated[
    str | None,
    typer.Option(
        envvar="RATCHET_EXPORTER_URL", help="The exporter, if not the one of the data directory."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON value on stdout, and nothing else there.")
]
