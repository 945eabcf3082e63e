"""The verdict on a candidate: credible evidence decides, and the reason has the figures."""

import pytest

from ratchet.contract import Estimate, Evidence, Interval, PolicyName
from trainer.domain.scorer.rules import PublishingRules
from trainer.domain.scorer.verdict import KeepBack, Publish, Withdraw, judge

RULES = PublishingRules(decisions=100, plans=20, tolerance=0.02, support=0.5)
BETTER = Interval(mean=0.1, low=0.05, high=0.15, n=120)
EQUAL = Interval(mean=0.0, low=-0.02, high=0.02, n=120)
UNSURE = Interval(mean=0.1, low=-0.021, high=0.3, n=120)
WORSE = Interval(mean=-0.2, low=-0.3, high=-0.1, n=120)


def estimate(policy: PolicyName, supported: float) -> Estimate:
    return Estimate(
        policy=policy, ips=BETTER, snips=BETTER, dr=BETTER, effective=90.0, supported=supported
    )


def evidence(supported: float = 1.0, **gains: Interval) -> Evidence:
    return Evidence(
        basis="logged decisions",
        estimates=(estimate("candidate", supported), estimate("caller", 0.1)),
        gains=gains,
    )


def test_a_candidate_that_is_better_is_published_with_each_gain():
    found = judge(evidence(in_service=BETTER, caller=BETTER), BETTER, RULES)
    figure = "+0.100 [+0.050, +0.150] over 120"
    assert found == Publish(
        f"at least as good on logged decisions: {figure} against the scorer in service, "
        f"{figure} against the caller's order"
    )


def test_a_candidate_that_is_credibly_as_good_is_published():
    """The lower bound equals the tolerance."""
    found = judge(evidence(in_service=EQUAL, caller=BETTER), None, RULES)
    assert isinstance(found, Publish)
    assert "+0.000 [-0.020, +0.020] over 120 against the scorer in service" in found.reason


def test_the_first_candidate_is_compared_with_the_callers_order_only():
    assert isinstance(judge(evidence(caller=BETTER), None, RULES), Publish)
    assert isinstance(judge(evidence(caller=UNSURE), None, RULES), KeepBack)


def test_held_out_plans_are_evidence_before_decisions_are_logged():
    found = judge(Evidence(basis="held-out plans", gains={"caller": BETTER}), None, RULES)
    assert isinstance(found, Publish)
    assert found.reason.startswith("at least as good on held-out plans: +0.100")


@pytest.mark.parametrize(
    ("gains", "named"),
    [
        (
            {"in_service": UNSURE, "caller": BETTER},
            "not credibly as good as the scorer in service: +0.100 [-0.021, +0.300] over 120",
        ),
        (
            {"in_service": BETTER, "caller": WORSE},
            "not credibly as good as the caller's order: -0.200 [-0.300, -0.100] over 120",
        ),
    ],
)
def test_a_lower_bound_below_the_tolerance_keeps_it_back(gains: dict[str, Interval], named: str):
    assert judge(evidence(**gains), BETTER, RULES) == KeepBack(f"on logged decisions: {named}")


def test_a_candidate_without_support_is_kept_back():
    found = judge(evidence(supported=0.49, caller=BETTER), None, RULES)
    assert found == KeepBack("on logged decisions: only 49% of what it would show was ever shown")


def test_support_counts_for_the_candidate_alone():
    """The support of the caller's order is a tenth."""
    assert isinstance(judge(evidence(supported=0.5, caller=BETTER), None, RULES), Publish)


def test_every_problem_is_named():
    found = judge(evidence(supported=0.2, in_service=UNSURE, caller=WORSE), None, RULES)
    assert isinstance(found, KeepBack)
    for named in ("only 20%", "the scorer in service: +0.100", "the caller's order: -0.200"):
        assert named in found.reason


@pytest.mark.parametrize("serving", [None, BETTER, WORSE])
def test_too_little_evidence_changes_nothing(serving: Interval | None):
    assert judge(Evidence(basis="nothing yet"), serving, RULES) == KeepBack(
        "too little to judge by: fewer than 100 logged decisions and fewer than 20 held-out plans"
    )


def test_a_scorer_in_service_that_is_credibly_worse_than_the_caller_is_withdrawn():
    found = judge(evidence(in_service=BETTER, caller=UNSURE), WORSE, RULES)
    assert found == Withdraw(
        "the scorer in service is credibly worse than the caller's order "
        "(-0.200 [-0.300, -0.100] over 120), and the candidate was kept back "
        "on logged decisions: not credibly as good as the caller's order: "
        "+0.100 [-0.021, +0.300] over 120"
    )


def test_a_candidate_that_helps_is_published_rather_than_the_bad_scorer_withdrawn():
    assert isinstance(judge(evidence(in_service=BETTER, caller=BETTER), WORSE, RULES), Publish)


def test_a_scorer_in_service_that_is_not_credibly_worse_remains():
    doubtful = Interval(mean=-0.1, low=-0.2, high=0.0, n=120)
    assert isinstance(judge(evidence(caller=UNSURE), doubtful, RULES), KeepBack)


@pytest.mark.parametrize("gain", [BETTER, EQUAL, UNSURE, WORSE])
@pytest.mark.parametrize("supported", [0.0, 1.0])
def test_without_a_scorer_in_service_nothing_is_withdrawn(gain: Interval, supported: float):
    found = judge(evidence(supported=supported, caller=gain), None, RULES)
    assert not isinstance(found, Withdraw)
