"""Freeze the events as they are: `python tests/contract/schemas.py`, with each release.

One JSON Schema for each event and version. What changes is read in the diff before it is committed.
"""

import json
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from ratchet.contract import STREAMS, Event
from ratchet.delivery import newest_version

FROZEN = Path(__file__).parent / "schemas"
EVENTS = [event for stream in STREAMS for event in stream.events]


class Bare(GenerateJsonSchema):
    """Without titles: they say nothing that a name does not."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def frozen_at(event: type[Event], version: int) -> Path:
    return FROZEN / event.__name__ / f"v{version}.json"


def freeze() -> None:
    for event in EVENTS:
        path = frozen_at(event, newest_version(event))
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = event.model_json_schema(schema_generator=Bare)
        path.write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze()
