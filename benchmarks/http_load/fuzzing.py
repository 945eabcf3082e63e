"""Generates bodies from a seed: random bytes, valid bodies with errors, values of all kinds."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from http_load.encodings import in_any_encoding
from http_load.field_values import drawn_value

QUERY_ID = "7d3c7a52-5c2f-4f0e-9a61-0c9f4f6e0a01"
_EXPERIENCE = {
    "query_id": QUERY_ID,
    "timestamp": "2026-01-20T08:00:00",
    "user_id": "maria",
    "transcript": "What is the power of pump 001?",
    "parsed_intent": {"type": "query", "domains": ["energy"], "entities": {"devices": ["p1"]}},
    "widget_plan": {"heading": "Pump", "widgets": [{"scenario": "kpi", "size": "hero"}]},
    "widget_interactions": [{"widget_index": 0, "action": "expand", "duration_ms": 5}],
    "fixtures": {"kpi": {"value": 45.2}},
    "intent_confidence": 0.9,
    "missing_widgets": [],
}
_FEEDBACK = {
    "query_id": QUERY_ID,
    "rating": "up",
    "interactions": [{"widget_index": 0, "action": "view", "timestamp": 1.5}],
    "per_widget_feedback": [{"widget_index": 1, "appropriateness_score": 0.8}],
    "voice_quality_scores": {"groundedness": 0.5},
    "evaluation_confidence": 0.7,
    "event_id": "fact-0001",
    "occurred_at": "2026-01-20T08:00:00Z",
}
_ASKED = {"requested_by": "maria", "reason": "before the audit"}
ROUTES: dict[str, dict[str, Any]] = {
    "/v1/experiences": _EXPERIENCE,
    "/v1/feedback": _FEEDBACK,
    "/v1/corrections": {"query_id": QUERY_ID, "correction_text": "I meant pump 002"},
    "/v1/traces": {
        "prompt": "What is the power of pump 001?",
        "thinking": "The reading is in the summary.",
        "answer": "Pump 001 draws 45.2 kilowatts right now.",
        "claude_time_s": 2.5,
        "timestamp": "2026-01-20T08:00:00",
    },
    "/v1/pairs": {
        "prompt": "What is the power of pump 001?",
        "chosen": "Pump 001 draws 45.2 kilowatts.",
        "rejected": "Let me look at that for you.",
        "pos_reward": 0.8,
        "neg_reward": -0.5,
    },
    "/v1/rank": {
        "transcript": "What is the power of pump 001?",
        "intent": {"type": "query", "entities": {"devices": ["p1"]}},
        "candidates": ["kpi", {"scenario": "trend", "relevance": 0.6, "required": True}],
        "limit": 1,
    },
    "/v1/commands/training": {**_ASKED, "method": "dpo"},
    "/v1/commands/cancel": {**_ASKED, "run_id": "r1"},
    "/v1/commands/activation": {**_ASKED, "version": "v1"},
    "/v1/check": {
        "answer": "Pump 001 draws 45.2 kilowatts.",
        "readings": "pump 001 power: 45.2 kW",
        "question": "What is the power of pump 001?",
    },
    "/v1/commands/rollback": _ASKED,
    "/api/layer2/feedback/": _FEEDBACK,
    "/api/layer2/approve-training/": {},
}
_STRANGE: tuple[Any, ...] = (
    None, True, "", "\x00", "x" * 30_000, "\ud800", "2026-13-45", "NaN",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", float("nan"), float("inf"),
    -1, 0, 1e308, -1e308, 10**18, 10**400, 0.1, [], {}, [[]], [None], {"": None}, {"a" * 5_000: 1},
)  # fmt: skip
_RAW = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-0", b"1" * 5_000, b"0" * 50, b'"\\ud800"',
    b'"\xff"', b"nul", b"{}" * 3, b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b"'x'", b"[,]",
)  # fmt: skip
_TYPES = (
    "application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/json; charset=utf-16",
    "application/json; charset=latin-1", "", ";", "a/b/c",
)  # fmt: skip


@dataclass(frozen=True)
class Posted:
    path: str
    content: bytes
    headers: dict[str, str]


def drawn(count: int, seed: int) -> Iterator[tuple[int, Posted]]:
    """Numbered calls, the same for the same seed."""
    rng = Random(seed)
    paths = list(ROUTES)
    for number in range(count):
        path = paths[number % len(paths)]
        yield number, _call(rng, path)


def _call(rng: Random, path: str) -> Posted:
    content = rng.choice(_WAYS)(rng, ROUTES[path])
    headers = {"Content-Type": rng.choice(_TYPES)} if rng.random() < 0.5 else {}
    if rng.random() < 0.1:
        headers["Idempotency-Key"] = rng.choice(("", "k", "k" * 300, f"k{rng.random()}"))
    if rng.random() < 0.1:
        content = gzip.compress(content, 1)
        headers["Content-Encoding"] = rng.choice(("gzip", "gzip", "br", "identity"))
    return Posted(path, content, headers)


def _rubbish(rng: Random, _: Any) -> bytes:
    return rng.randbytes(rng.choice((0, 1, 7, 200, 5_000)))


def _odd_json(rng: Random, _: Any) -> bytes:
    return rng.choice(_RAW)


def _deep(rng: Random, _: Any) -> bytes:
    levels = rng.choice((50, 179, 180, 181, 200, 1_000, 40_000))
    start, end = rng.choice(((b"[", b"]"), (b'{"a":', b"}"), (b'[{"query_id":', b"}]")))
    return start * levels + rng.choice((b"", b"1")) + end * rng.choice((levels, 0, levels - 1))


def _bytes_changed(rng: Random, valid: dict[str, Any]) -> bytes:
    content = bytearray(json.dumps(valid).encode())
    for _ in range(rng.randint(1, 8)):
        content[rng.randrange(len(content))] = rng.randrange(256)
    return bytes(content[: rng.randint(0, len(content))] if rng.random() < 0.3 else content)


def _values_changed(rng: Random, valid: dict[str, Any]) -> bytes:
    sent = _changed(rng, valid)
    return json.dumps([sent] * rng.randint(0, 3) if rng.random() < 0.3 else sent).encode()


def _fields_drawn(rng: Random, valid: dict[str, Any]) -> bytes:
    """One item or several whose fields have values as clients around the world send them."""
    count = rng.choice((1, 1, 1, 2, 5))
    items = [with_drawn_fields(rng, valid) for _ in range(count)]
    text = json.dumps(items if count > 1 else items[0], ensure_ascii=rng.random() < 0.5)
    return in_any_encoding(rng, text)


def with_drawn_fields(rng: Random, value: Any, field: str = "") -> Any:
    """The value with most ids and about one other field in nine drawn by their kind."""
    if isinstance(value, dict):
        return {key: with_drawn_fields(rng, item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [with_drawn_fields(rng, item, field) for item in value]
    share = 0.7 if field.endswith("_id") else 0.11
    return drawn_value(rng, field) if rng.random() < share else value


def _deep_inside(rng: Random, valid: dict[str, Any]) -> bytes:
    """A valid body with deep nesting in a field of any type."""
    inside: Any = rng.choice(_STRANGE[:-1])
    for _ in range(rng.choice((3, 100, 176, 178, 190))):
        inside = {"x": inside} if rng.random() < 0.5 else [inside]
    keys = list(valid) or ["x"]
    return json.dumps({**valid, rng.choice(keys): inside}).encode()


def _changed(rng: Random, value: Any) -> Any:
    """The value with random parts replaced, duplicated or omitted."""
    if rng.random() < 0.05:
        return rng.choice(_STRANGE)
    if isinstance(value, dict):
        retained = {key: _changed(rng, item) for key, item in value.items() if rng.random() > 0.05}
        return {**retained, **({"more": rng.choice(_STRANGE)} if rng.random() < 0.1 else {})}
    if isinstance(value, list):
        return [_changed(rng, item) for item in value] * rng.choice((1, 1, 1, 2, 60))
    return value


_WAYS: tuple[Callable[[Random, dict[str, Any]], bytes], ...] = (
    _rubbish,
    _odd_json,
    _deep,
    _bytes_changed,
    _values_changed,
    _values_changed,
    *(_fields_drawn,) * 6,
    _deep_inside,
)
