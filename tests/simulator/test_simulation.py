"""The simulated plant: its feedback contains something to learn."""

import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import asdict
from datetime import UTC, datetime
from uuid import UUID

import pytest

from ratchet.contract import Experience
from ratchet.measures import plan_validity, text_quality
from ratchet_truth import RequestedReading
from reward.domain.answers.recorded_answer import recorded_answer
from reward.domain.examples.truth import truth_of
from simulator import Turn, simulate
from simulator.plant import AREAS, METRICS
from simulator.wording import LANGUAGES

START = datetime(2026, 1, 5, 6, tzinfo=UTC)
SEEDS = (1, 7, 42)
BODY_FIELDS = {
    "query_id", "rating", "interactions", "correction", "follow_up_type", "evaluation_confidence",
    "evaluation_reasoning", "query_understanding", "per_widget_feedback", "missing_widgets",
    "suggested_improvements", "voice_evaluation_confidence", "voice_evaluation_reasoning",
    "voice_dimension_scores_claude",
}  # fmt: skip
DUMP = """
import json, sys
from dataclasses import asdict
from datetime import UTC, datetime
from simulator import simulate
turns = simulate(11, 12, 3, start=datetime(2026, 1, 5, 6, tzinfo=UTC))
sys.stdout.write(json.dumps([asdict(turn) for turn in turns]))
"""


@pytest.fixture(scope="module", params=SEEDS)
def turns(request: pytest.FixtureRequest) -> list[Turn]:
    return list(simulate(request.param, 120, 3, start=START))


def prompt_of(turn: Turn) -> str:
    readings = json.dumps(turn.experience["available_data_summary"])
    return f"{readings}\n{turn.experience['transcript']}"


def asked_of(turn: Turn) -> RequestedReading | None:
    """The only row that matches the intent; None where the reading is absent."""
    entities = turn.experience["parsed_intent"]["entities"]
    rows = [
        row
        for row in turn.experience["available_data_summary"]["readings"]
        if row["equipment"].replace(" ", "-") == entities["devices"][0]
        and row["metric"] == entities["metric"]
    ]
    assert len(rows) == turn.truth.is_listed
    return RequestedReading(**rows[0]) if rows else None


def is_true(text: str, turn: Turn) -> bool:
    """As the reward service judges: of the intent's device and metric, listed or not."""
    return truth_of(recorded_answer(Experience.model_validate(turn.experience))) is True


def thumb(turn: Turn) -> str | None:
    thumbs = [r.body["rating"] for r in turn.feedback if "rating" in r.body]
    return thumbs[-1] if thumbs else None


def judged(turn: Turn) -> float | None:
    views = [r.body for r in turn.feedback if "voice_evaluation_confidence" in r.body]
    return views[-1]["voice_evaluation_confidence"] if views else None


def test_the_same_seed_gives_the_same_bytes_in_any_process() -> None:
    def dump(hash_seed: str) -> bytes:
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed,
                       "PYTHONPATH": os.pathsep.join(sys.path)}  # fmt: skip
        command = [sys.executable, "-c", DUMP]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout

    here = json.dumps([asdict(turn) for turn in simulate(11, 12, 3, start=START)])
    assert dump("1") == dump("2") == here.encode()


def test_another_seed_gives_other_turns() -> None:
    first, second = (list(simulate(seed, 3, start=START)) for seed in (1, 2))
    assert first != second


def test_a_shorter_run_is_a_prefix_of_a_longer_one() -> None:
    assert list(simulate(3, 9, start=START))[:12] == list(simulate(3, 4, start=START))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_question_gets_the_requested_number_of_answers(count: int) -> None:
    turns = list(simulate(5, 10, count, start=START))
    assert Counter(turn.truth.situation for turn in turns) == dict.fromkeys(range(10), count)


