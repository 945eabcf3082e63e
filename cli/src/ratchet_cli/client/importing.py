"""Send the rows of a file through a running system: once, however often they are sent."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

from ratchet.rows import RefusedRow, Row
from ratchet_cli.client.posting import post_until_answered

_REFUSALS = (413, 422)
_CLOSED = (401, 403)
Numbered = tuple[int, Row | RefusedRow]


class NotAdmitted(Exception):
    """The intake wants a key that may write; the message is its own."""


class StrangeAnswer(Exception):
    """What answers is no intake; the message is what it said."""


@dataclass
class Imported:
    """`repairs` counts rows by kind of repair; `refused` has the reason by row number."""

    read: int = 0
    sent: int = 0
    already_there: int = 0
    naive: int = 0
    repaired: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    refused: dict[int, str] = field(default_factory=dict)

    @property
    def new(self) -> int:
        return self.sent - self.already_there


async def import_rows(
    client: httpx.AsyncClient,
    path: str,
    rows: Iterable[Numbered],
    imported: Imported,
    batch: int,
    patience_s: float,
    on_batch: Callable[[int], None],
) -> None:
    """Send `rows` to `path` in batches of at most `batch`, counting into `imported` as it goes.

    A row's event is named by its content and occurred when it was said, so that the same
    row is one fact whenever it comes. Raises `NoAnswer` when the server has
    not answered one batch within `patience_s`, `NotAdmitted`, and `StrangeAnswer` for what no
    intake says: what `imported` counts as sent is durable.
    """
    rows = iter(rows)
    while taken := list(islice(rows, batch)):
        ready = [(number, row) for number, row in taken if isinstance(row, Row)]
        for number, row in taken:
            _note(imported, number, row)
        if ready:
            await _send(client, path, ready, imported, patience_s)
        on_batch(len(taken))


async def _send(
    client: httpx.AsyncClient,
    path: str,
    rows: list[tuple[int, Row]],
    imported: Imported,
    patience_s: float,
) -> None:
    """Send `rows` at once; what is refused as a whole goes again in halves, down to one row."""
    body = [_item(row) for _, row in rows]
    response, _ = await post_until_answered(client, path, body, patience_s=patience_s)
    answer = _answer_of(response)
    if response.is_success or answer["problems"]:
        _settle(imported, [number for number, _ in rows], answer)
    elif len(rows) == 1:
        imported.refused[rows[0][0]] = f"{response.status_code} {answer.get('error', '')}"
    else:
        half = len(rows) // 2
        await _send(client, path, rows[:half], imported, patience_s)
        await _send(client, path, rows[half:], imported, patience_s)


def _note(imported: Imported, number: int, row: Row | RefusedRow) -> None:
    imported.read += 1
    if isinstance(row, RefusedRow):
        imported.refused[number] = row.reason
        return
    imported.naive += row.naive
    imported.repaired += bool(row.repairs)
    imported.repairs.update(row.repairs)


def _item(row: Row) -> dict[str, object]:
    return {**row.item, "event_id": row.event_id, "occurred_at": row.at.isoformat()}


def _settle(imported: Imported, numbers: list[int], answer: dict[str, Any]) -> None:
    for problem in answer["problems"]:
        number = numbers[problem["index"]]
        imported.refused.setdefault(number, f"{problem['field']}: {problem['message']}")
    imported.sent += answer.get("accepted", 0)
    imported.already_there += answer.get("repeated", 0)


def _answer_of(response: httpx.Response) -> dict[str, Any]:
    """What an intake says: counts and problems.

    Raises `NotAdmitted`, and `StrangeAnswer` for anything else.
    """
    try:
        answer = response.json()
    except ValueError:
        answer = None
    if response.status_code in _CLOSED and isinstance(answer, dict):
        raise NotAdmitted(str(answer.get("error", response.text[:200])))
    known = response.is_success or response.status_code in _REFUSALS
    if known and isinstance(answer, dict) and (not response.is_success or "accepted" in answer):
        return {"problems": [], **answer}
    raise StrangeAnswer(f"{response.status_code} {response.text[:200]}")
