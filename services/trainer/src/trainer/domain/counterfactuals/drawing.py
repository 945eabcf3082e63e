"""Draws the new facts of a copy."""

import re
from collections.abc import Mapping, Sequence
from random import Random

from ratchet_truth import RequestedReading
from ratchet_truth.vocabulary.metrics import metric_of
from ratchet_truth.vocabulary.phrases import language_in, phrases_in
from ratchet_truth.vocabulary.tokens import tokens_in
from trainer.domain.counterfactuals.change import Change, MetricChange, NewReading
from trainer.domain.counterfactuals.equipment import Equipment, Language
from trainer.domain.counterfactuals.facts import Facts
from trainer.domain.counterfactuals.names import draw_heads, draw_names
from trainer.domain.counterfactuals.prompt_values import ValuesOfPrompt, draw_prompt_values
from trainer.domain.counterfactuals.quantities import QUANTITIES, quantity_named
from trainer.domain.runs.recipe import VariedPart

_UNTOLD = ("current",)
"""Names of metrics that have another meaning in their language ("the current value")."""


def draw_change(rng: Random, facts: Facts, parts: Sequence[VariedPart]) -> Change | None:
    """New facts for the varied parts; None if no draw fits."""
    names = [device.name for device in facts.situation.devices]
    languages = languages_of(facts)
    quantities = {row.metric.quantity for row in facts.situation.rows}
    quantities |= {topic.metric.quantity for topic in facts.situation.requested}
    heads: Mapping[str, Equipment] = {}
    if "devices" in parts:
        stated = [(row.value, row.unit) for row in facts.readings]
        drawn = (draw_heads(rng, names, quantities, stated, one) for one in languages)
        heads = next((one for one in drawn if one is not None), {})
        if not heads:
            return None
    renamed: Mapping[str, str] | None = {name: name for name in names}
    if "devices" in parts or "numbers" in parts:
        renamed = draw_names(rng, names, heads)
    metric = None
    if "metrics" in parts:
        found = (draw_metric(rng, facts, heads, one) for one in languages)
        metric = next((one for one in found if one is not None), None)
    if renamed is None or ("metrics" in parts and metric is None):
        return None
    values: ValuesOfPrompt | None = ValuesOfPrompt.of(facts)
    if "values" in parts:
        families = [one.family for one in heads.values()]
        values = draw_prompt_values(rng, facts, metric, families)
    if values is None:
        return None
    readings = {
        row: NewReading(
            RequestedReading(
                renamed[row.equipment],
                _metric_name(row.metric, metric),
                values.readings[row].value,
                metric.to.unit if metric and _is_of(row, metric) else row.unit,
            ),
            values.readings[row].decimals,
        )
        for row in facts.readings
    }
    return Change(renamed, readings, values.limits, values.kept, metric, bool(heads))


def languages_of(facts: Facts) -> tuple[Language, Language]:
    """The language of the question first: its readings may have names of the other one."""
    text = facts.question.text
    return ("de", "en") if language_in(text, tokens_in(text)) == "de" else ("en", "de")


def draw_metric(
    rng: Random, facts: Facts, heads: Mapping[str, Equipment], language: Language
) -> MetricChange | None:
    """Another metric for the requested one; None unless all readings of it name it alike."""
    asked = {topic.metric.quantity for topic in facts.situation.requested}
    if len(asked) != 1 or not heads:
        return None
    (quantity,) = asked
    rows = [row for row in facts.situation.rows if row.metric.quantity == quantity]
    named = [row.source.metric for row in rows] or [facts.situation.asked[0].metric]
    written = {word for name in named for word in words_of_metric(name, quantity)}
    units = {row.source.unit for row in rows}
    if len(written) != 1 or len(units) > 1 or "" in units:
        return None
    (word,) = written
    old = quantity_named(word, language)
    if old is None or word in _UNTOLD:
        return None
    present = {row.metric.quantity for row in facts.situation.rows} | asked
    fitting = [
        one
        for one in QUANTITIES[language]
        if one.quantity not in present
        and one.gender == old.gender
        and all(one.quantity in head.family.quantities for head in heads.values())
    ]
    return MetricChange(word, quantity, rng.choice(fitting)) if fitting else None


def words_of_metric(name: str, quantity: str) -> list[str]:
    """The words in lower case by which a metric's name means its quantity."""
    tokens = tokens_in(name)
    return [
        " ".join(token.text for token in tokens[phrase.first : phrase.last])
        for phrase in phrases_in(tokens)
        if phrase.meanings.get("quantity") == quantity
    ]


def _is_of(row: RequestedReading, metric: MetricChange) -> bool:
    return metric_of(row.metric).quantity == metric.quantity


def _metric_name(name: str, metric: MetricChange | None) -> str:
    if metric is None or metric_of(name).quantity != metric.quantity:
        return name
    lower = name == name.lower()
    new = metric.to.name.lower() if lower else metric.to.name

    def in_case(found: re.Match[str]) -> str:
        return new[0].upper() + new[1:] if found[0][0].isupper() else new

    return re.sub(rf"\b{re.escape(metric.word)}\b", in_case, name, flags=re.IGNORECASE)
