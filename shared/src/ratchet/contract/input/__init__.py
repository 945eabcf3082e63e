"""The one definition of times, ids and free values in HTTP bodies, files and streams."""

# fmt: off
# isort: off
from ratchet.contract.input.door import Door, FreeObject, FreeValue, FreeValues, Index
from ratchet.contract.input.identifier import (
    DecisionId, EventId, OtherId, QueryId, UserId, identifier, known_as,
)
from ratchet.contract.input.moment import EARLIEST, LATEST, Moment, NaiveMoment, read_time
