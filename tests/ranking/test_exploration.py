"""What may happen to a ranking, and that every probability is the one it happens with."""

import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.contract import Candidate, RankingPolicy
from ratchet_ranking import Exploration, explore, greedy_order

GRID = 2_000
POLICIES = st.builds(
    RankingPolicy,
    share=st.floats(0.0, 0.5),
    temperature=st.sampled_from([0.0, 1e-300, 1e-3, 0.3, 10.0]) | st.floats(0.0, 10.0),
    slots=st.integers(1, 8),
)
WORTHS = (
    st.sampled_from([0.0, 0.5, 1.0])
    | st.floats(-11.0, 11.0)
    | st.sampled_from([-1e9, 1e9, -1e308, 1e308])
)


class Case(NamedTuple):
    worths: list[float]
    candidates: list[Candidate]
    policy: RankingPolicy
    limit: int

    @property
    def required(self) -> set[int]:
        return {at for at, candidate in enumerate(self.candidates) if candidate.required}

    def explore(self) -> Exploration:
        return explore(self.worths, self.candidates, self.policy, self.limit)


CASES = st.lists(st.tuples(WORTHS, st.booleans()), min_size=2, max_size=6).flatmap(
    lambda drawn: st.builds(
        Case,
        worths=st.just([worth for worth, _ in drawn]),
        candidates=st.just(
            [Candidate(scenario=f"s{at}", required=must) for at, (_, must) in enumerate(drawn)]
        ),
        policy=POLICIES,
        limit=st.integers(1, 8),
    )
)


class Drawn(NamedTuple):
    """One order that may be drawn, top first, and how likely it is."""

    exchange: tuple[int, int] | None
    order: tuple[int, ...]
    chance: float


def every_order(exploration: Exploration) -> list[Drawn]:
    """The greedy order and each exchange of two places that is possible."""
    orders = [Drawn(None, exploration.order, exploration.greedy)]
    for upper in range(len(exploration.slots)):
        for lower in range(upper + 1, len(exploration.order)):
            chance = exploration.swap(upper, lower)
            if chance > 0:
                order = exploration.order_after((upper, lower))
                orders.append(Drawn((upper, lower), order, chance))
    return orders


def close(value: object) -> object:
    return pytest.approx(value, abs=1e-9)


@given(CASES)
def test_the_orders_that_may_be_drawn_are_all_there_is(case: Case) -> None:
    exploration = case.explore()
    orders = every_order(exploration)
    assert sum(drawn.chance for drawn in orders) == close(1.0)
    assert len({drawn.order for drawn in orders}) == len(orders)
    for drawn in orders:
        assert sorted(drawn.order) == list(range(len(case.worths)))
        assert exploration.propensity(drawn.exchange) == drawn.chance
        assert 0.0 < drawn.chance <= 1.0


@given(CASES)
def test_a_propensity_is_how_often_the_candidate_stands_there(case: Case) -> None:
    exploration = case.explore()
    orders = every_order(exploration)
    for drawn in orders:
        expected = [
            sum(other.chance for other in orders if other.order[place] == candidate)
            for place, candidate in enumerate(drawn.order)
        ]
        assert exploration.propensities(drawn.exchange) == close(expected)
    assert exploration.stays() == exploration.propensities(None)


@given(CASES, st.lists(st.floats(0.0, 1.0), min_size=6, max_size=6))
def test_exposure_is_how_much_a_candidate_is_looked_at_on_average(
    case: Case, looks: list[float]
) -> None:
    exploration = case.explore()
    examination = np.array(looks[: len(case.worths)])
    expected = np.zeros(len(case.worths))
    for drawn in every_order(exploration):
        expected[list(drawn.order)] += drawn.chance * examination
    assert exploration.exposure(examination) == close(expected)


@settings(deadline=None)
@given(CASES)
def test_an_order_is_drawn_as_often_as_it_says(case: Case) -> None:
    exploration = case.explore()
    drawn = [exploration.exchange((at + 0.5) / GRID) for at in range(GRID)]
    expected = {order.exchange: order.chance for order in every_order(exploration)}
    assert set(drawn) <= set(expected)
    for exchange, chance in expected.items():
        assert drawn.count(exchange) / GRID == pytest.approx(chance, abs=1.5 / GRID)


@given(CASES, st.floats(0.0, 1.0, exclude_max=True))
def test_whatever_is_drawn_was_possible(case: Case, drawn: float) -> None:
    exploration = case.explore()
    for number in (drawn, 0.0, math.nextafter(1.0, 0.0)):
        exchange = exploration.exchange(number)
        assert exploration.propensity(exchange) > 0.0
        assert min(exploration.propensities(exchange)) > 0.0


@given(CASES)
def test_a_required_candidate_is_shown_in_every_order_where_all_fit(case: Case) -> None:
    case = case._replace(limit=max(case.limit, len(case.required)))
    for drawn in every_order(case.explore()):
        assert case.required <= set(drawn.order[: case.limit])


