"""Writes every dashboard as JSON: `python deploy/grafana/build.py [DIRECTORY]`.

Grafana reads them from `dashboards/`. The same input gives the same bytes.
"""

import sys
from pathlib import Path

from gpu import GPU
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from learning import LEARNING
from overview import OVERVIEW
from services import SERVICES

BOARDS = {"overview": OVERVIEW, "learning": LEARNING, "services": SERVICES, "gpu": GPU}


def write(directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for name, board in BOARDS.items():
        encoded = JSONEncoder(sort_keys=True, indent=1).encode(board)
        (directory / f"{name}.json").write_text(encoded + "\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent / "dashboards")
