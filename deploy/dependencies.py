"""Prints the external requirements of distributions of this repository, one per line.

`python deploy/dependencies.py shared services/ingest[postgresql]`: `make setup` installs them at
once, and an image in a separate layer, which changes only with the pins.
"""

import re
import sys
import tomllib
from pathlib import Path

_PART = re.compile(r"(?P<folder>[\w/.-]+)(\[(?P<extras>[\w,-]+)\])?")
_OURS = "ratchet-"


def dependencies(part: str) -> list[str]:
    """The requirements of the distribution in a folder and of its extras, without `ratchet-*`."""
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f"{part!r}: write a folder, and its extras in brackets")
    project = tomllib.loads(Path(match["folder"], "pyproject.toml").read_text())["project"]
    extras = match["extras"].split(",") if match["extras"] else []
    required = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return [line for line in required if not line.startswith(_OURS)]


if __name__ == "__main__":
    lines = {line for part in sys.argv[1:] for line in dependencies(part)}
    sys.stdout.write("".join(f"{line}\n" for line in sorted(lines)))
