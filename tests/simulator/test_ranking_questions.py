"""The simulated frontend that asks for a ranking: what fits depends on the question."""

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
    ShowableWidget,
    draw_ranking_question,
)

AT = datetime(2026, 1, 5, 6, tzinfo=UTC)
OPERATORS = draw_operators(Random(0), 9)
WORRIED = ("in range", "Any issue", "Check")
LOOKING_BACK = ("moved", "this hour")


def drawn(seed: int, count: int, *, drift: bool = False) -> list[RankingQuestion]:
    rng = Random(seed)
    return [draw_ranking_question(rng, OPERATORS, drift=drift) for _ in range(count)]


@pytest.fixture(scope="module", params=[1, 7, 42])
def asks(request: pytest.FixtureRequest) -> list[RankingQuestion]:
    return drawn(request.param, 600)


def style(ask: RankingQuestion) -> str:
    if any(words in ask.transcript for words in WORRIED):
        return "worried"
    if any(words in ask.transcript for words in LOOKING_BACK):
        return "looking back"
    return "plain"


def characteristic(ask: RankingQuestion) -> str:
    return str(ask.intent["primary_characteristic"])


def best_first(ask: RankingQuestion) -> list[str]:
    return sorted(ask.fits, key=lambda name: -ask.fits[name])


def options(*scenarios: str) -> list[ShowableWidget]:
    return [ShowableWidget(name, 0.5, SUITING_SIZE[name]) for name in scenarios]


def ideal(ask: RankingQuestion) -> list[ShowableWidget]:
    return options(*best_first(ask)[: ask.limit])


def callers(ask: RankingQuestion) -> list[ShowableWidget]:
    return list(ask.candidates[: ask.limit])


def thumbs(
    asks: Sequence[RankingQuestion], shown: Sequence[Sequence[ShowableWidget]]
) -> Counter[str | None]:
    rng = Random(5)
    return Counter(
        reactions(rng, ask, plan)[0].get("rating") for ask, plan in zip(asks, shown, strict=True)
    )


def share_up(asks: Sequence[RankingQuestion], shown: Sequence[Sequence[ShowableWidget]]) -> float:
    said = thumbs(asks, shown)
    return said["up"] / (said["up"] + said["down"])


def judged(asks: Sequence[RankingQuestion]) -> list[tuple[RankingQuestion, dict[str, Any]]]:
    rng = Random(6)
    bodies = [(ask, reactions(rng, ask, callers(ask))) for ask in asks]
    return [(ask, said[1]) for ask, said in bodies if len(said) == 2]


def test_the_same_seed_asks_the_same_and_another_seed_something_else() -> None:
    assert drawn(3, 40) == drawn(3, 40)
    assert drawn(3, 40)[:10] == drawn(3, 10)
    assert drawn(3, 10) != drawn(4, 10)


def test_the_same_seed_reacts_the_same(asks: list[RankingQuestion]) -> None:
    ask = asks[0]
    assert reactions(Random(2), ask, callers(ask)) == reactions(Random(2), ask, callers(ask))


def test_four_scenarios_fit_and_the_others_hardly(asks: list[RankingQuestion]) -> None:
    for ask in asks:
        ranked = best_first(ask)
        assert set(ask.fits) == set(CORE_SCENARIOS)
        assert [ask.fits[name] for name in ranked[:4]] == [0.95, 0.85, 0.75, 0.65]
        assert all(0.08 <= ask.fits[name] <= 0.2 for name in ranked[4:])
        assert ask.needed == tuple(ranked[:2])


def test_what_fits_a_plain_question_depends_on_the_metric(asks: list[RankingQuestion]) -> None:
    wanted = {(characteristic(ask), *ask.needed) for ask in asks if style(ask) == "plain"}
    assert wanted == {
        ("energy", "kpi", "trends-cumulative"),
        ("health_status", "edgedevicepanel", "kpi"),
        ("trend", "trend", "trend-multi-line"),
        ("comparison", "comparison", "matrix-heatmap"),
    }


def test_the_phrasing_counts_before_the_metric(asks: list[RankingQuestion]) -> None:
    needed = {(style(ask), ask.needed) for ask in asks if style(ask) != "plain"}
    assert needed == {
        ("worried", ("alerts", "eventlogstream")),
        ("looking back", ("timeline", "trend")),
    }
    assert {characteristic(ask) for ask in asks if style(ask) == "worried"} >= {"energy", "trend"}
    assert 0.6 < sum(style(ask) == "plain" for ask in asks) / len(asks) < 0.8


