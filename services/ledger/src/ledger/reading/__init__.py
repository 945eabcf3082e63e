"""The read model of the ledger, which ingest uses as a library: settings, reader and views."""

from ledger.backends.database import open_for_reading
from ledger.domain.projection.counting import LATENCIES
from ledger.domain.projection.feedback_source import FeedbackSource
from ledger.domain.values import plain
from ledger.reading.async_reader import MOST_SHOWN, AskedLedger
from ledger.reading.reader import LedgerReader
from ledger.reading.settings import LedgerPlace
from ledger.reading.views import (
    Counts,
    ExampleState,
    ExampleView,
    ExperienceStory,
    ExperienceView,
    KeptEvent,
    ModelState,
    ModelStory,
    ModelView,
    RunStory,
    RunView,
    Trainings,
)

__all__ = [
    "LATENCIES",
    "MOST_SHOWN",
    "AskedLedger",
    "Counts",
    "ExampleState",
    "ExampleView",
    "ExperienceStory",
    "ExperienceView",
    "FeedbackSource",
    "KeptEvent",
    "LedgerPlace",
    "LedgerReader",
    "ModelState",
    "ModelStory",
    "ModelView",
    "RunStory",
    "RunView",
    "Trainings",
    "open_for_reading",
    "plain",
]
