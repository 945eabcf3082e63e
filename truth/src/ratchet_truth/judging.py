"""Judges a spoken answer against its situation."""

from collections.abc import Sequence

from ratchet_truth.answer.clauses import Clause, Mark
from ratchet_truth.answer.parts import ReadAnswer, read_answer
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.checks.absence import CalledAbsent, calls_absent
from ratchet_truth.checks.attachment import (
    devices_of,
    metrics_of,
    paired,
    rows_of,
    subject_device,
)
from ratchet_truth.checks.blame import fault_of
from ratchet_truth.checks.comparison import holds, references, sign_of, subject_row
from ratchet_truth.checks.context import Context
from ratchet_truth.checks.derived import Support, support_of
from ratchet_truth.checks.strangers import garbled_name, unknown_subject
from ratchet_truth.checks.values import shows
from ratchet_truth.judgment import Fault, Judgment, Verdict
from ratchet_truth.situation import JudgedSituation, Row
from ratchet_truth.vocabulary.devices import STRANGER

_VAGUE = ("more", "less", "más", "menos", "mehr", "weniger", "多", "少")
_NOT_REACH = 6


def judge(answer: str, situation: JudgedSituation) -> Judgment:
    """The judgment of `answer`. Its time has a bound: a longer text is no spoken answer."""
    return _Judging(situation, read_answer(answer, situation)).judgment()


class _Judging:
    """The judgment of one answer, clause by clause."""

    def __init__(self, situation: JudgedSituation, answer: ReadAnswer) -> None:
        self.situation, self.answer = situation, answer
        first = next(iter(situation.requested), None)
        device = first.device if first else (0 if len(situation.devices) == 1 else STRANGER)
        quantity = first.metric.quantity if first else ""
        self.context = Context(answer.text, situation, device, quantity)
        self.absent = CalledAbsent()
        self.faults: list[Fault] = []

    def judgment(self) -> Judgment:
        for sentence in self.answer.sentences:
            pairs = paired(sentence)
            for clause in sentence:
                self._judge(clause, sentence, pairs)
        if not self.answer.is_whole:
            self.faults.append(Fault(Verdict.INVENTED, "more than a spoken answer holds"))
        if not self.faults:
            self.faults += self._unanswered()
        devices = {one.device for clause in self.answer.clauses() for one in clause.devices}
        quantities = {
            one.metric.quantity for clause in self.answer.clauses() for one in clause.metrics
        }
        asked = self.situation.requested
        return Judgment(
            self.faults[0].verdict if self.faults else Verdict.TRUE,
            tuple(self.faults),
            device_named=all(topic.device in devices for topic in asked),
            metric_named=all(topic.metric.quantity in quantities for topic in asked),
            direction_stated=any(clause.signs for clause in self.answer.clauses()),
        )

    def _judge(self, clause: Clause, sentence: Sequence[Clause], pairs: dict[int, int]) -> None:
        before = len(self.faults)
        named = subject_device(clause, self.context.text)
        if named is not None:
            self.context.device = named.device
        quantities = [one.metric.quantity for one in clause.metrics if one.metric.quantity]
        self.context.quantity = next(iter(quantities), self.context.quantity)
        for device in clause.devices:
            garbled = garbled_name(self.answer, device, clause, self.situation)
            if garbled and device.device != STRANGER:
                self.faults.append(Fault(Verdict.WRONG_DEVICE, garbled))
        absent = calls_absent(clause)
        if absent:
            self.faults += filter(None, [self.absent.add(clause, sentence, self.context)])
        amounts = [self._number(number, clause, sentence, pairs) for number in clause.numbers]
        for sign in clause.signs:
            if sign not in amounts:
                self._direction(clause, sign)
        strangers = [one for one in clause.devices if one.device == STRANGER and not one.bare]
        if strangers and len(self.faults) == before and not absent:
            self.faults.append(Fault(Verdict.INVENTED, strangers[0].said))

    def _number(
        self, number: SaidNumber, clause: Clause, sentence: Sequence[Clause], pairs: dict[int, int]
    ) -> Mark | None:
        """Judge a number; returns the direction that it is the amount of, if any."""
        if any(0 < number.start - place <= _NOT_REACH for place in clause.flags.get("not", ())):
            return None
        context = self.context
        devices = devices_of(number, clause, sentence, context)
        if number.start in pairs:
            devices = [pairs[number.start]]
        said = metrics_of(number, clause, sentence, context.text)
        expected = [
            row
            for device in devices
            for metric in said
            for row in rows_of(device, metric, number, context)
        ]
        stated = next((row for row in expected if shows(number, row)), None)
        if stated is not None:
            self._state(stated, number, sentence)
            return None
        sign = sign_of(number, clause.signs, context.text)
        support = support_of(number, clause, sentence, sign, context)
        if support is Support.EARLIER:
            return None
        if support is Support.TURNED:
            self.faults.append(Fault(Verdict.WRONG_DIRECTION, self._quote(clause)))
        elif support is Support.NONE and sign is not None and devices[0] != STRANGER:
            quote = context.text[number.start : number.end]
            self.faults.append(Fault(Verdict.INVENTED, quote))
        elif support is Support.NONE:
            self.faults.append(fault_of(number, devices[0], said, expected, clause, context))
        return sign

    def _state(self, row: Row, number: SaidNumber, sentence: Sequence[Clause]) -> None:
        self.context.stated.append(row)
        if not any(clause.devices for clause in sentence):
            strange = unknown_subject(self.answer, sentence, number, self.situation)
            if strange:
                self.faults.append(Fault(Verdict.WRONG_DEVICE, strange, row.described()))

    def _direction(self, clause: Clause, sign: Mark) -> None:
        """Judge a direction that no number belongs to."""
        context = self.context
        subject = subject_row(clause, sign, context)
        if subject is None:
            return
        named = references(clause, sign, subject, context)
        word = context.text[sign.start : sign.end].lower()
        if not named and word not in _VAGUE and sign.kind in ("above", "below"):
            named = [row for row in context.stated if not row.metric.plain and row != subject][-1:]
        if named and not holds(sign, clause.negated, subject, named[0]):
            fault = Fault(Verdict.WRONG_DIRECTION, self._quote(clause), named[0].described())
            self.faults.append(fault)

    def _unanswered(self) -> list[Fault]:
        """The fault of an answer that says nothing false, if it does not answer."""
        stated, requested = self.context.stated, self.situation.requested
        unasked = [row for row in stated if row not in self.context.asked_rows()]
        for topic in requested:
            row = topic.row
            if row in stated if row is not None else topic in self.absent.topics:
                continue
            instead = row.described() if row is not None else ""
            if row is not None and topic in self.absent.topics:
                return [Fault(Verdict.REFUSED, "", instead)]
            if self.absent.elsewhere:
                return self.absent.elsewhere[:1]
            if unasked:
                away = all(other.device != topic.device for other in unasked)
                verdict = Verdict.WRONG_DEVICE if away else Verdict.WRONG_METRIC
                return [Fault(verdict, unasked[0].described(), instead)]
            return [Fault(Verdict.NOT_STATED, "", instead)]
        return [] if requested or stated else [Fault(Verdict.NOT_STATED)]

    def _quote(self, clause: Clause) -> str:
        return self.context.text[clause.start : clause.end].strip(" ,;.")
