"""Simulated ranking questions: the fit depends on the question."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from random import Random
from statistics import correlation, mean
from typing import Any

import pytest

from ratchet.contract import Experience, Feedback
from ratchet.measures import CORE_SCENARIOS, DEFAULT_HEIGHTS, plan_validity
from simulator.operators import draw_operators
from simulator.ranking_outcomes import EXAMINATION, experience, plan_value, reactions
from simulator.ranking_questions import (
    SUITING_SIZE,
    RankingQuestion,
    draw_ranking_question,
)
from simulator.widgets import ShowableWidget

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
OPERATORS = draw_operators(Random(0), 9)
WORRIED = ("in range", "Any issue", "Check")
LOOKING_BACK = ("moved", "this hour")


def drawn(seed: int, count: int, *, drift: bool = False) -> list[RankingQuestion]:
    rng = Random(seed)
    return [draw_ranking_question(rng, OPERATORS, drift=drift) for _ in range(count)]


@pytest.fixture(scope="module", params=[1, 7, 42])
def questions(request: pytest.FixtureRequest) -> list[RankingQuestion]:
    return drawn(request.param, 600)


def style(question: RankingQuestion) -> str:
    if any(words in question.transcript for words in WORRIED):
        return "worried"
    if any(words in question.transcript for words in LOOKING_BACK):
        return "looking back"
    return "plain"


def characteristic(question: RankingQuestion) -> str:
    return str(question.intent["primary_characteristic"])


def best_first(question: RankingQuestion) -> list[str]:
    return sorted(question.fits, key=lambda name: -question.fits[name])


def options(*scenarios: str) -> list[ShowableWidget]:
    return [ShowableWidget(name, 0.5, SUITING_SIZE[name]) for name in scenarios]


def ideal(question: RankingQuestion) -> list[ShowableWidget]:
    return options(*best_first(question)[: question.limit])


def callers(question: RankingQuestion) -> list[ShowableWidget]:
    return list(question.candidates[: question.limit])


def thumbs(
    questions: Sequence[RankingQuestion], shown: Sequence[Sequence[ShowableWidget]]
) -> Counter[str | None]:
    rng = Random(5)
    return Counter(
        reactions(rng, question, plan)[0].get("rating")
        for question, plan in zip(questions, shown, strict=True)
    )


def share_up(
    questions: Sequence[RankingQuestion], shown: Sequence[Sequence[ShowableWidget]]
) -> float:
    said = thumbs(questions, shown)
    return said["up"] / (said["up"] + said["down"])


def judged(questions: Sequence[RankingQuestion]) -> list[tuple[RankingQuestion, dict[str, Any]]]:
    rng = Random(6)
    bodies = [(question, reactions(rng, question, callers(question))) for question in questions]
    return [(question, said[1]) for question, said in bodies if len(said) == 2]


def test_the_same_seed_gives_the_same_questions_and_another_seed_others() -> None:
    assert drawn(3, 40) == drawn(3, 40)
    assert drawn(3, 40)[:10] == drawn(3, 10)
    assert drawn(3, 10) != drawn(4, 10)


def test_the_same_seed_gives_the_same_reactions(questions: list[RankingQuestion]) -> None:
    question = questions[0]
    assert reactions(Random(2), question, callers(question)) == reactions(
        Random(2), question, callers(question)
    )


def test_four_scenarios_fit_and_the_others_do_not(questions: list[RankingQuestion]) -> None:
    for question in questions:
        ranked = best_first(question)
        assert set(question.fits) == set(CORE_SCENARIOS)
        assert [question.fits[name] for name in ranked[:4]] == [0.95, 0.85, 0.75, 0.65]
        assert all(0.08 <= question.fits[name] <= 0.2 for name in ranked[4:])
        assert question.needed == tuple(ranked[:2])


def test_the_fit_for_a_plain_question_depends_on_the_metric(
    questions: list[RankingQuestion],
) -> None:
    wanted = {
        (characteristic(question), *question.needed)
        for question in questions
        if style(question) == "plain"
    }
    assert wanted == {
        ("energy", "kpi", "trends-cumulative"),
        ("health_status", "edgedevicepanel", "kpi"),
        ("trend", "trend", "trend-multi-line"),
        ("comparison", "comparison", "matrix-heatmap"),
    }


def test_the_phrasing_counts_before_the_metric(questions: list[RankingQuestion]) -> None:
    needed = {
        (style(question), question.needed) for question in questions if style(question) != "plain"
    }
    assert needed == {
        ("worried", ("alerts", "eventlogstream")),
        ("looking back", ("timeline", "trend")),
    }
    assert {characteristic(question) for question in questions if style(question) == "worried"} >= {
        "energy",
        "trend",
    }
    assert 0.6 < sum(style(question) == "plain" for question in questions) / len(questions) < 0.8


def test_drift_exchanges_only_the_fits_of_energy_and_trend(
    questions: list[RankingQuestion],
) -> None:
    now, later = drawn(9, 400), drawn(9, 400, drift=True)
    energy = {
        tuple(best_first(question)[:4]) for question in questions if is_plain(question, "energy")
    }
    trend = {
        tuple(best_first(question)[:4]) for question in questions if is_plain(question, "trend")
    }
    assert [question.transcript for question in now] == [question.transcript for question in later]
    assert {
        tuple(best_first(question)[:4]) for question in later if is_plain(question, "energy")
    } == trend
    assert {
        tuple(best_first(question)[:4]) for question in later if is_plain(question, "trend")
    } == energy
    for before, after in zip(now, later, strict=True):
        if style(before) == "worried" or characteristic(before) in ("health_status", "comparison"):
            assert before == after


def is_plain(question: RankingQuestion, metric: str) -> bool:
    return style(question) == "plain" and characteristic(question) == metric


def test_four_of_ten_candidates_fit_and_most_have_the_right_size(
    questions: list[RankingQuestion],
) -> None:
    for question in questions:
        scenarios = [option.scenario for option in question.candidates]
        assert len(set(scenarios)) == len(scenarios) == 10
        assert set(best_first(question)[:4]) <= set(scenarios)
        assert question.limit == 4
    wrong = [
        option.size != SUITING_SIZE[option.scenario]
        for question in questions
        for option in question.candidates
    ]
    assert 0.12 < mean(wrong) < 0.18


def test_the_callers_order_is_uninformative(questions: list[RankingQuestion]) -> None:
    def agreement(question: RankingQuestion) -> float:
        ranked = best_first(question)
        ranks = [ranked.index(option.scenario) for option in question.candidates]
        offered = sorted(ranks)
        return correlation(range(10), [offered.index(rank) for rank in ranks])

    assert abs(mean(agreement(question) for question in questions)) < 0.05


def test_the_callers_relevance_is_weakly_informative(questions: list[RankingQuestion]) -> None:
    pairs = [
        (o.relevance, question.fits[o.scenario])
        for question in questions
        for o in question.candidates
    ]
    assert all(0 <= relevance <= 1 for relevance, _ in pairs)
    assert 0.3 < correlation(*zip(*pairs, strict=True)) < 0.5


def test_some_questions_name_a_time(questions: list[RankingQuestion]) -> None:
    timed = [question for question in questions if "time" in question.intent["entities"]]
    assert 0.1 < len(timed) / len(questions) < 0.3
    assert all(question.intent["entities"]["time"] in question.transcript for question in timed)
    assert all("time" in a.intent["entities"] for a in questions if style(a) == "looking back")


def test_an_experience_records_what_was_shown_in_order(questions: list[RankingQuestion]) -> None:
    for question in questions[:200]:
        shown = callers(question)
        body = experience(question, shown, timestamp=AT, decision_id="d" * 32)
        read = Experience.model_validate(body)
        assert read.query_id == question.query_id
        assert read.user_id == question.user_id
        assert read.decision_id == "d" * 32
        assert read.parsed_intent.primary_characteristic == characteristic(question)
        assert [
            ShowableWidget(w.scenario, w.relevance, w.size) for w in read.widget_plan.widgets
        ] == shown
        assert all(w.height_units == DEFAULT_HEIGHTS[w.size] for w in read.widget_plan.widgets)
        assert plan_validity(json.dumps(body["widget_plan"])).valid
        assert read.voice_response == question.answer.text


def test_an_experience_without_a_decision_has_no_decision_id(
    questions: list[RankingQuestion],
) -> None:
    assert "decision_id" not in experience(
        questions[0], ideal(questions[0]), timestamp=AT, decision_id=None
    )


def test_most_answers_are_good(questions: list[RankingQuestion]) -> None:
    assert 0.8 < mean(question.answer.kind == "good" for question in questions) < 0.9


def test_a_plans_value_is_its_fit_less_missing_and_wrong_sizes() -> None:
    question = next(question for question in drawn(1, 50) if is_plain(question, "energy"))
    best = options("kpi", "trends-cumulative", "category-bar", "trend")
    wide = [replace(best[0], size="expanded"), *best[1:]]
    one = plan_value(question, options("kpi"))
    assert one == pytest.approx(0.95 - 0.15)
    assert plan_value(question, best) > plan_value(question, best[::-1])
    assert plan_value(question, best) - plan_value(question, wide) == pytest.approx(0.1 / 4)
    assert plan_value(question, options("chatstream", "peopleview")) == 0
    assert plan_value(question, []) == 0


def test_touches_fall_with_the_position_by_the_constant() -> None:
    (question,) = drawn(1, 1)
    equal = replace(question, fits=dict.fromkeys(CORE_SCENARIOS, 0.75))
    rng, times = Random(8), 6000
    touched = Counter(
        seen["widget_index"]
        for _ in range(times)
        for seen in reactions(rng, equal, callers(equal))[0]["interactions"]
    )
    for position in range(4):
        expected = (position + 1) ** -EXAMINATION * 0.7
        assert touched[position] / times == pytest.approx(expected, abs=0.02)


def test_fitting_widgets_are_touched_more_often_at_the_same_position(
    questions: list[RankingQuestion],
) -> None:
    rng = Random(8)
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for question in questions:
        touches = reactions(rng, question, callers(question))[0]["interactions"]
        fits = question.fits[question.candidates[0].scenario] > 0.5
        hits[fits].append(any(touch["widget_index"] == 0 for touch in touches))
    assert mean(hits[True]) > 2.5 * mean(hits[False]) > 0


def test_better_plans_are_rated_better(questions: list[RankingQuestion]) -> None:
    poor = [options(*best_first(question)[3:7]) for question in questions]
    half = [options(*best_first(question)[1:5]) for question in questions]
    best = [ideal(question) for question in questions]
    shares = [share_up(questions, shown) for shown in (poor, half, best)]
    assert shares == sorted(shares)
    assert shares[0] < 0.15
    assert shares[2] > 0.9
    assert 0.02 < thumbs(questions, best)[None] / len(questions) < 0.12


def test_a_low_mean_fit_gets_mostly_bad_ratings() -> None:
    questions = [replace(question, needed=()) for question in drawn(2, 400)]

    def alike(fit: float) -> list[RankingQuestion]:
        return [
            replace(question, fits=dict.fromkeys(CORE_SCENARIOS, fit)) for question in questions
        ]

    shown = [ideal(question) for question in questions]
    assert share_up(alike(0.3), shown) < 0.35
    assert share_up(alike(0.85), shown) > 0.9


def test_feedback_is_valid_for_the_route(questions: list[RankingQuestion]) -> None:
    rng = Random(4)
    for question in questions[:200]:
        own, *views = reactions(rng, question, callers(question))
        for body in (own, *views):
            assert Feedback.model_validate(body).query_id == question.query_id
            assert body["user_id"]
        assert own["user_id"] == question.user_id
        assert own.get("rating", "up") in ("up", "down")
        assert all(0 <= seen["widget_index"] < question.limit for seen in own["interactions"])
        assert all("rating" not in view for view in views)


def test_the_judge_covers_its_share(questions: list[RankingQuestion]) -> None:
    assert 0.5 < len(judged(questions)) / len(questions) < 0.7
    question = questions[0]
    assert len(reactions(Random(1), question, ideal(question), judge_share=0)) == 1
    assert len(reactions(Random(1), question, ideal(question), judge_share=1)) == 2


def test_the_judge_counts_from_one_and_is_close_to_the_truth(
    questions: list[RankingQuestion],
) -> None:
    for question, body in judged(questions):
        shown = callers(question)
        scenarios = [option.scenario for option in shown]
        views = body["per_widget_feedback"]
        assert [view["widget_index"] for view in views] == [1, 2, 3, 4]
        assert [view["widget_type"] for view in views] == scenarios
        for view, option in zip(views, shown, strict=True):
            assert view["appropriateness_score"] == pytest.approx(
                question.fits[option.scenario], abs=0.25
            )
            assert view["size_appropriate"] is (option.size == SUITING_SIZE[option.scenario])
        assert body["evaluation_confidence"] == pytest.approx(plan_value(question, shown), abs=0.25)
        assert body["missing_widgets"] == [
            name for name in question.needed if name not in scenarios
        ]
