"""Print what distributions of this repository need from elsewhere, one requirement a line.

`python deploy/dependencies.py shared services/ingest[postgresql]`: an image installs these in a
layer of their own, which changes with the pins and not with the code.
"""

import re
import sys
import tomllib
from pathlib import Path

_PART = re.compile(r"(?P<folder>[\w/.-]+)(\[(?P<extras>[\w,-]+)\])?")
_OURS = "ratchet-"


def dependencies(part: str) -> list[str]:
    """What the distribution in a folder needs, with the named extras; our own are left out."""
    found = _PART.fullmatch(part)
    if found is None:
        raise ValueError(f"{part!r}: write a folder, and its extras in brackets")
    project = tomllib.loads(Path(found["folder"], "pyproject.toml").read_text())["project"]
    extras = found["extras"].split(",") if found["extras"] else []
    wanted = [
        *project["dependencies"],
        *(line for extra in extras for line in project["optional-dependencies"][extra]),
    ]
    return [line for line in wanted if not line.startswith(_OURS)]


if __name__ == "__main__":
    lines = {line for part in sys.argv[1:] for line in dependencies(part)}
    sys.stdout.write("".join(f"{line}\n" for line in sorted(lines)))