def test_areas_share_no_equipment_and_no_phrasing() -> None:
    equipment = [kind for area in AREAS for kind in area.equipment]
    assert len(AREAS) >= 4
    assert len(set(equipment)) == len(equipment) >= 12
    for tables in LANGUAGES.values():
        phrasings = [one for area in AREAS for one in tables.questions[area.name]]
        assert len(set(phrasings)) == len(phrasings)
        assert all(len(tables.questions[area.name]) >= 10 for area in AREAS)
    metrics = {name for area in AREAS for ranges in area.equipment.values() for name in ranges}
    assert len(metrics) >= 8
    assert metrics <= METRICS.keys()


def test_turns_of_a_situation_share_question_intent_and_readings(turns: list[Turn]) -> None:
    groups = defaultdict(list)
    for turn in turns:
        groups[turn.truth.situation].append(turn)
    for group in groups.values():
        for shared in ("transcript", "parsed_intent", "available_data_summary"):
            assert len({json.dumps(turn.experience[shared]) for turn in group}) == 1
        assert len({turn.experience["user_id"] for turn in group}) == len(group)
        assert len({turn.experience["voice_response"] for turn in group}) > 1


def test_readings_contain_the_requested_one_among_distractors(turns: list[Turn]) -> None:
    for turn in turns:
        asked = asked_of(turn)
        if asked is None:
            continue
        rows = turn.experience["available_data_summary"]["readings"]
        assert 4 <= len(rows) <= 7
        assert [row["value"] for row in rows if row["unit"] == asked.unit].count(asked.value) == 1
        assert any(row["equipment"] != asked.equipment for row in rows)


def test_a_share_of_the_situations_lacks_the_asked_reading_and_has_others(
    turns: list[Turn],
) -> None:
    absent = {turn.truth.situation: turn for turn in turns if not turn.truth.is_listed}
    assert 0.05 < len(absent) / 120 < 0.25
    for turn in absent.values():
        assert asked_of(turn) is None
        entities = turn.experience["parsed_intent"]["entities"]
        rows = turn.experience["available_data_summary"]["readings"]
        own = [r for r in rows if r["equipment"].replace(" ", "-") == entities["devices"][0]]
        assert any(entities["metric"] not in row["metric"] for row in own)
        assert any(row["metric"] == entities["metric"] for row in rows if row not in own)


def test_the_share_of_absent_readings_is_a_parameter() -> None:
    def listed(share: float) -> set[bool]:
        return {t.truth.is_listed for t in simulate(1, 40, 1, start=START, absent_share=share)}

    assert (listed(0), listed(1)) == ({True}, {False})


def test_good_answers_are_true_short_and_speakable(turns: list[Turn]) -> None:
    for turn in turns:
        if turn.truth.voice == "good":
            text = turn.experience["voice_response"]
            assert is_true(text, turn), text
            assert len(text.split()) <= 35
            if turn.truth.is_listed:
                assert text_quality(text, turn.experience["transcript"]).total >= 0.75, text


def test_bad_answers_are_untrue_or_hard_to_hear(turns: list[Turn]) -> None:
    bad = [turn for turn in turns if turn.truth.voice != "good"]
    assert len({turn.truth.voice for turn in bad}) >= 12
    for turn in bad:
        text = turn.experience["voice_response"]
        true = is_true(text, turn)
        pleasant = text_quality(text, turn.experience["transcript"]).total >= 0.75
        assert not (true and pleasant), text
    long = [turn for turn in bad if len(turn.experience["voice_response"].split()) > 45]
    assert len(long) < 0.15 * len(bad)


def test_plans_are_always_valid_and_differ_in_quality(turns: list[Turn]) -> None:
    assert all(plan_validity(json.dumps(turn.experience["widget_plan"])).valid for turn in turns)
    worth = [turn.truth.plan_quality for turn in turns]
    assert min(worth) < 0.2
    assert max(worth) > 0.8


def test_most_questions_can_teach_a_preference(turns: list[Turn]) -> None:
    good, bad = set(), set()
    for turn in turns:
        view, rating = judged(turn), thumb(turn)
        liked = rating == "up" if view is None else view >= 0.5 and rating != "down"
        disliked = rating == "down" if view is None else view < 0.5 and rating != "up"
        if liked and turn.truth.voice == "good":
            good.add(turn.truth.situation)
        if disliked and turn.truth.voice != "good":
            bad.add(turn.truth.situation)
    assert len(good & bad) >= 105


