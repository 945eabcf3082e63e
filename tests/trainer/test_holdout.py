"""The held-out side asks kinds of questions that were not trained on."""

from hypothesis import given
from hypothesis import strategies as st

from trainer.domain.dataset import TrainingPair
from trainer.domain.holdout import split

from .conftest import training_pairs


@st.composite
def pairs(draw: st.DrawFn) -> list[TrainingPair]:
    """Pairs whose device types, phrasings and questions overlap in any way."""
    names = draw(st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=2, max_size=60))
    (template,) = training_pairs(1)
    return [
        template.model_copy(
            update={
                "example_id": f"example-{number}",
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
    given_pairs: list[TrainingPair], share: float, least: int, seed: int
):
    dataset = split(given_pairs, share, least, seed)
    assert sorted(dataset.example_ids) == sorted(pair.example_id for pair in given_pairs)
    asked = {pair.question.key for pair in dataset.train}
    assert asked.isdisjoint(pair.question.key for pair in dataset.held_out)
    assert dataset.train


@given(pairs(), st.floats(0.05, 0.5), st.integers(1, 10))
def test_kinds_stay_together_as_the_dataset_says(
    given_pairs: list[TrainingPair], share: float, least: int
):
    dataset = split(given_pairs, share, least, 42)
    for name in ("device_type", "phrasing"):
        if dataset.held_out and name.replace("_", " ") in dataset.unseen:
            trained = {getattr(pair.question, name) for pair in dataset.train} - {""}
            assert trained.isdisjoint(getattr(p.question, name) for p in dataset.held_out), name


@given(pairs(), st.randoms())
def test_the_split_depends_on_the_data_and_the_seed_alone(given_pairs: list[TrainingPair], random):
    shuffled = list(given_pairs)
    random.shuffle(shuffled)
    first, second = (split(some, 0.2, 3, 42) for some in (given_pairs, shuffled))
    assert first.sha256 == second.sha256


def test_about_the_asked_share_is_held_out():
    dataset = split(training_pairs(100), 0.2, 8, 42)
    assert len(dataset.held_out) == 20
    assert dataset.unseen == "device types and phrasings"


def test_pairs_that_are_all_connected_are_split_by_device_type_then_by_question():
    connected = [
        pair.model_copy(
            update={"question": pair.question.model_copy(update={"phrasing": "what is it"})}
        )
        for pair in training_pairs(50)
    ]
    assert split(connected, 0.2, 8, 42).unseen == "device types"
    one_device = [
        pair.model_copy(
            update={"question": pair.question.model_copy(update={"device_type": "pump"})}
        )
        for pair in connected
    ]
    by_question = split(one_device, 0.2, 8, 42)
    assert by_question.unseen == "questions"
    assert len(by_question.held_out) == 10


def test_pairs_of_one_question_cannot_be_held_out():
    first, *_ = training_pairs(1)
    same = [first.model_copy(update={"example_id": f"example-{n}"}) for n in range(20)]
    assert split(same, 0.2, 8, 42).held_out == ()


def test_later_runs_hold_out_the_same_kinds():
    early, late = (split(training_pairs(count), 0.2, 8, 42) for count in (60, 200))
    kinds = [{pair.question.device_type for pair in data.held_out} for data in (early, late)]
    assert kinds[0] == kinds[1]