@given(CASES)
def test_where_not_all_required_fit_only_required_are_shown(case: Case) -> None:
    limit = min(case.limit, len(case.required))
    if limit:
        order = case._replace(limit=limit).explore().order
        assert set(order[:limit]) <= case.required


@given(CASES)
def test_no_more_than_the_share_changes(case: Case) -> None:
    assert case.explore().greedy >= 1.0 - case.policy.share - 1e-9


@given(CASES)
def test_nothing_is_ever_infinite_or_no_number(case: Case) -> None:
    exploration = case.explore()
    exposure = exploration.exposure(np.ones(len(case.worths)))
    chances = [drawn.chance for drawn in every_order(exploration)]
    numbers = [*exploration.odds, *exploration.stays(), *chances, *exposure.tolist()]
    assert all(math.isfinite(number) for number in numbers)
    assert all(math.isfinite(slot.scale) for slot in exploration.slots)
    assert exposure.sum() == close(len(case.worths))


@given(CASES, st.sampled_from([{"share": 0.0}, {"temperature": 0.0}]))
def test_without_share_or_temperature_the_greedy_order_is_certain(
    case: Case, off: dict[str, float]
) -> None:
    exploration = case._replace(policy=case.policy.model_copy(update=off)).explore()
    assert exploration.order == greedy_order(case.worths, case.candidates, case.limit)
    assert exploration.greedy == 1.0
    assert [drawn.exchange for drawn in every_order(exploration)] == [None]
    assert exploration.exchange(math.nextafter(1.0, 0.0)) is None
    assert exploration.propensities(None) == [1.0] * len(case.worths)


@given(CASES)
def test_the_greedy_order_goes_by_worth_and_then_as_they_came(case: Case) -> None:
    order = case.explore().order
    for group in (case.required, set(range(len(case.worths))) - case.required):
        listed = [at for at in order if at in group]
        assert listed == sorted(group, key=lambda at: (-case.worths[at], at))


@given(CASES)
def test_a_required_candidate_rises_only_as_far_as_it_must(case: Case) -> None:
    by_worth = sorted(range(len(case.worths)), key=lambda at: -case.worths[at])
    order = case.explore().order
    if case.required <= set(by_worth[: case.limit]):
        assert order == tuple(by_worth)
    shown = [at for at in by_worth if at in order[: case.limit]]
    assert list(order[: case.limit]) == shown


def test_a_slot_is_drawn_in_proportion_to_the_odds() -> None:
    policy = RankingPolicy(share=0.3, temperature=0.5, slots=3)
    worths = [1.0, 0.5, 0.0, -0.5]
    exploration = explore(worths, [Candidate(scenario="kpi")] * 4, policy, 3)
    odds = [math.exp(worth / 0.5) for worth in worths]
    for upper in range(3):
        for lower in range(upper + 1, 4):
            chance = 0.1 * odds[lower] / sum(odds[upper:])
            assert exploration.swap(upper, lower) == pytest.approx(chance)


def test_alike_candidates_change_as_often_as_the_share_allows() -> None:
    policy = RankingPolicy(share=0.5, slots=1)
    exploration = explore([0.5] * 100, [Candidate(scenario="kpi")] * 100, policy, 4)
    assert exploration.greedy == pytest.approx(1 - 0.5 * 99 / 100)


def test_a_required_candidate_changes_places_among_the_shown_only() -> None:
    candidates = [Candidate(scenario=f"s{at}", required=at == 0) for at in range(4)]
    exploration = explore([0.5] * 4, candidates, RankingPolicy(slots=3), 2)
    assert exploration.swap(0, 1) > 0.0
    assert exploration.swap(0, 2) == exploration.swap(0, 3) == 0.0
    assert exploration.swap(1, 3) > 0.0


def test_a_limit_above_the_candidates_shows_them_all() -> None:
    candidates = [Candidate(scenario=f"s{at}", required=True) for at in range(2)]
    exploration = explore([0.5, 0.4], candidates, RankingPolicy(), 9)
    assert len(exploration.stays()) == 2


def test_odds_too_small_to_divide_by_are_not_drawn_from() -> None:
    policy = RankingPolicy(temperature=0.001)
    worths = [1.0, 0.28, 0.27, 0.26]
    exploration = explore(worths, [Candidate(scenario="kpi")] * 4, policy, 4)
    assert 0.0 < exploration.odds[1] < 1e-300
    assert exploration.greedy == close(1.0)


def test_one_candidate_stays_alone() -> None:
    exploration = explore([0.5], [Candidate(scenario="kpi")], RankingPolicy(), 1)
    assert exploration.order == (0,)
    assert exploration.exchange(0.999) is None
    assert exploration.propensities(None) == [1.0]
