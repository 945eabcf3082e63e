"""When a run starts, by which method, and the reason while it does not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.domain.evaluation.bootstrap import cases_to_detect
from trainer.domain.runs.quiet_hours import QuietHours, quiet_hours
from trainer.domain.runs.readiness import (
    METHODS,
    ReadinessRules,
    TrainLater,
    TrainNow,
    cooldown_remaining_s,
    decide,
)
from trainer.domain.runs.situation import TrainingSituation, WaitingExamples

RULES = ReadinessRules(minimum={"dpo": 80, "kto": 160, "sft": 100}, cooldown_s=1800, least=9)


def waiting(
    pairs: int = 0, labels: int = 0, rarer: int | None = None, shown: int = 0
) -> TrainingSituation:
    return TrainingSituation(
        waiting={
            "dpo": WaitingExamples(pairs),
            "kto": WaitingExamples(labels, labels // 2 if rarer is None else rarer),
            "sft": WaitingExamples(shown),
        }
    )


@pytest.mark.parametrize(
    ("now", "method"),
    [(waiting(pairs=80), "dpo"), (waiting(labels=160), "kto"), (waiting(shown=100), "sft")],
)
def test_enough_of_one_kind_starts_its_method(now: TrainingSituation, method: str):
    decision = decide(now, RULES)
    assert isinstance(decision, TrainNow)
    assert decision.method == method
    assert decision.reason.endswith("are required")


def test_one_example_too_few_waits_with_the_number_lacking():
    decision = decide(waiting(pairs=79, labels=40, shown=3), RULES)
    assert isinstance(decision, TrainLater)
    assert decision.reason.startswith("79 pairs of 80 wait")
    assert decision.lacking == {"dpo": 1, "kto": 120, "sft": 97}


def test_the_reason_names_the_method_closest_to_its_minimum():
    assert "150 labels of 160" in decide(waiting(pairs=15, labels=150), RULES).reason


def test_the_reason_estimates_how_many_examples_would_show_a_gain():
    """Of 80 pairs 8 are held out; a gain of 0.1 needs 26, hence 260 pairs."""
    assert cases_to_detect(0.1, 0.18) == 26
    decision = decide(waiting(pairs=15), RULES)
    assert "about 245 more would show a gain of 0.1" in decision.reason
    plenty = replace(RULES, held_out_share=0.5)
    assert "would show" not in decide(waiting(pairs=15), plenty).reason


@pytest.mark.parametrize(("labels", "method"), [(430, "dpo"), (892, "kto")])
def test_the_first_run_uses_the_method_with_the_most_answers(labels: int, method: str):
    """A pair has two answers; with few repeated questions, labels have more in total."""
    assert decide(waiting(pairs=220, labels=labels, shown=100), RULES).method == method


def test_the_method_that_ran_longest_ago_runs_next():
    now = replace(waiting(pairs=80, labels=400), last_run_s={"dpo": 4000, "kto": 9000})
    assert decide(replace(now, idle_s=4000), RULES).method == "kto"


def test_labels_of_one_sign_start_no_run():
    lopsided = waiting(labels=400, rarer=20)
    assert decide(lopsided, RULES) == TrainLater(
        "400 labels wait, but only 20 have the rarer sign; 10% are required"
    )
    assert isinstance(decide(waiting(labels=400, rarer=40), RULES), TrainNow)


def test_a_run_cools_down_before_the_next():
    cooling = replace(waiting(pairs=500), idle_s=1799)
    assert decide(cooling, RULES) == TrainLater("500 pairs wait; cool-down for another 1 s")
    assert isinstance(decide(replace(cooling, idle_s=1800), RULES), TrainNow)


def test_only_a_request_starts_a_run_in_quiet_hours():
    rules = replace(RULES, quiet_hours=quiet_hours("06:00-22:00"))
    noon = replace(waiting(pairs=80), minute=12 * 60)
    assert "quiet hours 06:00-22:00" in decide(noon, rules).reason
    assert isinstance(decide(replace(noon, minute=23 * 60), rules), TrainNow)
    assert isinstance(decide(replace(noon, requested_by="anna"), rules), TrainNow)


def test_after_the_patience_half_the_minimum_suffices():
    rules = replace(RULES, patience_s=30 * 86400.0)
    old = TrainingSituation(waiting={"dpo": WaitingExamples(40, oldest_s=31 * 86400.0)})
    decision = decide(old, rules)
    assert decision == TrainNow("dpo", "40 pairs wait, the first for 31 days")
    assert isinstance(decide(old, RULES), TrainLater)
    assert isinstance(
        decide(TrainingSituation(waiting={"dpo": WaitingExamples(40)}), rules), TrainLater
    )


@pytest.mark.parametrize(
    ("short", "named"), [({"free_memory": 2**29}, "memory"), ({"free_disk": 2**29}, "disk")]
)
def test_even_a_requested_run_needs_memory_and_disk(short: dict[str, int], named: str):
    rules = replace(RULES, min_free_memory=2**30, min_free_disk=2**30)
    now = replace(waiting(pairs=80), requested_by="anna", **short)
    assert decide(now, rules) == TrainLater(f"0.5 GiB of {named} are free, a run needs 1.0 GiB")


def test_a_method_that_is_ruled_out_does_not_delay_the_others():
    now = replace(waiting(pairs=80), ruled_out={"dpo": "all pairs ask one question"})
    assert decide(now, RULES) == TrainLater("all pairs ask one question")
    assert (
        decide(replace(now, waiting={**now.waiting, "sft": WaitingExamples(100)}), RULES).method
        == "sft"
    )
    asked = decide(replace(now, requested_by="anna"), RULES)
    assert asked == TrainLater("anna requested a run, but all pairs ask one question")


def test_an_unmet_request_does_not_delay_other_runs():
    now = replace(waiting(pairs=80), requested_by="anna", requested="kto")
    assert decide(now, RULES).reason == "80 pairs wait, at least 80 are required"
    assert decide(replace(now, idle_s=1), RULES).reason.startswith("anna requested a run, but")


def test_a_request_lifts_the_limits():
    now = replace(waiting(pairs=20), idle_s=1, requested_by="anna")
    assert decide(now, RULES) == TrainNow("dpo", "anna requested a run; 20 pairs wait")


def test_a_request_may_name_the_method():
    now = replace(waiting(pairs=500, labels=30), requested_by="anna", requested="kto")
    assert decide(now, RULES) == TrainNow("kto", "anna requested a run; 30 labels wait")


def test_a_request_needs_the_fewest_examples():
    decision = decide(replace(waiting(pairs=8), requested_by="anna"), RULES)
    assert decision == TrainLater(
        "anna requested a run, but 8 pairs, 0 demonstrations, 0 labels of at least 9 wait"
    )


def test_a_burst_of_examples_becomes_one_run():
    rules = replace(RULES, settle_s=5)
    arriving = replace(waiting(pairs=90), quiet_s=4.9)
    assert decide(arriving, rules) == TrainLater("90 pairs wait and more are arriving")
    assert isinstance(decide(replace(arriving, quiet_s=5.0), rules), TrainNow)
    assert isinstance(decide(replace(arriving, quiet_s=None), rules), TrainNow)
    assert isinstance(decide(replace(waiting(pairs=160), quiet_s=0.1), rules), TrainNow)


def test_two_runs_never_overlap():
    busy = replace(waiting(pairs=500), running="r1", requested_by="anna")
    assert decide(busy, RULES) == TrainLater("run r1 is not finished")


@pytest.mark.parametrize(("idle_s", "remaining"), [(None, 0), (0, 1800), (1700, 100), (9999, 0)])
def test_the_cool_down_counts_to_zero(idle_s: float | None, remaining: float):
    assert cooldown_remaining_s(replace(waiting(), idle_s=idle_s), RULES) == remaining


@given(
    st.tuples(*[st.integers(0, 400)] * 4),
    st.one_of(st.none(), st.floats(0, 4000)),
    st.sampled_from([None, "anna"]),
    st.sampled_from([None, *METHODS]),
)
def test_no_run_has_fewer_examples_than_it_must_hold_out(counts, idle_s, who, method):
    pairs, labels, rarer, shown = counts
    now = waiting(pairs, labels, min(rarer, labels // 2), shown)
    decision = decide(replace(now, idle_s=idle_s, requested_by=who, requested=method), RULES)
    assert decision.reason
    if isinstance(decision, TrainNow):
        assert now.of(decision.method).count >= RULES.least


@pytest.mark.parametrize(
    ("span", "inside", "outside"),
    [("06:00-22:00", (360, 1319), (359, 1320)), ("22:00-06:30", (1320, 0, 389), (390, 1319))],
)
def test_quiet_hours_may_span_midnight(span: str, inside, outside):
    hours = quiet_hours(span)
    assert isinstance(hours, QuietHours)
    assert str(hours) == span
    assert all(minute in hours for minute in inside)
    assert not any(minute in hours for minute in outside)


@pytest.mark.parametrize("text", ["6-22", "06:00", "24:00-06:00", "06:00-22:60", "always"])
def test_an_invalid_span_of_hours_is_rejected_with_an_example(text: str):
    with pytest.raises(ValueError, match="write one such as 06:00-22:00"):
        quiet_hours(text)
