"""What can never be handled is kept, whole, with its reason, until a person decides."""

from dataclasses import dataclass

from ratchet.contract import Stream


@dataclass(frozen=True)
class DeadLetter:
    """`payload` is the message as it came; `attempts` counts its deliveries to `group`."""

    stream: Stream
    group: str
    entry_id: str
    payload: bytes
    error: str
    attempts: int

    def fields(self) -> dict[str, bytes | str | int]:
        return {
            "group": self.group,
            "entry_id": self.entry_id,
            "payload": self.payload,
            "error": self.error,
            "attempts": self.attempts,
        }
