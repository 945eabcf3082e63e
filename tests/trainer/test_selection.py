"""Near duplicates are selected once, and no user exceeds their share."""

from collections import Counter
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import PairBuilt, Source
from trainer.domain.examples.selection import SelectionRules, select

from .conftest import NOW, label, training_pairs

RULES = SelectionRules()


def by(users: list[tuple[str, ...]]) -> list[PairBuilt]:
    return [
        pair.model_copy(
            update={"sources": tuple(Source(query_id=u, revision=1, user_id=u) for u in behind)}
        )
        for pair, behind in zip(training_pairs(len(users)), users, strict=True)
    ]


def test_near_duplicates_are_selected_once():
    pair, *_ = training_pairs(1)
    again = pair.model_copy(
        update={
            "example_id": "again",
            "occurred_at": NOW + timedelta(hours=1),
            "chosen": pair.chosen.upper().replace(".", " ."),
        }
    )
    selected = select([pair, again], RULES)
    assert [example.example_id for example in selected.examples] == ["again"], "the newest stays"
    assert selected.left_out == {"near_duplicate": 1}


def test_the_same_phrasing_about_another_device_or_value_is_another_example():
    pairs = [
        pair.model_copy(
            update={"question": pair.question.model_copy(update={"phrasing": "what is the _ of _"})}
        )
        for pair in training_pairs(20)
    ]
    assert len(select(pairs, RULES).examples) == 20


def test_opposite_signs_are_not_copies_of_each_other():
    assert len(select([label(1, True), label(1, False)], RULES).examples) == 2


def test_one_users_examples_are_limited_to_a_share():
    flood = [("mallory", f"op-{n % 6}") for n in range(60)]
    honest = [(f"op-{n % 6}", f"op-{(n + 1) % 6}") for n in range(60)]
    selected = select(by(flood + honest), SelectionRules(user_share=0.25))
    theirs = sum("mallory" in example.users for example in selected.examples)
    assert 20 <= theirs <= max(20, 0.25 * len(selected.examples))
    assert selected.left_out["user_share"] == 120 - len(selected.examples)


def test_a_plant_with_two_operators_still_learns_from_both():
    selected = select(by([("anna",)] * 30 + [("ben",)] * 30), RULES)
    assert len(selected.examples) == 60


def test_an_occasional_user_does_not_limit_a_regular_one():
    selected = select(by([("anna",)] * 60 + [("visitor",)]), RULES)
    assert len(selected.examples) == 21


def test_a_single_user_is_not_limited():
    assert len(select(by([("anna",)] * 30), RULES).examples) == 30


def test_examples_without_a_source_are_not_limited():
    assert len(select(by([()] * 30), RULES).examples) == 30
    assert len(select(by([()] * 60 + [("anna",)] * 3), RULES).examples) == 63


def test_everybody_without_a_name_shares_the_limit_of_one_user():
    unnamed = select(by([("",)] * 60 + [("anna",)]), RULES)
    named = select(by([("ben",)] * 60 + [("anna",)]), RULES)
    assert len(unnamed.examples) == len(named.examples) == 21


users = st.lists(
    st.lists(st.sampled_from("abcdef"), max_size=2, unique=True).map(tuple), max_size=60
)


@given(users, st.randoms())
def test_the_selection_does_not_depend_on_the_order(said, random):
    examples = by(said)
    shuffled = list(examples)
    random.shuffle(shuffled)
    selected = select(examples, RULES)
    assert selected == select(shuffled, RULES)
    assert len(selected.examples) + sum(selected.left_out.values()) == len(examples)


@given(users)
def test_no_user_has_more_than_the_limit_or_an_equal_share(said):
    selected = select(by(said), RULES).examples
    involved = Counter(user for example in selected for user in example.users)
    everyone = {user for users in said for user in users}
    if len(everyone) > 1:
        equal = sum(map(len, said)) / len(everyone) / len(said)
        most = max(RULES.user_share, equal) * len(selected)
        assert all(count <= max(RULES.user_least, most) for count in involved.values())
