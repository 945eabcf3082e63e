"""A request for a training run."""

from dataclasses import dataclass

from ratchet.contract import Method


@dataclass(frozen=True)
class RunRequest:
    """Requests a run now, by any method if `method` is None."""

    by: str
    method: Method | None = None
