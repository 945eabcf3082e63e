"""Which examples a question's answers make: a function of the answers alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from pydantic import Field

from ratchet.contract import Source, Value
from ratchet.measures import normalised, prompt_for
from reward.domain.examples.candidates import Candidate
from reward.domain.examples.planned import Planned, PlannedDemonstration, PlannedLabel, PlannedPair
from reward.domain.examples.question import Scope


class PairingRules(Value):
    """A chosen answer is worth more than `chosen_above`, a rejected less than `rejected_below`.

    Caps hold per question and aspect; `max_per_user` is one operator's share of each of them,
    and `max_answers_per_user_per_day` how many of an operator's answers of a UTC day teach.
    """

    scope: Scope = "question"
    chosen_above: float = 0.1
    rejected_below: float = -0.1
    min_gap: float = Field(default=0.3, ge=0)
    max_pairs_per_question: int = Field(default=5, ge=1)
    max_labels_per_question: int = Field(default=20, ge=1)
    max_answers_per_question: int = Field(default=200, ge=2)
    max_per_user: int = Field(default=3, ge=1)
    max_answers_per_user_per_day: int = Field(default=50, ge=1)


@dataclass
class _Cap:
    """Counts what one kind of example may still take, in all and from each operator."""

    most: int
    per_user: int
    taken: int = 0
    by_user: Counter[str] = field(default_factory=Counter)

    def takes(self, *sources: Source) -> bool:
        users = {source.user_id for source in sources if source.user_id}
        if self.taken >= self.most or any(self.by_user[u] >= self.per_user for u in users):
            return False
        self.taken += 1
        self.by_user.update(users)
        return True


def plan_examples(
    question_key: str, candidates: Iterable[Candidate], rules: PairingRules
) -> dict[str, Planned]:
    """The examples these answers to one question in one aspect make, by their id."""
    ranked = sorted(candidates, key=_rank)
    good = [c for c in ranked if c.verdict == "good" and c.reward > rules.chosen_above and c.sure]
    bad = [c for c in ranked[::-1] if c.verdict == "bad" and c.reward < rules.rejected_below]
    planned: dict[str, Planned] = {}
    examples = chain[Planned](
        _pairs(ranked, good, bad, rules), _labels(good, bad, rules), _demonstrations(good, rules)
    )
    for example in examples:
        planned.setdefault(example.example_id(question_key), example)
    return planned


def _rank(candidate: Candidate) -> tuple[float, str, str]:
    return (-candidate.reward, candidate.answer, candidate.source.query_id)


def _pairs(
    ranked: Sequence[Candidate],
    good: Sequence[Candidate],
    bad: Sequence[Candidate],
    rules: PairingRules,
) -> Iterator[PlannedPair]:
    """Answers compared with each other first, then plans with what they should have been."""
    cap = _Cap(rules.max_pairs_per_question, rules.max_per_user)
    content: set[tuple[str, str]] = set()
    for pair in (*_same_question(good, bad, rules), *_repaired(ranked, rules)):
        if (pair.chosen, pair.rejected) not in content and cap.takes(*pair.sources):
            content.add((pair.chosen, pair.rejected))
            yield pair


def _same_question(
    good: Sequence[Candidate], worst_first: Sequence[Candidate], rules: PairingRules
) -> Iterator[PlannedPair]:
    """Best against worst, next against next; the shorter side starts again from its end."""
    if not good or not worst_first:
        return
    for turn in range(max(len(good), len(worst_first))):
        best, worst = good[turn % len(good)], worst_first[turn % len(worst_first)]
        if best.answer == worst.answer or best.reward - worst.reward < rules.min_gap:
            continue
        if rules.scope == "intent" and not set(best.domains) & set(worst.domains):
            continue
        yield PlannedPair(
            rule=f"same_{rules.scope}",
            aspect=best.aspect,
            prompt=prompt_for(best.aspect, best.transcript, best.readings),
            chosen=best.answer,
            rejected=worst.answer,
            chosen_reward=best.reward,
            rejected_reward=worst.reward,
            sources=(best.source, worst.source),
        )


def _repaired(ranked: Sequence[Candidate], rules: PairingRules) -> Iterator[PlannedPair]:
    for candidate in ranked:
        repair = candidate.repair
        if repair is not None and repair.reward > max(rules.chosen_above, candidate.reward):
            yield PlannedPair(
                rule="repaired_plan",
                aspect=candidate.aspect,
                prompt=prompt_for(candidate.aspect, candidate.transcript, candidate.readings),
                chosen=repair.plan,
                rejected=candidate.answer,
                chosen_reward=repair.reward,
                rejected_reward=candidate.reward,
                sources=(candidate.source,),
            )


def _labels(
    good: Sequence[Candidate], bad: Sequence[Candidate], rules: PairingRules
) -> Iterator[PlannedLabel]:
    """One sign per answer, the clearest first; what was called both good and bad has none."""

    def identity(candidate: Candidate) -> tuple[str, str]:
        apart = rules.scope == "intent"
        return normalised(candidate.transcript) if apart else "", candidate.answer

    disputed = {identity(c) for c in good} & {identity(c) for c in bad}
    for desirable, candidates in ((True, good), (False, bad)):
        most = max(1, rules.max_labels_per_question // 2)
        caps: defaultdict[str, _Cap] = defaultdict(partial(_Cap, most, rules.max_per_user))
        content = set(disputed)
        for candidate in candidates:
            question, _ = known = identity(candidate)
            if known in content or not caps[question].takes(candidate.source):
                continue
            content.add(known)
            yield PlannedLabel(
                rule="clear_sign",
                aspect=candidate.aspect,
                prompt=prompt_for(candidate.aspect, candidate.transcript, candidate.readings),
                answer=candidate.answer,
                desirable=desirable,
                reward=candidate.reward,
                sources=(candidate.source,),
            )


def _demonstrations(
    good: Sequence[Candidate], rules: PairingRules
) -> Iterator[PlannedDemonstration]:
    cap = _Cap(rules.max_labels_per_question, rules.max_per_user)
    for candidate in good:
        if candidate.request is not None and cap.takes(candidate.source):
            yield PlannedDemonstration(
                rule="corrected_request",
                aspect=candidate.aspect,
                prompt=prompt_for(candidate.aspect, candidate.request, candidate.readings),
                answer=candidate.answer,
                reward=candidate.reward,
                sources=(candidate.source,),
            )