def test_drift_exchanges_what_energy_and_trend_want_and_nothing_else(
    asks: list[RankingQuestion],
) -> None:
    now, later = drawn(9, 400), drawn(9, 400, drift=True)
    energy = {tuple(best_first(ask)[:4]) for ask in asks if is_plain(ask, "energy")}
    trend = {tuple(best_first(ask)[:4]) for ask in asks if is_plain(ask, "trend")}
    assert [ask.transcript for ask in now] == [ask.transcript for ask in later]
    assert {tuple(best_first(ask)[:4]) for ask in later if is_plain(ask, "energy")} == trend
    assert {tuple(best_first(ask)[:4]) for ask in later if is_plain(ask, "trend")} == energy
    for before, after in zip(now, later, strict=True):
        if style(before) == "worried" or characteristic(before) in ("health_status", "comparison"):
            assert before == after


def is_plain(ask: RankingQuestion, metric: str) -> bool:
    return style(ask) == "plain" and characteristic(ask) == metric


def test_four_of_ten_candidates_fit_and_most_have_the_right_size(
    asks: list[RankingQuestion],
) -> None:
    for ask in asks:
        scenarios = [option.scenario for option in ask.candidates]
        assert len(set(scenarios)) == len(scenarios) == 10
        assert set(best_first(ask)[:4]) <= set(scenarios)
        assert ask.limit == 4
    wrong = [
        option.size != SUITING_SIZE[option.scenario] for ask in asks for option in ask.candidates
    ]
    assert 0.12 < mean(wrong) < 0.18


def test_the_callers_order_tells_nothing(asks: list[RankingQuestion]) -> None:
    def agreement(ask: RankingQuestion) -> float:
        ranked = best_first(ask)
        ranks = [ranked.index(option.scenario) for option in ask.candidates]
        offered = sorted(ranks)
        return correlation(range(10), [offered.index(rank) for rank in ranks])

    assert abs(mean(agreement(ask) for ask in asks)) < 0.05


def test_the_callers_relevance_tells_a_little(asks: list[RankingQuestion]) -> None:
    pairs = [(o.relevance, ask.fits[o.scenario]) for ask in asks for o in ask.candidates]
    assert all(0 <= relevance <= 1 for relevance, _ in pairs)
    assert 0.3 < correlation(*zip(*pairs, strict=True)) < 0.5


def test_some_questions_name_a_time(asks: list[RankingQuestion]) -> None:
    timed = [ask for ask in asks if "time" in ask.intent["entities"]]
    assert 0.1 < len(timed) / len(asks) < 0.3
    assert all(ask.intent["entities"]["time"] in ask.transcript for ask in timed)
    assert all("time" in a.intent["entities"] for a in asks if style(a) == "looking back")


def test_an_experience_records_what_was_shown_in_order(asks: list[RankingQuestion]) -> None:
    for ask in asks[:200]:
        shown = callers(ask)
        body = experience(ask, shown, timestamp=AT, decision_id="d" * 32)
        read = Experience.model_validate(body)
        assert read.query_id == ask.query_id
        assert read.user_id == ask.user_id
        assert read.decision_id == "d" * 32
        assert read.parsed_intent.primary_characteristic == characteristic(ask)
        assert [
            ShowableWidget(w.scenario, w.relevance, w.size) for w in read.widget_plan.widgets
        ] == shown
        assert all(w.height_units == DEFAULT_HEIGHTS[w.size] for w in read.widget_plan.widgets)
        assert plan_validity(json.dumps(body["widget_plan"])).valid
        assert read.voice_response == ask.answer.text


def test_an_experience_without_a_decision_names_none(asks: list[RankingQuestion]) -> None:
    assert "decision_id" not in experience(asks[0], ideal(asks[0]), timestamp=AT, decision_id=None)


def test_most_answers_are_good(asks: list[RankingQuestion]) -> None:
    assert 0.8 < mean(ask.answer.kind == "good" for ask in asks) < 0.9


