"""The ledger's figures behind one response to the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.reading import Counts, ExperienceView, JudgedRuns, ModelView, RunView, StoredEvent

NOTHING = Counts(0, 0, 0, 0, {"up": 0, "down": 0, "none": 0}, {}, {}, {}, {}, {}, {}, {})


@dataclass(frozen=True)
class Ratings:
    up: int
    down: int
    none: int


def ratings_of(counts: Counts) -> Ratings:
    return Ratings(counts.ratings["up"], counts.ratings["down"], counts.ratings["none"])


@dataclass(frozen=True)
class StatusFigures:
    """`recent` experiences and `runs` have the newest first, `trainings` are by method."""

    counts: Counts = NOTHING
    recent: Sequence[ExperienceView] = ()
    runs: Sequence[RunView] = ()
    trainings: Mapping[str, JudgedRuns] = field(default_factory=dict)
    in_service: ModelView | None = None


@dataclass(frozen=True)
class HistoryFigures:
    """`shown` experiences have the newest first; the mappings hold the most frequent values.

    `verdict` is the RunFinished of the last run that has a loss curve.
    """

    counts: Counts = NOTHING
    shown: Sequence[ExperienceView] = ()
    intents: Mapping[str, int] = field(default_factory=dict)
    scenarios: Mapping[str, int] = field(default_factory=dict)
    characteristics: Mapping[str, int] = field(default_factory=dict)
    verdict: StoredEvent | None = None
