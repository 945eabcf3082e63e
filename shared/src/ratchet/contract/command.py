"""What a person asks the system to do."""

from typing import Literal

from ratchet.contract.event import Event
from ratchet.contract.run import Method


class TrainingRequested(Event):
    """Ask for a run now: cool-down and the waiting count no longer hold it back.

    `method` None leaves the choice to the trainer.
    """

    type: Literal["TrainingRequested"] = "TrainingRequested"
    requested_by: str
    reason: str = ""
    method: Method | None = None


class CancelRequested(Event):
    """Ask to end the run at work, or the named one, without a verdict on what it learnt."""

    type: Literal["CancelRequested"] = "CancelRequested"
    requested_by: str
    reason: str = ""
    run_id: str | None = None


class ActivationRequested(Event):
    """Ask that the registered `version` be the one that serves; `reason` is for the record."""

    type: Literal["ActivationRequested"] = "ActivationRequested"
    requested_by: str
    reason: str = ""
    version: str


class RollbackRequested(Event):
    """Ask that the version that served before the active one serve again."""

    type: Literal["RollbackRequested"] = "RollbackRequested"
    requested_by: str
    reason: str = ""
