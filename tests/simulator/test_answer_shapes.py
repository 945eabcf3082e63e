"""Answers in many shapes: true where they are good, false where they are not, at every site."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet_truth import judge
from simulator.answers import bad_answer, good_answer
from simulator.answers.false_facts import FALSE
from simulator.answers.faulty import FAULTS
from simulator.answers.shapes import OPPOSITES, conditions_of
from simulator.answers.values import values_of
from simulator.plant import SITES
from simulator.situations import Situation, draw_situation
from simulator.wording import LANGUAGES, LanguageTables

LOUD = ("markdown", "rambling", "filler", "no_value", "vague")
SEEDS = st.integers(0, 2**32)
SITE = st.sampled_from(sorted(SITES))


def situations(site: str, seed: int, count: int, absent_share: float) -> Iterator[Situation]:
    rng = Random(seed)
    for _ in range(count):
        yield draw_situation(rng, SITES[site], absent_share=absent_share)


def shapes(situation: Situation, conditions: Sequence[str]) -> list[str]:
    """Every answer that states the value with what one of the conditions says.

    Each context follows every fifth lead, and each lead several contexts.
    """
    tables = situation.tables
    leads = tables.leads["value"]
    contexts = [one for name in conditions for one in tables.contexts.get(name, ())]
    whole = [one for name in conditions for one in tables.whole.get(name, ())]
    return [
        *whole,
        *(f"{lead} {one}" for at, one in enumerate(contexts) for lead in leads[at % 5 :: 5]),
    ]


def absences(tables: LanguageTables) -> list[str]:
    leads = tables.absent["leads"]
    more = [*tables.absent["known"], *tables.absent["elsewhere"]]
    return [*leads, *(f"{lead} {other}" for lead, other in product(leads, more))]


def untrue(situation: Situation, templates: Sequence[str]) -> list[str]:
    fields = [values_of(situation, spoken=spoken) for spoken in (False, True)]
    texts = [template.format(**some) for template, some in product(templates, fields)]
    return [text for text in texts if not judge(text, situation.judged).is_true]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_many_shapes(language: str):
    tables = LANGUAGES[language]
    assert len(tables.leads["value"]) + sum(map(len, tables.whole.values())) >= 30
    assert sum(map(len, tables.contexts.values())) >= 30
    assert len(absences(tables)) >= 30
    for name, templates in tables.every_table().items():
        assert len(set(templates)) == len(templates) >= 4, name


@pytest.mark.parametrize("site", SITES)
def test_every_shape_is_true_where_its_condition_holds(site: str):
    seen: set[str] = set()
    for situation in situations(site, 11, 12, absent_share=0):
        conditions = conditions_of(situation)
        templates = [*situation.tables.leads["value"], *shapes(situation, conditions)]
        assert untrue(situation, templates) == []
        seen.update(conditions)
    assert len(seen) >= 10


@pytest.mark.parametrize("site", SITES)
def test_every_shape_with_a_direction_is_false_where_the_other_one_holds(site: str):
    for situation in situations(site, 12, 12, absent_share=0):
        turned = [OPPOSITES[one] for one in conditions_of(situation) if one in OPPOSITES]
        templates = shapes(situation, turned)
        assert len(untrue(situation, templates)) == 2 * len(templates)


@pytest.mark.parametrize("site", SITES)
def test_every_way_to_say_that_a_reading_is_absent_is_true_only_where_it_is(site: str):
    for situation in situations(site, 13, 6, absent_share=1):
        assert untrue(situation, absences(situation.tables)) == []
    for situation in situations(site, 14, 6, absent_share=0):
        leads = situation.tables.absent["leads"]
        assert len(untrue(situation, leads)) == 2 * len(leads)


@settings(max_examples=150, deadline=None)
@given(SEEDS, SITE)
def test_a_good_answer_is_true_and_writes_names_as_the_readings_do(seed: int, site: str):
    rng = Random(seed)
    situation = draw_situation(rng, SITES[site], absent_share=0.3)
    text = good_answer(rng, situation).text
    assert judge(text, situation.judged).is_true, (text, situation.readings)
    names = [row.equipment for row in situation.readings]
    for name in {*names, situation.asked.equipment}:
        assert {found[0] for found in re.finditer(re.escape(name), text, re.I)} <= {name}
    assert situation.asked.equipment in text


@settings(max_examples=100, deadline=None)
@given(SEEDS, SITE, st.sampled_from(sorted(FAULTS)))
def test_no_kind_of_bad_answer_is_true(seed: int, site: str, kind: str):
    rng = Random(seed)
    situation = draw_situation(rng, SITES[site], absent_share=0.3)
    write: Callable[[Random, Situation], str | None] = FAULTS[kind][2]
    text = write(rng, situation)
    if text is not None:
        assert not judge(text, situation.judged).is_true, (text, situation.readings)


def test_false_facts_have_the_verdict_of_their_kind():
    verdicts = {kind: Counter[str]() for kind in FALSE}
    rng = Random(3)
    for _ in range(300):
        situation = draw_situation(rng, absent_share=0.2)
        for kind, (_, write) in FALSE.items():
            text = write(rng, situation)
            if text is not None:
                verdicts[kind][judge(text, situation.judged).verdict] += 1
    likeliest = {kind: found.most_common(1)[0][0] for kind, found in verdicts.items()}
    assert likeliest["wrong_direction"] == "wrong_direction"
    assert likeliest["wrong_unit"] == "wrong_unit"
    assert likeliest["refused"] == "refused"
    assert likeliest["one_digit"] == likeliest["invented"] == "wrong_value"
    assert likeliest["average_as_value"] == "wrong_metric"
    assert likeliest["wrong_device"] == "wrong_device"


def test_an_absent_reading_gets_only_bad_answers_that_hide_it():
    rng = Random(5)
    kinds = Counter(bad_answer(rng, draw_situation(rng, absent_share=1)).kind for _ in range(400))
    assert kinds.keys() == {
        *("invented", "wrong_reading", "average_as_value", "other_metric"),
        *LOUD,
    }


def test_a_value_beyond_its_limit_is_always_reported():
    rng = Random(6)
    beyond = 0
    for _ in range(300):
        situation = draw_situation(rng, absent_share=0)
        requested, limit = situation.requested, situation.rows.limit
        assert requested is not None
        assert limit is not None
        if requested.value > limit.value:
            beyond += 1
            assert "limit" in good_answer(rng, situation).text
    assert beyond > 20


def test_a_question_about_the_limit_or_a_change_is_answered_with_it():
    rng = Random(9)
    asked = Counter[str]()
    for _ in range(500):
        situation = draw_situation(rng, absent_share=0)
        text = good_answer(rng, situation).text
        if "in range" in situation.transcript:
            asked["limit"] += 1
            assert "limit" in text
        if "moved" in situation.transcript and "over_limit" not in conditions_of(situation):
            asked["change"] += 1
            assert situation.rows.earlier is None or "hour" in text
    assert min(asked["limit"], asked["change"]) > 20


def test_good_answers_rarely_begin_with_the_device():
    rng = Random(7)
    situation_and_text = [
        (situation, good_answer(rng, situation).text)
        for situation in (draw_situation(rng) for _ in range(300))
    ]
    opening = sum(text.startswith(one.asked.equipment) for one, text in situation_and_text)
    starts = Counter(" ".join(text.split()[:2]) for _, text in situation_and_text)
    assert 0 < opening < 45
    assert len(starts) > 40


def test_most_answers_quote_what_they_compare_with():
    rng = Random(11)
    directions = ("above", "below", "higher", "lower", "over", "under", "exceeds", "within")
    texts = [good_answer(rng, draw_situation(rng, absent_share=0)).text for _ in range(600)]
    saying = [text for text in texts if set(text.replace(",", "").split()) & set(directions)]
    assert 0.03 < len(saying) / len(texts) < 0.2
