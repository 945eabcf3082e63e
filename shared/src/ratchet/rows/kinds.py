"""The kinds of rows that can be imported, and the call that records each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, Generic, TypeVar

from ratchet.rows.experience import ExperienceRow, read_experience
from ratchet.rows.passthrough import read_told
from ratchet.rows.row import Row

R_co = TypeVar("R_co", bound=Row, covariant=True)


@dataclass(frozen=True)
class Kind(Generic[R_co]):
    """A row of this kind has at least one key of `telling`; `name` is what one is called.

    `read` takes the row, the zone of naive times and the time that stands in for none.
    """

    name: str
    path: str
    telling: frozenset[str]
    read: Callable[[Mapping[str, Any], tzinfo, datetime], R_co]


PAIR_ROWS = Kind("a pair", "/v1/pairs", frozenset({"chosen", "rejected"}), read_told)
TRACE_ROWS = Kind(
    "a trace",
    "/v1/traces",
    frozenset({"claude_answer", "claude_thinking", "answer", "trace_id"}),
    read_told,
)
EXPERIENCE_ROWS: Kind[ExperienceRow] = Kind(
    "an experience",
    "/v1/experiences",
    frozenset({"query_id", "transcript", "parsed_intent", "widget_plan", "voice_response"}),
    read_experience,
)
KINDS: tuple[Kind[Row], ...] = (EXPERIENCE_ROWS, TRACE_ROWS, PAIR_ROWS)


def kind_of(row: Mapping[str, Any], kinds: Sequence[Kind[R_co]]) -> Kind[R_co] | None:
    """The one of `kinds` that most keys of `row` tell of, None where none does."""
    told = max(kinds, key=lambda kind: len(kind.telling & row.keys()))
    return told if told.telling & row.keys() else None
