"""Composes answers of templates whose condition holds in a situation."""

from random import Random

from simulator.answers.values import values_of
from simulator.situations import Situation
from simulator.wording import worded

OPPOSITES = {
    "above_average": "below_average", "below_average": "above_average",
    "within_limit": "over_limit", "over_limit": "within_limit",
    "over_other": "under_other", "under_other": "over_other",
    "risen": "fallen", "fallen": "risen",
}  # fmt: skip
"""The conditions that say a direction, each with the one that says the other direction."""
_ABOUT = {
    "limit": frozenset(("limit", "average_limit", "within_limit", "over_limit")),
    "change": frozenset(("earlier", "risen", "fallen")),
}
"""The conditions that answer a question about a limit or a change."""
_DIRECTION = 0.1
"""The share of answers that say above or below. A small model copies numbers well and compares them
badly: what is mostly quoted is mostly right."""
_SPOKEN_UNIT = 0.2
_WHOLE = 0.4
_LEAD_ALONE = 0.12
_ABSENCE_ALONE = 0.5


def conditions_of(situation: Situation) -> list[str]:
    """The conditions that hold; beyond its limit, only those of the limit count."""
    rows = situation.rows
    found = []
    value = rows.requested.value if rows.requested else 0.0
    if rows.limit is not None and value > rows.limit.value:
        return ["over_limit", "limit", *(["average_limit"] if rows.average is not None else [])]
    if rows.average is not None:
        found.append("average")
        if value != rows.average.value:
            found.append("above_average" if value > rows.average.value else "below_average")
    if rows.limit is not None:
        found += ["limit", "within_limit"]
        found += ["average_limit"] if rows.average is not None else []
    if situation.there != situation.here and value != rows.elsewhere.value:
        found.append("other")
        found.append("over_other" if value > rows.elsewhere.value else "under_other")
    if rows.earlier is not None and value != rows.earlier.value:
        found += ["earlier", "risen" if value > rows.earlier.value else "fallen"]
    return found


def state(rng: Random, situation: Situation, conditions: list[str] | None = None) -> str:
    """The requested value, mostly with what one of the conditions says."""
    tables = situation.tables
    fields = values_of(situation, spoken=rng.random() < _SPOKEN_UNIT)
    held = conditions_of(situation)
    answering = _asked(situation, held) if conditions is None else conditions
    must_say = "over_limit" in held or answering != held
    quoting = [one for one in answering if one not in OPPOSITES]
    if conditions is None and quoting and rng.random() >= _DIRECTION:
        answering = quoting
    condition = rng.choice(answering) if answering else ""
    whole = worded(tables.whole.get(condition, ()), situation.wording)
    contexts = worded(tables.contexts.get(condition, ()), situation.wording)
    if whole and (not contexts or rng.random() < _WHOLE):
        return rng.choice(whole).format(**fields)
    lead = rng.choice(worded(tables.leads["value"], situation.wording))
    if not contexts or not (must_say or rng.random() >= _LEAD_ALONE):
        return lead.format(**fields)
    return f"{lead} {rng.choice(contexts)}".format(**fields)


def corrected(rng: Random, situation: Situation) -> str:
    """What an operator says instead of a faulty answer: the reading alone, or that it is absent."""
    if situation.requested is not None:
        return state(rng, situation, [])
    lead = rng.choice(worded(situation.tables.absent["leads"], situation.wording))
    return lead.format(**values_of(situation, spoken=False))


def state_absent(rng: Random, situation: Situation) -> str:
    """That the asked reading is not there, sometimes with one that is."""
    absent = situation.tables.absent
    fields = values_of(situation, spoken=False)
    text = rng.choice(worded(absent["leads"], situation.wording))
    kinds = ["elsewhere"] + (["known"] if situation.rows.known is not None else [])
    if rng.random() >= _ABSENCE_ALONE:
        text += " " + rng.choice(worded(absent[rng.choice(kinds)], situation.wording))
    return text.format(**fields)


def _asked(situation: Situation, held: list[str]) -> list[str]:
    """Of the conditions that hold, those that answer the question, if it is about one of them."""
    for about, words in situation.tables.asks.items():
        if any(word in situation.transcript for word in words):
            return [one for one in held if one in _ABOUT[about]] or held
    return held
