"""The requests of a simulation in the order in which a client would send them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.turn import Turn


@dataclass(frozen=True)
class Call:
    """One body for `path`, sent at simulated time `at`."""

    at: datetime
    path: str
    body: dict[str, object]


def timeline(turns: Iterable[Turn]) -> list[Call]:
    """Experiences at their time and feedback after its delay, earliest first."""
    calls: list[Call] = []
    for turn in turns:
        answered_at = datetime.fromisoformat(str(turn.experience["timestamp"]))
        calls.append(Call(answered_at, "/v1/experiences", turn.experience))
        calls.extend(
            Call(answered_at + timedelta(seconds=reaction.delay_s), "/v1/feedback", reaction.body)
            for reaction in turn.feedback
        )
    return sorted(calls, key=lambda call: call.at)
