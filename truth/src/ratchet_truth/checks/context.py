"""What an answer has been about so far."""

from dataclasses import dataclass, field, replace

from ratchet_truth.situation import JudgedSituation, Row


@dataclass
class Context:
    """The text of an answer and its situation; the device and quantity it is about; what it stated.

    `device` is the position of a device in the situation.
    """

    text: str
    situation: JudgedSituation
    device: int
    quantity: str
    stated: list[Row] = field(default_factory=list)

    def about(self, device: int, quantity: str = "") -> "Context":
        """The same context for another device."""
        return replace(self, device=device, quantity=quantity or self.quantity)

    def own_rows(self, device: int) -> list[Row]:
        return [row for row in self.situation.rows if row.device == device]

    def asked_rows(self) -> list[Row]:
        return [one.row for one in self.situation.requested if one.row is not None]
