"""The read model of the ledger, which ingest uses as a library: settings, reader and views."""

# fmt: off
# isort: off
from ledger.backends.database import open_for_reading
from ledger.domain.projection.counting import LATENCIES
from ledger.domain.projection.counting import FeedbackSource
from ledger.domain.values import plain
from ledger.reading.async_reader import MOST_SHOWN, AsyncLedger
from ledger.reading.details import ExperienceDetails, ModelDetails, RunDetails
from ledger.reading.explanation import COMPONENTS, CONTRACT_HASH, ExplainedExperience
from ledger.reading.reader import LedgerReader
from ledger.reading.settings import LedgerLocation
from ledger.reading.views import (
    Counts, ExampleState, ExampleView, ExperienceView, JudgedRuns, ModelState, ModelView,
    RunView, StoredEvent,
)
