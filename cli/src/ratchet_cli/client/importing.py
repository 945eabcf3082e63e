"""Sends rows of a file to the intake, so that each counts once however often it is sent."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import httpx

from ratchet.command_line import post_until_answered
from ratchet_cli.client.unexpected_response import UnexpectedResponse
from ratchet_rows import NO_PLAN, ImportRow, RefusedRow

_REFUSALS = (413, 422)
_NO_ACCESS = (401, 403)
NumberedRow = tuple[int, ImportRow | RefusedRow]


class ApiKeyRejected(Exception):
    """The intake requires an API key with the scope `write`; the message is its own."""


@dataclass
class ImportCounts:
    """`repairs` counts rows by kind of repair; `refused` has the reason by row number.

    `planned` counts experiences with a widget plan, `unplanned` those that lack nothing but one.
    """

    read: int = 0
    sent: int = 0
    already_there: int = 0
    naive: int = 0
    repaired: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    refused: dict[int, str] = field(default_factory=dict)
    planned: int = 0
    unplanned: int = 0

    @property
    def new(self) -> int:
        return self.sent - self.already_there


def accept_no_plans(counts: ImportCounts) -> None:
    """An assistant of which no answer has widgets shows none, and its rows lack nothing."""
    if not counts.planned:
        counts.repaired -= counts.unplanned
        del counts.repairs[NO_PLAN]


async def import_rows(
    client: httpx.AsyncClient,
    path: str,
    rows: Iterable[NumberedRow],
    counts: ImportCounts,
    batch: int,
    patience_s: float,
    on_batch: Callable[[int], None],
    on_retry: Callable[[str], None] = lambda problem: None,
) -> None:
    """Send `rows` to `path` in batches of at most `batch`, and add each to `counts`.

    The event id of a row follows from its content, so that the same row is one event however
    often it is sent. Raises `NoAnswer` if a batch has no answer within `patience_s`,
    `ApiKeyRejected`, and `UnexpectedResponse`; the rows that `counts` has as sent are durable then.
    """
    rows = iter(rows)
    while numbered := list(islice(rows, batch)):
        ready = [(number, row) for number, row in numbered if isinstance(row, ImportRow)]
        for number, row in numbered:
            _count(counts, number, row)
        if ready:
            await _send(client, path, ready, counts, patience_s, on_retry)
        on_batch(len(numbered))


async def _send(
    client: httpx.AsyncClient,
    path: str,
    rows: list[tuple[int, ImportRow]],
    counts: ImportCounts,
    patience_s: float,
    on_retry: Callable[[str], None],
) -> None:
    """Send `rows` in one request; if it is refused as a whole, in halves, down to one row."""
    items = [_item(row) for _, row in rows]
    response, _ = await post_until_answered(client, path, items, on_retry, patience_s)
    body = _body_of(response)
    if response.is_success or body["problems"]:
        _count_response(counts, [number for number, _ in rows], body)
    elif len(rows) == 1:
        counts.refused[rows[0][0]] = f"{response.status_code} {body.get('error', '')}"
    else:
        half = len(rows) // 2
        await _send(client, path, rows[:half], counts, patience_s, on_retry)
        await _send(client, path, rows[half:], counts, patience_s, on_retry)


def _count(counts: ImportCounts, number: int, row: ImportRow | RefusedRow) -> None:
    counts.read += 1
    if isinstance(row, RefusedRow):
        counts.refused[number] = row.reason
        return
    counts.planned += NO_PLAN not in row.repairs
    counts.unplanned += row.repairs == (NO_PLAN,)
    counts.naive += row.naive
    counts.repaired += bool(row.repairs)
    counts.repairs.update(row.repairs)


def _item(row: ImportRow) -> dict[str, object]:
    return {**row.item, "event_id": row.event_id, "occurred_at": row.at.isoformat()}


def _count_response(counts: ImportCounts, numbers: list[int], body: dict[str, Any]) -> None:
    for problem in body["problems"]:
        number = numbers[problem["index"]]
        counts.refused.setdefault(number, f"{problem['field']}: {problem['message']}")
    counts.sent += body.get("accepted", 0)
    counts.already_there += body.get("repeated", 0)


def _body_of(response: httpx.Response) -> dict[str, Any]:
    """The counts and problems in an intake's response.

    Raises `ApiKeyRejected`, and `UnexpectedResponse` for any other response.
    """
    try:
        body = response.json()
    except ValueError:
        body = None
    if response.status_code in _NO_ACCESS and isinstance(body, dict):
        raise ApiKeyRejected(str(body.get("error", response.text[:200])))
    known = response.is_success or response.status_code in _REFUSALS
    if known and isinstance(body, dict) and (not response.is_success or "accepted" in body):
        return {"problems": [], **body}
    raise UnexpectedResponse(response)
