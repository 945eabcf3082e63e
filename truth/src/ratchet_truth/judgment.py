"""What a judgment says of an answer: one verdict, and each fault with the words that it is in."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The first fault of an answer, or `TRUE`.

    `WRONG_DIRECTION` covers "above" for "below" and a share of another reading than the named one.
    `REFUSED`: the answer calls a reading absent that the situation has. `STATED_ABSENT`: it states
    a value where the situation has none. `NOT_STATED`: it says nothing false and gives neither the
    requested reading nor its absence.
    """

    TRUE = "true"
    WRONG_VALUE = "wrong_value"
    WRONG_UNIT = "wrong_unit"
    WRONG_DIRECTION = "wrong_direction"
    WRONG_DEVICE = "wrong_device"
    WRONG_METRIC = "wrong_metric"
    INVENTED = "invented"
    REFUSED = "refused"
    STATED_ABSENT = "stated_absent"
    NOT_STATED = "not_stated"


_UNSUPPORTED = frozenset((Verdict.WRONG_VALUE, Verdict.INVENTED, Verdict.STATED_ABSENT))
_WITHHELD = frozenset((Verdict.NOT_STATED, Verdict.REFUSED))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `said` quotes the answer, `reading` is what holds instead, if any.

    Both are short texts for a person, and empty where there is nothing to show.
    """

    verdict: Verdict
    said: str = ""
    reading: str = ""


@dataclass(frozen=True, slots=True)
class Judgment:
    """The judgment of one answer.

    `verdict` is that of the first of `faults`. `device_named` and `metric_named` tell whether the
    answer names the requested device and quantity itself, or leaves them to the question;
    `direction_stated`, whether it says above, below, within, rising or falling.
    """

    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    device_named: bool = False
    metric_named: bool = False
    direction_stated: bool = False

    @property
    def is_true(self) -> bool:
        """Whether the answer states what was requested, and nothing that is false."""
        return self.verdict is Verdict.TRUE

    @property
    def invents(self) -> bool:
        """Whether the answer has a value that no reading of the situation supports."""
        return any(fault.verdict in _UNSUPPORTED for fault in self.faults)

    @property
    def is_untrue(self) -> bool:
        """Whether the answer states something false, or another reading instead of the asked one.

        An answer that states nothing, or calls a listed reading absent, is neither true nor untrue.
        """
        return any(fault.verdict not in _WITHHELD for fault in self.faults)

    def has(self, verdict: Verdict) -> bool:
        """Whether one of the faults is of this kind."""
        return any(fault.verdict is verdict for fault in self.faults)
