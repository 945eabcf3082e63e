"""Writes each custom resource of a built overlay (standard input) to a file.

`python deploy/custom_resources.py DIRECTORY < overlay.yaml` prints a line `<schema> <file>` for
each. It exits with 1 and names the kind if deploy/schemas has no schema for it.
"""

import sys
from pathlib import Path
from typing import Any

import yaml

_SCHEMAS = Path(__file__).with_name("schemas")
_BUILT_IN = ("apps", "autoscaling", "batch", "policy")


def is_custom(document: dict[str, Any]) -> bool:
    """Whether the API of the resource is not built into Kubernetes."""
    group = document["apiVersion"].rpartition("/")[0]
    return bool(group) and group not in _BUILT_IN and not group.endswith(".k8s.io")


def write_resources(documents: list[dict[str, Any]], directory: Path) -> list[tuple[Path, Path]]:
    """The schema and file of each document. Raises `LookupError` for a kind without a schema."""
    pairs = []
    for number, document in enumerate(documents):
        schema = _SCHEMAS / f"{document['kind'].lower()}.json"
        if not schema.is_file():
            raise LookupError(f"{document['kind']}: write {schema.name} in deploy/schemas")
        file = directory / f"{number}-{document['metadata']['name']}.yaml"
        file.write_text(yaml.safe_dump(document))
        pairs.append((schema, file))
    return pairs


if __name__ == "__main__":
    custom = [d for d in yaml.safe_load_all(sys.stdin) if d and is_custom(d)]
    try:
        pairs = write_resources(custom, Path(sys.argv[1]))
    except LookupError as error:
        sys.exit(str(error))
    for pair in pairs:
        sys.stdout.write("{} {}\n".format(*pair))
