"""A rule that a later release adds makes examples that a replay counts and does not compare."""

from ledger.domain.final_state import FinalState, differences


def state(**rules: set[str]) -> FinalState:
    names = set().union(*rules.values())
    return FinalState(examples=dict.fromkeys(names, "digest"), rules=rules)


def test_examples_of_a_rule_without_any_in_the_history_are_counted_and_left_out():
    original = state(thumbs={"a"})
    replayed, of_new_rules = state(thumbs={"a"}, one_true={"b", "c"}).with_rules_of(original)
    assert of_new_rules == {"one_true": 2}
    assert replayed.content_hash == original.content_hash


def test_another_example_of_a_rule_of_the_history_is_a_difference():
    original = state(thumbs={"a"})
    replayed, of_new_rules = state(thumbs={"a", "b"}).with_rules_of(original)
    assert of_new_rules == {}
    assert [each.ids for each in differences(original, replayed)] == [("b",)]


def test_an_example_that_an_old_rule_made_before_is_compared():
    original = state(thumbs={"a"})
    replayed, of_new_rules = state(one_true={"a"}).with_rules_of(original)
    assert of_new_rules == {"one_true": 0}
    assert replayed.examples == original.examples


def test_a_retracted_example_of_a_new_rule_is_not_counted():
    replayed = state(thumbs={"a"}, one_true={"b"})
    del replayed.examples["b"]
    assert replayed.with_rules_of(state(thumbs={"a"}))[1] == {"one_true": 0}
