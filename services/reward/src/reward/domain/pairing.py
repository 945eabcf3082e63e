"""Which examples a question's answers make: best against worst, and one label each."""

import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Literal

from pydantic import Field

from ratchet.events.base import Aspect, Value, derived_id
from ratchet.events.example import Source

_VOICE_RULE = "same_question"
_LABEL_RULE = "clear_sign"


class PairingRules(Value):
    """A chosen answer is worth more than `chosen_above`, a rejected less than `rejected_below`."""

    chosen_above: float = 0.1
    rejected_below: float = -0.1
    min_gap: float = Field(default=0.3, ge=0)
    max_pairs_per_question: int = Field(default=5, ge=1)


class Candidate(Value):
    """One answer to a question in one aspect, with the reward of that aspect alone.

    `verdict` is what was said about this aspect; it must agree with the reward's sign.
    """

    source: Source
    aspect: Aspect
    prompt: str
    answer: str
    reward: float
    verdict: Literal["good", "bad"]


class PlannedPair(Value):
    aspect: Aspect
    rule: str = _VOICE_RULE
    prompt: str
    chosen: str
    rejected: str
    chosen_reward: float
    rejected_reward: float
    sources: tuple[Source, ...]

    @property
    def example_id(self) -> str:
        return derived_id("pair", self.aspect, self.prompt, self.chosen, self.rejected)


class PlannedLabel(Value):
    aspect: Aspect
    rule: str = _LABEL_RULE
    prompt: str
    answer: str
    desirable: bool
    reward: float
    sources: tuple[Source, ...]

    @property
    def example_id(self) -> str:
        return derived_id("label", self.aspect, self.prompt, self.answer, str(self.desirable))


Planned = PlannedPair | PlannedLabel


def plan_examples(candidates: Iterable[Candidate], rules: PairingRules) -> dict[str, Planned]:
    """The examples these answers make, by `example_id`: a function of the answers alone."""
    planned: dict[str, Planned] = {}
    by_aspect: dict[Aspect, list[Candidate]] = {}
    for candidate in sorted(candidates, key=_rank):
        by_aspect.setdefault(candidate.aspect, []).append(candidate)
    for ranked in by_aspect.values():
        good = [c for c in ranked if c.verdict == "good" and c.reward > rules.chosen_above]
        bad = [c for c in ranked if c.verdict == "bad" and c.reward < rules.rejected_below]
        for example in chain[Planned](_pairs(good, bad[::-1], rules), _labels(good, bad)):
            planned.setdefault(example.example_id, example)
    return planned


def plan_text(plan: object) -> str:
    """A widget plan as the compact JSON a model is taught to write."""
    return json.dumps(plan, separators=(",", ":"), ensure_ascii=False)


def _rank(candidate: Candidate) -> tuple[float, str, str]:
    return (-candidate.reward, candidate.answer, candidate.source.query_id)


def _pairs(
    good: Sequence[Candidate], worst_first: Sequence[Candidate], rules: PairingRules
) -> Iterable[PlannedPair]:
    limit = rules.max_pairs_per_question
    for best, worst in list(zip(good, worst_first, strict=False))[:limit]:
        if best.answer != worst.answer and best.reward - worst.reward >= rules.min_gap:
            yield PlannedPair(
                aspect=best.aspect,
                prompt=best.prompt,
                chosen=best.answer,
                rejected=worst.answer,
                chosen_reward=best.reward,
                rejected_reward=worst.reward,
                sources=(best.source, worst.source),
            )


def _labels(good: Sequence[Candidate], bad: Sequence[Candidate]) -> Iterable[PlannedLabel]:
    disputed = {candidate.answer for candidate in good} & {candidate.answer for candidate in bad}
    for desirable, candidates in ((True, good), (False, bad)):
        for candidate in candidates:
            if candidate.answer in disputed:
                continue
            yield PlannedLabel(
                aspect=candidate.aspect,
                prompt=candidate.prompt,
                answer=candidate.answer,
                desirable=desirable,
                reward=candidate.reward,
                sources=(candidate.source,),
            )
