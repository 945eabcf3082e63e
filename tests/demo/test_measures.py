"""Every measure is named for a person, with its direction and whether chance explains it."""

from hypothesis import given
from hypothesis import strategies as st

from ratchet.contract import Interval, Scores
from ratchet_cli.demo.measures import changes_of, share_interval

from .stored_runs import stored_run


def verdicts(name: str) -> dict[str, str]:
    return {change.measure: change.verdict for change in changes_of(stored_run(name))}


def test_a_fall_of_what_should_fall_is_better():
    assert verdicts("mixed")["invented"] == "better, may be chance"
    assert verdicts("worse")["invented"] == "worse"
    assert verdicts("better")["grounded_accuracy"] == "better"


def test_lengths_and_distances_are_neither_better_nor_worse():
    assert verdicts("mixed")["words"] == "changed"


def test_a_handful_of_cases_is_too_few_whatever_the_interval_says():
    run = stored_run("mixed")
    gain = Interval(mean=0.62, low=0.62, high=0.62, n=2)
    run = run.model_copy(update={"gains": {**run.gains, "grounded_accuracy": gain}})
    [change] = [one for one in changes_of(run) if one.measure == "grounded_accuracy"]
    assert change.verdict == "better, too few to judge"


def test_every_measure_of_the_contract_has_a_name_for_a_person():
    run = stored_run("mixed")
    full = Scores.model_validate(dict.fromkeys(Scores.model_fields, 0.5))
    changes = changes_of(run.model_copy(update={"before": full, "after": full}))
    assert {change.measure for change in changes} == set(Scores.model_fields)
    assert all(change.title != change.measure.replace("_", " ") for change in changes)


def test_a_run_without_scores_has_no_measures():
    assert changes_of(stored_run("failed")) == []
    assert changes_of(None) == []


@given(st.floats(0, 1), st.integers(1, 1000))
def test_the_interval_of_a_share_contains_it_and_stays_a_share(share: float, n: int):
    low, high = share_interval(share, n)
    assert 0 <= low <= share + 1e-9
    assert share - 1e-9 <= high <= 1


def test_the_interval_of_a_share_is_wilsons():
    low, high = share_interval(8 / 26, 26)
    assert (round(low, 3), round(high, 3)) == (0.165, 0.5)
