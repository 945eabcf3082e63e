"""May a candidate serve? A decision with its reason."""

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


Verdict = Publish | KeepBack | Withdraw


def judge(
    evidence: Evidence, serving_against_caller: Interval | None, rules: PublishingRules
) -> Verdict:
    """Publish what is credibly at least as good as the scorer in service and the caller's order.

    Credibly means that the 95 % interval of the gain lies above `-tolerance`. Where the scorer in
    service is itself credibly worse than the caller's order and the candidate does not help, it
    is withdrawn.
    """
    if evidence.basis == "nothing yet":
        return KeepBack(
            f"too little to judge by: fewer than {rules.decisions} logged decisions and "
            f"fewer than {rules.plans} held-out plans"
        )
    unsupported = _unsupported(evidence, rules)
    worse = [
        f"not credibly as good as {_spoken(name)}: {_figure(gain)}"
        for name, gain in evidence.gains.items()
        if gain.low < -rules.tolerance
    ]
    problems = [*unsupported, *worse]
    if not problems:
        shown = ", ".join(
            f"{_figure(gain)} against {_spoken(name)}" for name, gain in evidence.gains.items()
        )
        return Publish(f"at least as good on {evidence.basis}: {shown}")
    why = f"on {evidence.basis}: {'; '.join(problems)}"
    if serving_against_caller is not None and serving_against_caller.high < 0:
        return Withdraw(
            f"the scorer in service is credibly worse than the caller's order "
            f"({_figure(serving_against_caller)}), and the candidate was kept back {why}"
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


def _spoken(name: str) -> str:
    return "the scorer in service" if name == "in_service" else "the caller's order"
