"""Tables of words and characters: one TOML file each, in `data`."""

import tomllib
from importlib.resources import files
from typing import Any


def table(name: str) -> dict[str, Any]:
    """The content of `data/<name>.toml`."""
    return tomllib.loads((files("ratchet_text") / f"data/{name}.toml").read_text("utf-8"))
