"""State without a server: for offline work and for unit tests."""

from collections.abc import Sequence

from ratchet.contract import Done, Event, Outcome


class MemoryState:
    """`ratchet.contract.State` over a dictionary."""

    def __init__(self) -> None:
        self.values: dict[str, bytes] = {}

    async def read(self, keys: Sequence[str]) -> dict[str, bytes | None]:
        return {key: self.values.get(key) for key in keys}

    def apply(self, outcomes: Sequence[Outcome]) -> list[Event]:
        """Carry out what the outcomes ask for; returns the events they emit."""
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
