"""Whether a server that was given a model answers as the model that was trained."""

import json
import math
from collections.abc import Iterator, Sequence

import numpy as np

from exporter.domain.parity.answers import Heard, Reference
from exporter.domain.parity.greedy_agreement import Followed, follow
from exporter.domain.parity.quantization import Limits
from ratchet.contract import ServedFault, ServedParity, Value
from ratchet.measures import plan_validity

_TAIL = 10
"""The 99th percentile of the KL may be this often the largest mean."""


class Expected(Value):
    """What a served version is held against.

    `start` is the text the server's tokenizer puts before a chat by itself, `stop` are the tokens
    that end an answer. `limits` are those of the file's format; `training_kl` (nats) is how far
    training moved the answers: a server further away may as well serve the base model.
    """

    references: tuple[Reference, ...]
    start: str
    stop: tuple[str, ...]
    limits: Limits
    training_kl: float

    @property
    def prompts(self) -> tuple[str, ...]:
        return tuple(reference.prompt for reference in self.references)

    @property
    def answer_limit(self) -> int:
        """Tokens: one more than the trained model said, to hear whether the server goes on.

        An equally good plan may be longer than the trained model's, though not twice.
        """
        longest = max((len(reference.tokens) for reference in self.references), default=0)
        return 2 * longest if any(reference.plan for reference in self.references) else longest + 1


def judge(target: str, expected: Expected, heard: Sequence[Heard]) -> ServedParity:
    """Compare what the server `target` said with the references, one by one.

    Raises `ValueError` when there is not one answer for each reference.
    """
    pairs = list(zip(expected.references, heard, strict=True))
    hidden = frozenset({"", *expected.stop})
    followed = [follow(reference, answer, hidden) for reference, answer in pairs]
    tokens = sum(one.tokens for one in followed)
    top1 = sum(one.agreeing for one in followed) / max(tokens, 1)
    kls = [kl for one in followed for kl in one.divergences]
    mean = float(np.mean(kls)) if kls else None
    p99 = float(np.percentile(kls, 99)) if kls else None
    faults = [
        *_template(pairs, expected.start),
        *_stop(pairs, expected.stop),
        *_end(followed),
        *_plans(pairs),
        *_agreement(top1, tokens, expected.limits, told=mean is not None),
        *_divergence(mean, p99, expected),
    ]
    return ServedParity(
        target=target, top1=top1, kl_mean=mean, kl_p99=p99, tokens=tokens, faults=tuple(faults)
    )


_Pairs = Sequence[tuple[Reference, Heard]]


def _template(pairs: _Pairs, start: str) -> Iterator[ServedFault]:
    for reference, heard in pairs:
        wanted, rendered = reference.rendered, heard.rendered
        if rendered is None or wanted in (rendered, start + rendered):
            continue
        at = _first_difference(wanted, rendered)
        yield ServedFault(
            name="template",
            reason=f"the server renders {_shown(rendered[at:])} at character {at} of a chat, "
            f"the trained model reads {_shown(wanted[at:])}",
        )
        return


def _stop(pairs: _Pairs, stops: Sequence[str]) -> Iterator[ServedFault]:
    for reference, heard in pairs:
        for stop in stops:
            if stop in heard.text:
                reason = f"the answer to {_shown(reference.prompt)} has the stop token {stop}"
                yield ServedFault(name="stop", reason=reason)
                return


def _end(followed: Sequence[Followed]) -> Iterator[ServedFault]:
    """One token more or less is chance; most answers going on is a stop token nobody knows."""
    ends = [one.ends for one in followed if one.ends is not None]
    if ends and sum(ends) < len(ends) / 2:
        reason = f"{len(ends) - sum(ends)} of {len(ends)} answers go on after the trained model's"
        yield ServedFault(name="end", reason=f"{reason} end")


def _plans(pairs: _Pairs) -> Iterator[ServedFault]:
    for reference, heard in pairs:
        if not reference.plan or not plan_validity(reference.text).valid:
            continue
        validity = plan_validity(heard.text)
        if not validity.valid:
            reason = f"the plan for {_shown(reference.prompt)}: {', '.join(validity.problems)}"
            yield ServedFault(name="plan", reason=reason)
            return


def _agreement(top1: float, tokens: int, limits: Limits, *, told: bool) -> Iterator[ServedFault]:
    """A few answers are a sample of what the limit speaks of: standard errors of grace.

    Two where the KL was `told`, which is the sharper measure; one where nothing else speaks.
    """
    if tokens == 0:
        yield ServedFault(name="agreement", reason="no token of any answer could be compared")
        return
    grace = (2 if told else 1) * math.sqrt(limits.top1 * (1 - limits.top1) / tokens)
    if top1 < limits.top1 - grace:
        reason = f"top-1 agreement {top1:.4f} is below {limits.top1 - grace:.4f}"
        yield ServedFault(name="agreement", reason=reason)


def _divergence(mean: float | None, p99: float | None, expected: Expected) -> Iterator[ServedFault]:
    if mean is None or p99 is None:
        return
    largest = expected.limits.kl
    if mean > largest:
        yield ServedFault(name="divergence", reason=f"mean KL {mean:.6f} is above {largest}")
    elif mean >= expected.training_kl:
        reason = f"mean KL {mean:.6f}, and the training moved the answers by "
        yield ServedFault(name="divergence", reason=f"{reason}{expected.training_kl:.6f} only")
    if p99 > _TAIL * largest:
        reason = f"the 99th percentile of the KL, {p99:.6f}, is above {_TAIL * largest:g}"
        yield ServedFault(name="divergence", reason=reason)


def _first_difference(one: str, other: str) -> int:
    same = (a == b for a, b in zip(one, other, strict=False))
    return next((at for at, equal in enumerate(same) if not equal), min(len(one), len(other)))


def _shown(text: str) -> str:
    return json.dumps(text[:60], ensure_ascii=False)
