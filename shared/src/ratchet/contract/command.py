"""Commands that operators send to the system."""

from typing import Literal

from ratchet.contract.event import Event
from ratchet.contract.run import Method


class TrainingRequested(Event):
    """Start a run now, whatever the cool-down and the number of waiting examples.

    `method` None lets the trainer choose.
    """

    type: Literal["TrainingRequested"] = "TrainingRequested"
    requested_by: str
    reason: str = ""
    method: Method | None = None


class CancelRequested(Event):
    """Cancel the open run, or the named one, without a verdict."""

    type: Literal["CancelRequested"] = "CancelRequested"
    requested_by: str
    reason: str = ""
    run_id: str | None = None


class ActivationRequested(Event):
    """Activate the registered `version`; `reason` is for the record."""

    type: Literal["ActivationRequested"] = "ActivationRequested"
    requested_by: str
    reason: str = ""
    version: str


class RollbackRequested(Event):
    """Activate the version that was active before the current one."""

    type: Literal["RollbackRequested"] = "RollbackRequested"
    requested_by: str
    reason: str = ""
