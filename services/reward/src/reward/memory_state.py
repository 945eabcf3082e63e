"""State without a server, for files and tests."""

from collections.abc import Sequence

from ratchet.contract import Done, Event, Outcome


class MemoryState:
    """`ratchet.contract.State` in a dictionary."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        return {key: self.values.get(key) for key in keys}

    def apply(self, outcomes: Sequence[Outcome]) -> list[Event]:
        """Apply the writes of the outcomes; returns the events that they emit."""
        emitted: list[Event] = []
        for outcome in outcomes:
            if isinstance(outcome, Done):
                emitted.extend(outcome.emits)
                for write in outcome.writes:
                    if write.value is None:
                        self.values.pop(write.key, None)
                    else:
                        self.values[write.key] = write.value
        return emitted
