"""Decides whether a candidate may serve, with the reason."""

from dataclasses import dataclass

from ratchet.contract import Evidence, Interval
from trainer.domain.scorer.rules import PublishingRules


@dataclass(frozen=True)
class Publish:
    reason: str


@dataclass(frozen=True)
class KeepBack:
    reason: str


@dataclass(frozen=True)
class Withdraw:
    """Neither the candidate nor the scorer in service may serve."""

    reason: str


PublishingVerdict = Publish | KeepBack | Withdraw


def judge(
    evidence: Evidence, in_service_gain: Interval | None, rules: PublishingRules
) -> PublishingVerdict:
    """Publish what is credibly no worse than the scorer in service and the caller's order.

    Credibly: the 95 % interval of the gain is above `-tolerance`. If the candidate is kept back and
    `in_service_gain`, the gain of the scorer in service over the caller's order, is credibly
    negative, the scorer in service is withdrawn.
    """
    if evidence.basis == "nothing yet":
        return KeepBack(
            f"too little to judge by: fewer than {rules.decisions} logged decisions and "
            f"fewer than {rules.plans} held-out plans"
        )
    unsupported = _unsupported(evidence, rules)
    worse = [
        f"not credibly as good as {_policy_name(name)}: {_figure(gain)}"
        for name, gain in evidence.gains.items()
        if gain.low < -rules.tolerance
    ]
    problems = [*unsupported, *worse]
    if not problems:
        shown = ", ".join(
            f"{_figure(gain)} against {_policy_name(name)}" for name, gain in evidence.gains.items()
        )
        return Publish(f"at least as good on {evidence.basis}: {shown}")
    why = f"on {evidence.basis}: {'; '.join(problems)}"
    if in_service_gain is not None and in_service_gain.high < 0:
        return Withdraw(
            f"the scorer in service is credibly worse than the caller's order "
            f"({_figure(in_service_gain)}), and the candidate was kept back {why}"
        )
    return KeepBack(why)


def _unsupported(evidence: Evidence, rules: PublishingRules) -> list[str]:
    return [
        f"only {estimate.supported:.0%} of what it would show was ever shown"
        for estimate in evidence.estimates
        if estimate.policy == "candidate" and estimate.supported < rules.support
    ]


def _figure(gain: Interval) -> str:
    return f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}] over {gain.n}"


def _policy_name(name: str) -> str:
    return "the scorer in service" if name == "in_service" else "the caller's order"
