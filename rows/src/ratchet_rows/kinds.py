"""The kinds of rows that can be imported, and the HTTP path that records each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Generic, TypeVar

from ratchet_rows.experience import ExperienceRow, read_experience
from ratchet_rows.row import ImportRow, read_passthrough

R_co = TypeVar("R_co", bound=ImportRow, covariant=True)


@dataclass(frozen=True)
class RowKind(Generic[R_co]):
    """A row of this kind has at least one of `marker_keys`; `name` is for messages.

    `read` takes the row, the zone of naive times, and the time of a row without one.
    """

    name: str
    path: str
    marker_keys: frozenset[str]
    read: Callable[[Mapping[str, Any], tzinfo, datetime], R_co]


PAIR_ROWS = RowKind("a pair", "/v1/pairs", frozenset({"chosen", "rejected"}), read_passthrough)
TRACE_ROWS = RowKind(
    "a trace",
    "/v1/traces",
    frozenset({"claude_answer", "claude_thinking", "answer", "trace_id"}),
    read_passthrough,
)
EXPERIENCE_ROWS: RowKind[ExperienceRow] = RowKind(
    "an experience",
    "/v1/experiences",
    frozenset({"query_id", "transcript", "parsed_intent", "widget_plan", "voice_response"}),
    read_experience,
)
KINDS: tuple[RowKind[ImportRow], ...] = (EXPERIENCE_ROWS, TRACE_ROWS, PAIR_ROWS)


def kind_of(row: Mapping[str, Any], kinds: Sequence[RowKind[R_co]]) -> RowKind[R_co] | None:
    """The kind with most marker keys in `row`, None if it has none of any kind."""
    best = max(kinds, key=lambda kind: len(kind.marker_keys & row.keys()))
    return best if best.marker_keys & row.keys() else None
