"""What a person asks the system to do."""

from typing import Literal

from ratchet.events.base import Event


class TrainingRequested(Event):
    """Ask for a run now: cool-down and the waiting count no longer hold it back."""

    type: Literal["TrainingRequested"] = "TrainingRequested"
    requested_by: str
    reason: str = ""
