"""What the ledger is asked for one answer to the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ledger.reading import Counts, ExperienceView, JudgedRuns, ModelView, RunView, StoredEvent

NOTHING = Counts(0, 0, 0, {"up": 0, "down": 0, "none": 0}, {}, {}, {}, {}, {}, {}, {})


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
    """`shown` experiences have the newest first; `intents` and so on are the most frequent.

    `verdict` is the RunFinished with the curve of the last run that had one.
    """

    counts: Counts = NOTHING
    shown: Sequence[ExperienceView] = ()
    intents: Mapping[str, int] = field(default_factory=dict)
    scenarios: Mapping[str, int] = field(default_factory=dict)
    characteristics: Mapping[str, int] = field(default_factory=dict)
    verdict: StoredEvent | None = None
