"""The held-out set has kinds of questions that were not trained on, and the newest ones."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import PairBuilt
from trainer.domain.examples.holdout import split

from .conftest import NOW, training_pairs


@st.composite
def pairs(draw: st.DrawFn) -> list[PairBuilt]:
    """Pairs whose device types, phrasings and questions overlap in any way."""
    names = draw(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=2, max_size=60))
    (template,) = training_pairs(1)
    return [
        template.model_copy(
            update={
                "example_id": f"example-{number}",
                "at": NOW + timedelta(hours=key),
                "question": template.question.model_copy(
                    update={
                        "key": f"key-{key}",
                        "device_type": f"device-{device}" if device else "",
                        "phrasing": f"phrasing-{phrasing}" if phrasing else "",
                    }
                ),
            }
        )
        for number, (device, phrasing, key) in enumerate(names)
    ]


@given(pairs(), st.floats(0.05, 0.5), st.integers(1, 10), st.integers(0, 5))
def test_every_pair_is_on_one_side_and_no_question_on_both(
    given_pairs: list[PairBuilt], share: float, least: int, seed: int
):
    dataset = split(given_pairs, share, least, seed)
    both = [pair.example_id for pair in (*dataset.train, *dataset.held_out)]
    assert sorted(both) == sorted(pair.example_id for pair in given_pairs)
    asked = {pair.question.key for pair in dataset.train}
    assert asked.isdisjoint(pair.question.key for pair in dataset.held_out)
    assert dataset.train


@given(pairs(), st.floats(0.05, 0.5), st.integers(1, 10))
def test_kinds_stay_together(given_pairs: list[PairBuilt], share: float, least: int):
    dataset = split(given_pairs, share, least, 42)
    for name in ("device_type", "phrasing"):
        if dataset.held_out and name.replace("_", " ") in dataset.unseen:
            by_kind = [p for p in dataset.held_out if p.example_id not in dataset.newest]
            others = [*dataset.train, *(p for p in dataset.held_out if p not in by_kind)]
            seen = {getattr(pair.question, name) for pair in others} - {""}
            assert seen.isdisjoint(getattr(p.question, name) for p in by_kind), name


@given(pairs(), st.floats(0.05, 0.5), st.integers(1, 10))
def test_examples_held_out_by_time_are_newer_than_the_training_set(
    given_pairs: list[PairBuilt], share: float, least: int
):
    dataset = split(given_pairs, share, least, 42)
    newest = [pair.occurred_at for pair in dataset.held_out if pair.example_id in dataset.newest]
    one_each = {pair.question.key: pair for pair in given_pairs}
    if newest and len(one_each) == len(given_pairs):
        assert min(newest) >= max(pair.occurred_at for pair in dataset.train)


@given(pairs(), st.randoms())
def test_the_split_depends_on_the_data_and_the_seed_alone(given_pairs: list[PairBuilt], random):
    shuffled = list(given_pairs)
    random.shuffle(shuffled)
    first, second = (split(some, 0.2, 3, 42) for some in (given_pairs, shuffled))
    assert first == second


def test_about_the_requested_share_is_held_out():
    dataset = split(training_pairs(100), 0.2, 8, 42)
    assert abs(len(dataset.held_out) - 20) <= 5, "whole kinds of 20 pairs and 5 newest"
    assert dataset.unseen == "device types and phrasings, and by time"
    assert len(dataset.newest) == 5


def test_the_newest_questions_are_among_them():
    dated = [
        pair.model_copy(update={"at": NOW + timedelta(days=number)})
        for number, pair in enumerate(training_pairs(100))
    ]
    dataset = split(dated, 0.2, 8, 42)
    kinds = {p.question.device_type for p in dataset.held_out if p.example_id not in dataset.newest}
    latest = [pair.example_id for pair in dated if pair.question.device_type not in kinds][-5:]
    assert dataset.newest == set(latest)


def test_pairs_that_are_all_connected_are_split_by_device_type_then_by_question():
    connected = [
        pair.model_copy(
            update={"question": pair.question.model_copy(update={"phrasing": "what is it"})}
        )
        for pair in training_pairs(50)
    ]
    assert split(connected, 0.2, 8, 42).unseen == "device types, and by time"
    one_device = [
        pair.model_copy(
            update={"question": pair.question.model_copy(update={"device_type": "pump"})}
        )
        for pair in connected
    ]
    by_question = split(one_device, 0.2, 8, 42)
    assert by_question.unseen == "questions, and by time"
    assert len(by_question.held_out) == 10


def test_pairs_of_one_question_cannot_be_held_out():
    first, *_ = training_pairs(1)
    same = [first.model_copy(update={"example_id": f"example-{n}"}) for n in range(20)]
    assert split(same, 0.2, 8, 42).held_out == ()


def test_later_runs_hold_out_the_same_kinds():
    early, late = (split(training_pairs(count), 0.2, 8, 42) for count in (60, 200))
    kinds = [
        {p.question.device_type for p in data.held_out if p.example_id not in data.newest}
        for data in (early, late)
    ]
    assert kinds[0] == kinds[1]
