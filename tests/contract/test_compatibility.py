"""Releases run side by side: each reads what the other writes, or says what to do about it.

The frozen schemas are what the last release said. A change that fails here makes messages that
the other release refuses, or loses a field of.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

from ratchet.contract import COMMANDS, STREAMS, CancelRequested, Event, Later, Stage, Stream, Value
from ratchet.delivery import DATA_FIELD, Entry, newest_version

from .compatibility import Reader, Told
from .schemas import EVENTS, FROZEN, frozen_at

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*/v*/*.json"))
STREAM_OF = {event.__name__: stream for stream in STREAMS for event in stream.events}
WHAT_TO_DO = (
    "\nGive a new field a default, leave the others as they are, or raise schema_version: keep the "
    "old one readable (Literal[1, 2] = 2), add examples and run `python tests/contract/schemas.py`"
)


def incompatible(event: type[BaseModel], frozen: dict[str, Any], same_version: bool) -> list[str]:
    """Old messages to the new release, then new ones to the old release."""
    old = Told.whole(frozen)
    found = Reader(writes_all=False, ignores=False).problems(
        old, Told.whole(event.model_json_schema())
    )
    problems = [f"an old message{problem}" for problem in found]
    if same_version:
        written = Told.whole(event.model_json_schema(mode="serialization"))
        new = Reader(writes_all=True, ignores=True).problems(written, old)
        problems += [f"a new message{problem}" for problem in new]
    return problems


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_the_release_before_reads_what_this_one_writes_and_back(event: type[Event]):
    versions = {int(path.stem[1:]) for path in (FROZEN / event.__name__).glob("v*.json")}
    assert newest_version(event) in versions, "new? run `python tests/contract/schemas.py`"
    for version in versions:
        frozen = json.loads(frozen_at(event, version).read_text())
        problems = incompatible(event, frozen, version == newest_version(event))
        assert not problems, "\n".join(problems) + WHAT_TO_DO


class Part(Value):
    name: str = Field(max_length=10)
    size: int = Field(default=0, ge=0)


class Before(Value):
    """What the last release said; each change below is held against it."""

    kind: Stage = "loading"
    part: Part
    parts: tuple[Part, ...] = ()
    note: str | None = None
    figures: dict[str, float] = Field(default_factory=dict)


def changed(base: type[BaseModel] = Before, **fields: Any) -> type[BaseModel]:
    return create_model("After", __base__=base, **fields)


def without(model: type[BaseModel], name: str) -> type[BaseModel]:
    kept = {
        field: (info.annotation, info)
        for field, info in model.model_fields.items()
        if field != name
    }
    return create_model("After", __base__=Value, **kept)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (without(Before, "note"), ".note: is gone"),
        (without(Before, "part"), ".part: is required"),
        (changed(added=(int, ...)), ".added: is required"),
        (changed(note=(int | None, None)), ".note: is string here and integer there"),
        (changed(note=(str, "")), ".note: is null here and string there"),
        (changed(figures=(dict[str, str], {})), ".figures.*: is number here"),
        (changed(kind=(str, "loading")), ".kind: only some values"),
        (changed(kind=(Stage | str, "loading")), ".kind: only some values"),
        (changed(part=(without(Part, "size"), ...)), ".part.size: is gone"),
        (changed(parts=(tuple[changed(Part, unit=(str, ...)), ...], ())), ".parts[].unit"),
        (changed(part=(changed(Part, name=(str, ...)), ...)), ".part.name: maxLength 10"),
        (changed(part=(changed(Part, size=(int, Field(ge=1))), ...)), ".part.size: minimum 1"),
    ],
)
def test_a_change_that_one_side_cannot_read_is_found_and_named(after: type[BaseModel], told: str):
    assert told in "\n".join(incompatible(after, Before.model_json_schema(), True))


@pytest.mark.parametrize(
    "after",
    [
        Before,
        changed(added=(int, 3)),
        changed(added=(Part | None, None)),
        changed(part=(changed(Part, unit=(str, "")), ...)),
    ],
)
def test_a_new_field_with_a_default_is_compatible_at_any_depth(after: type[BaseModel]):
    assert incompatible(after, Before.model_json_schema(), True) == []


def grown(value: Any, message: Any) -> Any:
    """`message` with a key that no release knows wherever `value` is one of ours."""
    if isinstance(value, BaseModel):
        known = {name: grown(getattr(value, name), message[name]) for name in message}
        return {**known, "a_key_of_tomorrow": {"x": [1]}}
    if isinstance(value, tuple):
        return [grown(*pair) for pair in zip(value, message, strict=True)]
    if isinstance(value, dict):
        return {key: grown(value[key], part) for key, part in message.items()}
    return message


def entry(message: Any) -> Entry:
    return Entry("1-1", {DATA_FIELD.encode(): json.dumps(message).encode()}, 1)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: "/".join(path.parts[-3:]))
def test_unknown_fields_are_ignored_at_every_depth(path: Path):
    stream = STREAM_OF[path.parts[-3]]
    event = stream.adapter.validate_json(path.read_bytes())
    message = grown(event, event.model_dump(mode="json"))
    assert "a_key_of_tomorrow" in message
    assert entry(message).decode(stream) == event


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_a_type_that_a_stream_does_not_know_waits_for_the_upgrade(stream: Stream):
    outcome = entry({"type": "InventedTomorrow", "event_id": "a" * 32}).decode(stream)
    assert isinstance(outcome, Later)
    assert "'InventedTomorrow' is not known" in outcome.reason
    assert f"`ratchet dead retry --all --stream {stream.name}`" in outcome.reason


def test_a_higher_version_of_a_known_event_waits_for_the_upgrade():
    message = {"type": CancelRequested.__name__, "schema_version": 2, "somebody": "else"}
    outcome = entry(message).decode(COMMANDS)
    assert isinstance(outcome, Later)
    assert "CancelRequested is at version 2, this release reads up to 1" in outcome.reason
