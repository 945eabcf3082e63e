"""Generates files of rows from a seed: formats, encodings, errors and values of all kinds."""

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from http_load.encodings import in_any_encoding
from http_load.fuzzing import ROUTES, with_drawn_fields

_ROWS = ("/v1/experiences", "/v1/traces", "/v1/pairs")


def written(directory: Path, count: int, seed: int) -> Iterator[tuple[int, Path]]:
    """Numbered files, each gone when the next one is requested."""
    rng = Random(seed)
    for number in range(count):
        rows = [_row(rng, ROUTES[rng.choice(_ROWS)]) for _ in range(rng.randint(0, 5))]
        suffix, text = _as_text(rng, rows)
        content = in_any_encoding(rng, text)
        if rng.random() < 0.1:
            content = _damaged(rng, content)
        path = directory / f"{number}{suffix}"
        path.write_bytes(content)
        yield number, path
        path.unlink()


def _row(rng: Random, valid: dict[str, Any]) -> Any:
    return (
        rng.choice((None, 1, "row", [])) if rng.random() < 0.05 else with_drawn_fields(rng, valid)
    )


def _as_text(rng: Random, rows: list[Any]) -> tuple[str, str]:
    lines = [json.dumps(row, ensure_ascii=rng.random() < 0.5) for row in rows]
    match rng.randrange(4):
        case 0:
            return ".jsonl", rng.choice(("\n", "\r\n", "\n\n")).join(lines)
        case 1:
            saved = with_drawn_fields(rng, {"saved_at": "2026-01-20T08:00:00Z"})
            return ".json", json.dumps({"experiences": rows, **saved})
        case 2:
            return rng.choice((".json", ".txt", "")), "\n".join(lines)
        case _:
            return ".json", f"[{','.join(lines)}]"


def _damaged(rng: Random, content: bytes) -> bytes:
    if rng.random() < 0.5:
        return content[: rng.randint(0, len(content))]
    changed = bytearray(content)
    for _ in range(min(len(changed), rng.randint(1, 4))):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)