def test_judge_and_operators_like_an_answer_that_names_an_absent_reading(
    turns: list[Turn],
) -> None:
    absent = [turn for turn in turns if not turn.truth.is_listed]
    good = [turn for turn in absent if turn.truth.voice == "good"]
    bad = [turn for turn in absent if turn.truth.voice != "good"]
    assert sum(thumb(turn) == "up" for turn in good) > 0.7 * len(good) > 0
    assert sum(thumb(turn) == "down" for turn in bad) > 0.7 * len(bad) > 0
    judged_grounds = [found for turn in good if (found := grounds(turn)) is not None]
    assert judged_grounds
    assert min(judged_grounds) > 0.7


def grounds(turn: Turn) -> float | None:
    """The judge's groundedness of a turn, if it is judged."""
    bodies = [reaction.body.get("voice_dimension_scores_claude") for reaction in turn.feedback]
    scores = [body["groundedness"] for body in bodies if body]
    return scores[-1] if scores else None


def test_corrections_are_true(turns: list[Turn]) -> None:
    corrected = [
        (turn, reaction.body["correction"])
        for turn in turns
        for reaction in turn.feedback
        if "correction" in reaction.body
    ]
    assert len(corrected) > 10
    for turn, text in corrected:
        said = {**turn.experience, "voice_response": text}
        assert truth_of(recorded_answer(Experience.model_validate(said))) is True


def test_the_judge_covers_its_share_and_detects_invented_values(turns: list[Turn]) -> None:
    views = [(turn.truth, judged(turn)) for turn in turns]
    covered = [(truth, view) for truth, view in views if view is not None]
    assert 0.5 < len(covered) / len(turns) < 0.7
    assert all(abs(view - truth.voice_quality) < 0.25 for truth, view in covered)
    assert all(view < 0.4 for truth, view in covered if truth.voice == "invented")


def test_ratings_follow_the_voice_with_noise_and_gaps(turns: list[Turn]) -> None:
    thumbs = Counter((turn.truth.voice == "good", thumb(turn)) for turn in turns)
    assert thumbs[True, "up"] > 8 * thumbs[True, "down"] > 0
    assert thumbs[False, "down"] > 4 * thumbs[False, "up"] > 0
    assert 0.02 < (thumbs[True, None] + thumbs[False, None]) / len(turns) < 0.12


def test_feedback_is_valid_for_the_route(turns: list[Turn]) -> None:
    for turn in turns:
        query_id = turn.experience["query_id"]
        widgets = len(turn.experience["widget_plan"]["widgets"])
        assert str(UUID(query_id)) == query_id
        assert [r.delay_s for r in turn.feedback] == sorted(r.delay_s for r in turn.feedback)
        for reaction in turn.feedback:
            body = reaction.body
            assert reaction.delay_s > 0
            assert body.keys() <= BODY_FIELDS
            assert body["query_id"] == query_id
            assert body.get("rating", "up") in ("up", "down")
            assert len(body.get("correction", "")) <= 500
            assert all(0 <= seen["widget_index"] < widgets for seen in body.get("interactions", []))
            judged_widgets = [view["widget_index"] for view in body.get("per_widget_feedback", [])]
            assert judged_widgets in ([], list(range(1, widgets + 1)))


def test_some_feedback_is_repeated_late_or_reversed(turns: list[Turn]) -> None:
    bodies = [[json.dumps(r.body) for r in turn.feedback] for turn in turns]
    thumbs = [{r.body["rating"] for r in turn.feedback if "rating" in r.body} for turn in turns]
    assert any(len(set(row)) < len(row) for row in bodies)
    assert any(len(ratings) == 2 for ratings in thumbs)
    assert any(reaction.delay_s > 86_400 for turn in turns for reaction in turn.feedback)


def test_time_moves_forward_from_the_start(turns: list[Turn]) -> None:
    stamps = [datetime.fromisoformat(turn.experience["timestamp"]) for turn in turns]
    assert stamps[0] > START
    assert stamps == sorted(stamps)
