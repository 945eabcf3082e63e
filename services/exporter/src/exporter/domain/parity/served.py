"""Compares a server's answers with the trained model's and names the faults."""

import json
import math
from collections.abc import Iterator, Sequence

import numpy as np

from exporter.domain.parity.answers import ReferenceAnswer, RenderedChat, ServerAnswer
from exporter.domain.parity.greedy_agreement import GreedyAgreement, compare_greedily
from exporter.domain.parity.quantization import ParityLimits
from ratchet.contract import ChatMessage, ServedFault, ServedParity, Value
from ratchet.measures import plan_validity

_TAIL = 10
"""The limit of the KL's 99th percentile, as a multiple of that of its mean."""


class ExpectedAnswers(Value):
    """The answers that a server of the version must give, and the texts its model must read.

    `chats` are read besides those of `references`. `start` is the text that the server's tokenizer
    puts before every chat, `stop` are the texts that end an answer. `limits` are those of the
    file's format; `training_kl` (nats) is how far training moved the answers: a server that differs
    more may well serve the base model.
    """

    references: tuple[ReferenceAnswer, ...]
    chats: tuple[RenderedChat, ...] = ()
    start: str
    stop: tuple[str, ...]
    limits: ParityLimits
    training_kl: float

    @property
    def prompts(self) -> tuple[tuple[ChatMessage, ...], ...]:
        return tuple(reference.turns for reference in self.references)

    @property
    def read(self) -> tuple[RenderedChat, ...]:
        """Every chat whose text is known."""
        return (*self.chats, *(reference.chat for reference in self.references))

    @property
    def answer_limit(self) -> int:
        """Tokens: one more than the longest reference, to see whether the server ends there too.

        A valid plan may be longer than the trained model's, though not twice as long.
        """
        longest = max((len(reference.tokens) for reference in self.references), default=0)
        return 2 * longest if any(reference.plan for reference in self.references) else longest + 1


def template_fault(
    expected: ExpectedAnswers, renderings: Sequence[Sequence[str]]
) -> ServedFault | None:
    """The first chat of `expected.read` that the server's model does not read as trained.

    `renderings` are the texts that it reads for each, in the same order; empty where the server
    does not report them.
    """
    for chat, texts in zip(expected.read, renderings, strict=False):
        trained = chat.rendered
        for text in texts:
            if trained in (text, expected.start + text):
                continue
            if not text.startswith(expected.start):
                trained = trained.removeprefix(expected.start)
            at = _first_difference(trained, text)
            reason = (
                f"the server renders {_shown(text[at:])} at character {at} of a chat, "
                f"the trained model reads {_shown(trained[at:])}"
            )
            return ServedFault(name="template", reason=reason)
    return None


def compare_answers(
    target: str,
    expected: ExpectedAnswers,
    answers: Sequence[ServerAnswer],
    template: ServedFault | None = None,
    *,
    rendered: bool = True,
) -> ServedParity:
    """Compare the answers of the server `target` with the references, in the same order.

    `template` is a fault that is known already; `rendered` is whether the server reports how it
    renders chats. Raises `ValueError` if the numbers of references and answers differ.
    """
    pairs = list(zip(expected.references, answers, strict=True))
    hidden = frozenset({"", *expected.stop})
    agreements = [compare_greedily(reference, answer, hidden) for reference, answer in pairs]
    tokens = sum(one.tokens for one in agreements)
    top1 = sum(one.agreeing for one in agreements) / max(tokens, 1)
    kls = [kl for one in agreements for kl in one.divergences]
    mean = float(np.mean(kls)) if kls else None
    p99 = float(np.percentile(kls, 99)) if kls else None
    faults = [
        *([template] if template else []),
        *_stop(pairs, expected.stop),
        *_end(agreements),
        *_plans(pairs),
        *_agreement(top1, tokens, expected.limits, kl_known=mean is not None),
        *_divergence(mean, p99, expected),
    ]
    known = {"template": rendered, "divergence": mean is not None}
    return ServedParity(
        target=target,
        top1=top1,
        kl_mean=mean,
        kl_p99=p99,
        tokens=tokens,
        faults=tuple(faults),
        unchecked=tuple(name for name, checked in known.items() if not checked),
    )


def nearer(one: ServedParity, other: ServedParity) -> bool:
    """Whether the answers of a server agree better with `one` than with `other`."""
    if one.kl_mean is not None and other.kl_mean is not None:
        return one.kl_mean < other.kl_mean
    return one.top1 > other.top1


_Pairs = Sequence[tuple[ReferenceAnswer, ServerAnswer]]


def _stop(pairs: _Pairs, stops: Sequence[str]) -> Iterator[ServedFault]:
    for reference, answer in pairs:
        for stop in stops:
            if stop in answer.text:
                reason = f"the answer to {_shown(reference.prompt)} has the stop token {stop}"
                yield ServedFault(name="stop", reason=reason)
                return


def _end(agreements: Sequence[GreedyAgreement]) -> Iterator[ServedFault]:
    """One answer may differ by chance; if most go on, the server lacks the stop token."""
    ends = [one.same_end for one in agreements if one.same_end is not None]
    if ends and sum(ends) < len(ends) / 2:
        reason = f"{len(ends) - sum(ends)} of {len(ends)} answers go on after the trained model's"
        yield ServedFault(name="end", reason=f"{reason} end")


def _plans(pairs: _Pairs) -> Iterator[ServedFault]:
    for reference, answer in pairs:
        if not reference.plan or not plan_validity(reference.text).valid:
            continue
        validity = plan_validity(answer.text)
        if not validity.valid:
            reason = f"the plan for {_shown(reference.prompt)}: {', '.join(validity.problems)}"
            yield ServedFault(name="plan", reason=reason)
            return


def _agreement(
    top1: float, tokens: int, limits: ParityLimits, *, kl_known: bool
) -> Iterator[ServedFault]:
    """The limit holds for many answers, and these are a sample: it is lowered by standard errors.

    Two if the KL, the sharper measure, is known as well; one if this is the only measure.
    """
    if tokens == 0:
        yield ServedFault(name="agreement", reason="no token of any answer could be compared")
        return
    grace = (2 if kl_known else 1) * math.sqrt(limits.top1 * (1 - limits.top1) / tokens)
    if top1 < limits.top1 - grace:
        reason = f"top-1 agreement {top1:.4f} is below {limits.top1 - grace:.4f}"
        yield ServedFault(name="agreement", reason=reason)


def _divergence(
    mean: float | None, p99: float | None, expected: ExpectedAnswers
) -> Iterator[ServedFault]:
    if mean is None or p99 is None:
        return
    largest = expected.limits.kl
    if mean > largest:
        yield ServedFault(name="divergence", reason=f"mean KL {mean:.6f} is above {largest}")
    elif mean >= expected.training_kl:
        reason = f"mean KL {mean:.6f}, but the training moved the answers by only "
        yield ServedFault(name="divergence", reason=f"{reason}{expected.training_kl:.6f}")
    if p99 > _TAIL * largest:
        reason = f"the 99th percentile of the KL, {p99:.6f}, is above {_TAIL * largest:g}"
        yield ServedFault(name="divergence", reason=reason)


def _first_difference(one: str, other: str) -> int:
    equal = (a == b for a, b in zip(one, other, strict=False))
    return next((at for at, same in enumerate(equal) if not same), min(len(one), len(other)))


def _shown(text: str) -> str:
    return json.dumps(text[:60], ensure_ascii=False)
