"""Checks what an answer calls absent: "not listed", "liegt nicht vor", "没有读数"."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ratchet_truth.answer.clauses import Clause
from ratchet_truth.checks.attachment import rows_of
from ratchet_truth.checks.blame import is_about
from ratchet_truth.checks.context import Context
from ratchet_truth.judgment import Fault, Verdict
from ratchet_truth.situation import AskedRow

_AFTER = 48
_BEFORE = 24


@dataclass
class CalledAbsent:
    """The topics that an answer calls absent, and what else it calls so."""

    topics: list[AskedRow] = field(default_factory=list)
    elsewhere: list[Fault] = field(default_factory=list)

    def add(self, clause: Clause, sentence: Sequence[Clause], context: Context) -> Fault | None:
        """Note what a clause calls absent; a fault if a reading has it that was not asked for."""
        named = [one.device for other in (clause, *sentence) for one in other.devices]
        device = named[0] if named else context.device
        said = [one.metric for one in clause.metrics] or [
            one.metric for other in sentence for one in other.metrics
        ]
        quote = context.text[clause.start : clause.end].strip(" ,;.")
        requested = context.situation.requested
        about = [
            topic for topic in requested if topic.device == device and is_about(said, topic.metric)
        ]
        self.topics += about
        if about:
            return None
        if all(topic.device != device for topic in requested):
            self.elsewhere.append(Fault(Verdict.WRONG_DEVICE, quote))
            return None
        rows = [row for metric in said for row in rows_of(device, metric, None, context)]
        if rows:
            return Fault(Verdict.REFUSED, quote, rows[0].described())
        self.elsewhere.append(Fault(Verdict.WRONG_METRIC, quote))
        return None


def calls_absent(clause: Clause) -> bool:
    """Whether a clause says that something has no reading.

    A clause with a direction or with a value and a unit says something else.
    """
    if clause.signs or any(number.unit is not None for number in clause.numbers):
        return False
    if clause.flags.get("absent"):
        return True
    records = clause.flags.get("record", ())
    return any(
        0 < record - place <= _AFTER or 0 < place - record <= _BEFORE
        for place in clause.flags.get("not", ())
        for record in records
    )
