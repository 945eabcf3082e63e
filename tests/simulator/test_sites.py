"""Sites name their equipment in their own way and ask in their own languages."""

import re
from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest

from ratchet.contract import Experience
from ratchet.measures import voice_prompt
from ratchet_cli.commands.simulate import SiteName
from ratchet_truth import asked_in, readings_in
from reward.domain.answers.recorded_answer import recorded_answer
from reward.domain.examples.question import question_keys, question_of
from reward.domain.examples.truth import truth_of
from simulator import simulate
from simulator.plant import NUMBERED, SITES
from simulator.situations import Situation, draw_situation
from simulator.traces import simulate_traces

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
NAMES = {
    "numbered": r"[a-z ]+ \d{3}",
    "tags": r"[A-Z]{1,3}-\d{3,4}[AB]?",
    "german": r"[A-ZÄÖÜ][a-zäöüß]+ \d{1,2}",
    "spanish": r"[a-z ]+ \d{1,2}",
}


def drawn(site: str, count: int = 200) -> list[Situation]:
    rng = Random(8)
    return [draw_situation(rng, SITES[site]) for _ in range(count)]


@pytest.mark.parametrize("site", NAMES)
def test_a_site_writes_every_name_in_its_way(site: str):
    names = {row.equipment for one in drawn(site) for row in one.readings}
    assert len(names) > 60
    assert [name for name in names if not re.fullmatch(NAMES[site], name)] == []


def test_a_mixed_site_has_every_way_and_asks_in_three_languages():
    situations = drawn("mixed")
    assert {one.language for one in situations} == {"en", "de", "es"}
    ways = Counter(
        way
        for one in situations
        for way, pattern in NAMES.items()
        if re.fullmatch(pattern, one.asked.equipment)
    )
    assert ways.keys() == NAMES.keys()


def test_instruments_measure_one_thing_and_are_never_absent():
    situations = [one for one in drawn("tags", 600) if re.match(r"[A-Z]I-\d{4}", one.here.text)]
    assert len(situations) > 60
    assert all(one.requested is not None for one in situations)
    letters = {(one.here.text[:2], one.metric.name) for one in situations}
    assert ("TI", "temperature") in letters
    assert len({metric for _, metric in letters}) == len(letters)


@pytest.mark.parametrize("site", SITES)
def test_the_question_names_what_is_asked_as_the_readings_write_it(site: str):
    for one in drawn(site):
        assert one.asked.equipment in one.transcript
        (topic,) = asked_in(one.transcript, one.readings)
        assert topic.equipment == one.asked.equipment
        if site != "mixed":
            assert topic.metric.casefold() == one.asked.metric.casefold()


@pytest.mark.parametrize("site", SITES)
def test_the_prompt_lists_the_readings_as_they_are(site: str):
    for one in drawn(site, 60):
        assert set(readings_in(voice_prompt(one.transcript, one.readings))) == set(one.readings)


def test_readings_have_several_renderings():
    units = {row.unit for one in drawn("numbered", 400) for row in one.readings}
    assert {"m3/h", "m³/h", "rpm", "r/min", "°C", "%"} <= units
    decimals = {
        len(str(row.value).partition(".")[2])
        for one in drawn("numbered", 400)
        for row in one.readings
        if row.metric == "temperature"
    }
    assert len(decimals) >= 2


@pytest.mark.parametrize("site", SITES)
def test_the_reward_service_finds_good_answers_true_and_the_asked_reading(site: str):
    for turn in simulate(9, 40, 3, start=START, site=SITES[site]):
        answer = recorded_answer(Experience.model_validate(turn.experience))
        found = question_of(answer, question_keys(answer, "question")["voice"])
        assert (found.asked is not None) == turn.truth.is_listed
        truth = truth_of(answer)
        assert truth is True if turn.truth.voice == "good" else truth is not True


def test_the_default_site_is_english_with_numbers():
    assert list(simulate(4, 5, start=START)) == list(simulate(4, 5, start=START, site=NUMBERED))
    traces = list(simulate_traces(4, 5, start=START))
    assert traces == list(simulate_traces(4, 5, start=START, site=NUMBERED))


def test_traces_are_in_the_languages_of_the_site():
    prompts = [row["prompt"] for row in simulate_traces(4, 60, start=START, site=SITES["mixed"])]
    assert any("¿" in prompt for prompt in prompts)
    assert any("Leistung" in prompt or "Temperatur " in prompt for prompt in prompts)


def test_the_command_offers_every_site():
    assert {site.value for site in SiteName} == set(SITES)
