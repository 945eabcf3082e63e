"""What an answer of the server says about the batch that was sent."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ValidationError

from ratchet_client.dropped import FieldProblem

_FAULTS_OF_ITEMS = (400, 413, 415, 422)
_LONGEST_PAUSE_S = 300.0


@dataclass(frozen=True)
class Answered:
    """Every event of the batch was accepted, or `refused` by its index; `unnamed` is sent again.

    `repeated` counts accepted events that the server already had.
    """

    refused: Mapping[int, tuple[FieldProblem, ...]]
    repeated: int = 0
    warnings: tuple[FieldProblem, ...] = ()
    unnamed: frozenset[int] = field(default=frozenset())


@dataclass(frozen=True)
class TooMuch:
    """The server refuses the body without naming an item: fewer items find the one."""

    problem: str


@dataclass(frozen=True)
class NotNow:
    """No event of the batch was settled. `after_s` is the server's Retry-After.

    `crashed` marks an internal error, which one of the events may cause.
    """

    problem: str
    after_s: float | None = None
    crashed: bool = False


class _Problem(BaseModel):
    index: int
    field: str = ""
    message: str = ""


class _Body(BaseModel):
    accepted: int = 0
    repeated: int = 0
    problems: list[_Problem] = []
    warnings: list[_Problem] = []
    detail: str = ""


def read_answer(
    status: int, headers: Mapping[str, str], body: bytes, sent: int
) -> Answered | TooMuch | NotNow:
    """What became of the `sent` events of a batch."""
    try:
        answer = _Body.model_validate_json(body)
    except ValidationError:
        answer = None
    problem = f"HTTP {status}{': ' + answer.detail if answer and answer.detail else ''}"
    if status == 202 and answer is not None:
        refused = _by_index(answer.problems, sent)
        if answer.accepted + len(refused) == sent:
            warnings = tuple(FieldProblem(w.field, w.message) for w in answer.warnings)
            return Answered(refused, answer.repeated, warnings)
        return NotNow(f"HTTP 202 for {answer.accepted} of {sent} events")
    if status in _FAULTS_OF_ITEMS:
        refused = _by_index(answer.problems, sent) if answer else {}
        if refused:
            return Answered(refused, unnamed=frozenset(range(sent)) - refused.keys())
        return TooMuch(problem)
    return NotNow(problem, _retry_after(headers), crashed=status == 500)


def _by_index(problems: list[_Problem], sent: int) -> dict[int, tuple[FieldProblem, ...]]:
    found: dict[int, list[FieldProblem]] = defaultdict(list)
    for one in problems:
        if 0 <= one.index < sent:
            found[one.index].append(FieldProblem(one.field, one.message))
    return {index: tuple(those) for index, those in found.items()}


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of the header if it has whole seconds, at most five minutes."""
    value = headers.get("retry-after", "")
    return min(float(value), _LONGEST_PAUSE_S) if value.isdecimal() else None
