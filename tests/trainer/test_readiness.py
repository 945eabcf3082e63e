"""When a run begins: enough pairs, a cool-down since the last one, or somebody's request."""

from dataclasses import replace

import pytest

from trainer.domain.readiness import Rules, Situation, Train, Wait, cooldown_remaining_s, decide

RULES = Rules(min_pairs=80, cooldown_s=1800, least=9)


def test_eighty_pairs_start_the_first_run():
    assert isinstance(decide(Situation(pending=80, idle_s=None), RULES), Train)


def test_seventy_nine_wait_and_say_so():
    assert decide(Situation(pending=79, idle_s=None), RULES) == Wait("79 pairs of 80 wait")


def test_a_run_cools_down_before_the_next():
    waiting = decide(Situation(pending=500, idle_s=1799), RULES)
    assert waiting == Wait("500 pairs wait; cool-down for another 1 s")
    assert isinstance(decide(Situation(pending=500, idle_s=1800), RULES), Train)


def test_a_request_lifts_both_limits():
    decision = decide(Situation(pending=20, idle_s=1, requested_by="anna"), RULES)
    assert decision == Train("anna asked for a run; 20 pairs wait")


def test_a_request_cannot_train_on_nothing():
    assert isinstance(decide(Situation(pending=8, idle_s=None, requested_by="anna"), RULES), Wait)


def test_a_burst_is_waited_out_and_becomes_one_run():
    rules = replace(RULES, settle_s=5)
    arriving = Situation(pending=90, idle_s=None, quiet_s=4.9)
    assert decide(arriving, rules) == Wait("90 pairs wait and more are arriving")
    assert isinstance(decide(replace(arriving, quiet_s=5.0), rules), Train)
    assert isinstance(decide(replace(arriving, quiet_s=None), rules), Train)
    assert isinstance(decide(replace(arriving, pending=160), rules), Train)


def test_two_runs_never_overlap():
    busy = Situation(pending=500, idle_s=None, running="r1", requested_by="anna")
    assert decide(busy, RULES) == Wait("run r1 is not finished")


@pytest.mark.parametrize(("idle_s", "remaining"), [(None, 0), (0, 1800), (1700, 100), (9999, 0)])
def test_the_cool_down_counts_to_zero(idle_s: float | None, remaining: float):
    assert cooldown_remaining_s(Situation(pending=0, idle_s=idle_s), RULES) == remaining
