"""Which device and metric each number of an answer belongs to."""

from collections.abc import Sequence

from ratchet_truth.answer.clauses import Clause
from ratchet_truth.answer.quantities import SaidNumber
from ratchet_truth.checks.context import Context
from ratchet_truth.situation import Row
from ratchet_truth.vocabulary.devices import NamedDevice
from ratchet_truth.vocabulary.metrics import MetricMeaning, fits
from ratchet_truth.vocabulary.units import comparable

_ADJACENT = 3
_EARLIER = MetricMeaning("", frozenset(("earlier",)))
_LINK_REACH = 14
_LINKS = frozenset(("at", "for", "of", "on", "in", "bei", "von", "an", "en", "de", "del"))
_OPENING_LINKS = frozenset(("at", "with", "mit", "bei", "con", "a"))
_POSTPOSITIONS = ("से", "se")
_POSTPOSITION_REACH = 4


def is_reference(clause: Clause, device: NamedDevice, text: str) -> bool:
    """Whether a device stands after a direction or "than", or before a postposition."""
    before = [sign.start for sign in clause.signs] + clause.flags.get("than", [])
    if any(place < device.start for place in before):
        return True
    after = text[device.end : device.end + _POSTPOSITION_REACH].strip()
    return bool(clause.signs) and after.startswith(_POSTPOSITIONS)


def subject_device(clause: Clause, text: str) -> NamedDevice | None:
    """The first device of a clause that it does not only compare with."""
    return next((one for one in clause.devices if not is_reference(clause, one, text)), None)


def paired(sentence: Sequence[Clause]) -> dict[int, int]:
    """The devices of numbers by their places, after a list of devices: "1 and 2 draw 4 and 5"."""
    devices = [one for clause in sentence for one in clause.devices]
    if len(devices) < 2 or len({one.device for one in devices}) < len(devices):
        return {}
    last = devices[-1].start
    numbers = [one for clause in sentence for one in clause.numbers if one.start > last]
    if len(devices) != len(numbers):
        return {}
    return {number.start: one.device for number, one in zip(numbers, devices, strict=True)}


def devices_of(
    number: SaidNumber, clause: Clause, sentence: Sequence[Clause], context: Context
) -> list[int]:
    """The devices that a number may belong to, the likeliest first.

    That is the last one before it; one that follows it directly ("45 kW at pump 2"); after a colon
    the subject of the clause too; without one in the clause, those of the sentence, or of the
    answer so far. After "with 45 kW," it is the subject that follows.
    """
    text = context.text
    before = [one for one in clause.devices if one.end <= number.start]
    after = [one for one in clause.devices if one.start >= number.end]
    if before:
        found = [before[-1].device]
        if ":" in text[before[-1].end : number.start]:
            found.insert(0, before[0].device)
        if after and _is_link(text[number.end : after[0].start]):
            found.insert(0, after[0].device)
        return found
    if after and not is_reference(clause, after[0], text):
        return [after[0].device]
    earlier = [
        (one.device, is_reference(other, one, text))
        for other in sentence
        for one in other.devices
        if one.end <= number.start
    ]
    if not earlier and _opens_with_link(clause, text):
        following = [
            subject_device(other, text) for other in sentence if other.start > clause.start
        ]
        return [one.device for one in following if one is not None][:1] or [context.device]
    subjects = [device for device, reference in earlier if not reference]
    last = [device for device, _ in earlier[-1:]]
    return [*subjects[-1:], *last] or [context.device]


def _opens_with_link(clause: Clause, text: str) -> bool:
    """Whether a clause begins with a word such as "with", and its subject comes later."""
    return text[clause.start : clause.end].lower().split(None, 1)[0] in _OPENING_LINKS


def _is_link(between: str) -> bool:
    return len(between) <= _LINK_REACH and between.strip().lower() in _LINKS


def metrics_of(
    number: SaidNumber, clause: Clause, sentence: Sequence[Clause], text: str
) -> list[MetricMeaning | None]:
    """The metrics that a number may belong to; None for one that is not named."""
    before = [one for one in clause.metrics if one.end <= number.start]
    after = [one for one in clause.metrics if one.start >= number.end]
    found: list[MetricMeaning | None] = [one.metric for one in before[-1:]]
    if found and ":" in text[before[-1].end : number.start]:
        found.append(None)
    follows = any(one.start > number.start for one in clause.numbers)
    if after and (after[0].start - number.end <= _ADJACENT or not (before or follows)):
        found.append(after[0].metric)
    if found == [_EARLIER] and any(sign.kind in ("rising", "falling") for sign in clause.signs):
        found.append(None)  # "since yesterday from 3.6 to 4.2 bar"
    if found:
        return found
    earlier = [
        one.metric
        for other in sentence
        for one in other.metrics
        if one.end <= number.start and not one.metric.plain
    ]
    return [None, *earlier[-1:]]


def rows_of(
    device: int, said: MetricMeaning | None, number: SaidNumber | None, context: Context
) -> list[Row]:
    """The readings of a device that a named metric, or none, may mean."""
    own = context.own_rows(device)
    if said is not None and said.quantity:
        return [row for row in own if fits(said, row.metric)]
    if said is None:
        asked = [row for row in context.asked_rows() if row.device == device]
        usual = [row for row in own if row.metric.plain and unit_fits(number, row)]
        carried = [row for row in usual if row.metric.quantity == context.quantity]
        return [row for row in asked if unit_fits(number, row)] or carried or usual
    fitting = [row for row in own if row.metric.references == said.references]
    if not fitting and said.references == {"maximum"}:
        fitting = [row for row in own if row.metric.references == {"limit"}]
    carried = [row for row in fitting if row.metric.quantity == context.quantity]
    return carried or [row for row in fitting if unit_fits(number, row)]


def unit_fits(number: SaidNumber | None, row: Row) -> bool:
    """Whether a number may be in the unit of a reading."""
    if number is None or number.unit is None or row.unit is None:
        return True
    return comparable(row.unit, number.unit)