def test_a_plan_is_worth_its_fit_less_what_is_missing_or_of_the_wrong_size() -> None:
    ask = next(ask for ask in drawn(1, 50) if is_plain(ask, "energy"))
    best = options("kpi", "trends-cumulative", "category-bar", "trend")
    wide = [replace(best[0], size="expanded"), *best[1:]]
    one = plan_value(ask, options("kpi"))
    assert one == pytest.approx(0.95 - 0.15)
    assert plan_value(ask, best) > plan_value(ask, best[::-1])
    assert plan_value(ask, best) - plan_value(ask, wide) == pytest.approx(0.1 / 4)
    assert plan_value(ask, options("chatstream", "peopleview")) == 0
    assert plan_value(ask, []) == 0


def test_touches_fall_with_the_position_as_the_constant_says() -> None:
    (ask,) = drawn(1, 1)
    equal = replace(ask, fits=dict.fromkeys(CORE_SCENARIOS, 0.75))
    rng, times = Random(8), 6000
    touched = Counter(
        seen["widget_index"]
        for _ in range(times)
        for seen in reactions(rng, equal, callers(equal))[0]["interactions"]
    )
    for position in range(4):
        expected = (position + 1) ** -EXAMINATION * 0.7
        assert touched[position] / times == pytest.approx(expected, abs=0.02)


def test_at_the_same_place_what_fits_is_touched_more_often(asks: list[RankingQuestion]) -> None:
    rng = Random(8)
    hits: dict[bool, list[bool]] = {True: [], False: []}
    for ask in asks:
        touches = reactions(rng, ask, callers(ask))[0]["interactions"]
        fits = ask.fits[ask.candidates[0].scenario] > 0.5
        hits[fits].append(any(touch["widget_index"] == 0 for touch in touches))
    assert mean(hits[True]) > 2.5 * mean(hits[False]) > 0


def test_better_plans_are_rated_better(asks: list[RankingQuestion]) -> None:
    poor = [options(*best_first(ask)[3:7]) for ask in asks]
    half = [options(*best_first(ask)[1:5]) for ask in asks]
    best = [ideal(ask) for ask in asks]
    shares = [share_up(asks, shown) for shown in (poor, half, best)]
    assert shares == sorted(shares)
    assert shares[0] < 0.15
    assert shares[2] > 0.9
    assert 0.02 < thumbs(asks, best)[None] / len(asks) < 0.12


def test_a_low_mean_fit_gets_mostly_thumbs_down_even_with_nothing_missing() -> None:
    asks = [replace(ask, needed=()) for ask in drawn(2, 400)]

    def alike(fit: float) -> list[RankingQuestion]:
        return [replace(ask, fits=dict.fromkeys(CORE_SCENARIOS, fit)) for ask in asks]

    shown = [ideal(ask) for ask in asks]
    assert share_up(alike(0.3), shown) < 0.35
    assert share_up(alike(0.85), shown) > 0.9


def test_feedback_is_what_the_route_takes(asks: list[RankingQuestion]) -> None:
    rng = Random(4)
    for ask in asks[:200]:
        own, *views = reactions(rng, ask, callers(ask))
        for body in (own, *views):
            assert Feedback.model_validate(body).query_id == ask.query_id
            assert body["user_id"]
        assert own["user_id"] == ask.user_id
        assert own.get("rating", "up") in ("up", "down")
        assert all(0 <= seen["widget_index"] < ask.limit for seen in own["interactions"])
        assert all("rating" not in view for view in views)


def test_the_judge_covers_its_share(asks: list[RankingQuestion]) -> None:
    assert 0.5 < len(judged(asks)) / len(asks) < 0.7
    ask = asks[0]
    assert len(reactions(Random(1), ask, ideal(ask), judge_share=0)) == 1
    assert len(reactions(Random(1), ask, ideal(ask), judge_share=1)) == 2


def test_the_judge_counts_from_one_and_is_close_to_the_truth(asks: list[RankingQuestion]) -> None:
    for ask, body in judged(asks):
        shown = callers(ask)
        scenarios = [option.scenario for option in shown]
        views = body["per_widget_feedback"]
        assert [view["widget_index"] for view in views] == [1, 2, 3, 4]
        assert [view["widget_type"] for view in views] == scenarios
        for view, option in zip(views, shown, strict=True):
            assert view["appropriateness_score"] == pytest.approx(
                ask.fits[option.scenario], abs=0.25
            )
            assert view["size_appropriate"] is (option.size == SUITING_SIZE[option.scenario])
        assert body["evaluation_confidence"] == pytest.approx(plan_value(ask, shown), abs=0.25)
        assert body["missing_widgets"] == [name for name in ask.needed if name not in scenarios]
