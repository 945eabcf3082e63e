"""What somebody asked the trainer for."""

from dataclasses import dataclass

from ratchet.contract import Method


@dataclass(frozen=True)
class Request:
    """A run now; by any method that can where `method` is None."""

    by: str
    method: Method | None = None
