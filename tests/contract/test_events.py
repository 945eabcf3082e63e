"""Messages that were ever written stay readable: every example in git, by its own stream."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ratchet.contract import STREAMS, Event, Stream, stream_of
from ratchet.delivery import DATA_FIELD, Entry, entry_of

EXAMPLES = Path(__file__).parent / "examples"
EVENTS = [(stream, event) for stream in STREAMS for event in stream.events]
FILES = sorted(EXAMPLES.glob("*/v*/*.json"))


def stream_named_by(path: Path) -> Stream:
    name = path.relative_to(EXAMPLES).parts[0]
    return next(stream for stream, event in EVENTS if event.__name__ == name)


@pytest.mark.parametrize(("stream", "event"), EVENTS, ids=lambda x: getattr(x, "__name__", ""))
def test_every_event_has_an_example_of_its_current_version(stream: Stream, event: type[Event]):
    version = event.model_fields["schema_version"].default
    assert list((EXAMPLES / event.__name__ / f"v{version}").glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: "/".join(p.parts[-3:]))
def test_an_example_is_read_and_says_the_same_when_written_again(path: Path):
    stream = stream_named_by(path)
    event = stream.adapter.validate_json(path.read_bytes())
    again = stream.adapter.validate_json(event.model_dump_json())
    assert again == event
    assert stream_of(event) is stream


@pytest.mark.parametrize("path", FILES, ids=lambda p: "/".join(p.parts[-3:]))
def test_an_example_from_a_newer_producer_with_more_keys_is_read(path: Path):
    message = json.loads(path.read_text())
    newer = {**message, "a_key_of_tomorrow": {"x": 1}}
    adapter = stream_named_by(path).adapter
    assert adapter.validate_python(newer) == adapter.validate_python(message)


@pytest.mark.parametrize("path", FILES, ids=lambda p: "/".join(p.parts[-3:]))
def test_on_the_wire_keys_are_ascii_and_none_is_called_data(path: Path):
    event = stream_named_by(path).adapter.validate_json(path.read_bytes())
    _, fields = entry_of(event)
    keys = json.loads(fields[DATA_FIELD]).keys()
    assert "data" not in keys
    assert all(key.isascii() for key in keys)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"event_id": None}, "event_id"),
        ({"event_id": "white space"}, "event_id"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "occurred_at"),
        ({"schema_version": 99}, "schema_version"),
        ({"experience": {}}, "experience.query_id"),
    ],
)
def test_a_bad_envelope_is_named_by_its_field(change: dict[str, Any], field: str):
    [stream] = [stream for stream in STREAMS if stream.name == "experiences"]
    message = json.loads((EXAMPLES / "ExperienceRecorded/v1/full.json").read_text())
    entry = Entry("1-1", {DATA_FIELD.encode(): json.dumps({**message, **change}).encode()}, 1)
    with pytest.raises(ValidationError):
        stream.adapter.validate_python({**message, **change})
    assert field in entry.decode(stream).reason  # type: ignore[union-attr]


def test_every_stream_has_its_own_key_and_each_event_one_stream():
    assert len({stream.key for stream in STREAMS}) == len(STREAMS)
    assert len({event for _, event in EVENTS}) == len(EVENTS)


def test_importing_the_events_imports_pydantic_and_no_other_library():
    code = (
        "import sys; import ratchet.contract.streams, ratchet.contract.outcomes; "
        "print([m for m in ('redis', 'faststream', 'torch', 'fastapi') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
