"""Lay each custom resource of a built overlay (standard input) into a file beside its schema.

`python deploy/custom_resources.py DIRECTORY < overlay.yaml` prints a line `<schema> <file>` for
each; it exits with 1 and its name where deploy/schemas has no schema for one.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

_SCHEMAS = Path(__file__).with_name("schemas")
_BUILT_IN = ("apps", "autoscaling", "batch", "policy")


def is_custom(document: dict[str, Any]) -> bool:
    """Whether its API is neither the core's nor one that Kubernetes itself brings."""
    group = document["apiVersion"].rpartition("/")[0]
    return bool(group) and group not in _BUILT_IN and not group.endswith(".k8s.io")


def lay_out(documents: list[dict[str, Any]], directory: Path) -> list[tuple[Path, Path]]:
    """The schema and the file of each; raises `LookupError` for a kind without a schema."""
    found = []
    for number, document in enumerate(documents):
        schema = _SCHEMAS / f"{document['kind'].lower()}.json"
        if not schema.is_file():
            raise LookupError(f"{document['kind']}: write {schema.name} in deploy/schemas")
        file = directory / f"{number}-{document['metadata']['name']}.yaml"
        file.write_text(yaml.safe_dump(document))
        found.append((schema, file))
    return found


if __name__ == "__main__":
    wanted = [d for d in yaml.safe_load_all(sys.stdin) if d and is_custom(d)]
    try:
        pairs = lay_out(wanted, Path(sys.argv[1]))
    except LookupError as error:
        sys.exit(str(error))
    for pair in pairs:
        sys.stdout.write("{} {}\n".format(*pair))
