"""Builds a question's examples from its answers: a function of the answers alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from pydantic import Field

from ratchet.contract import DemonstrationBuilt, LabelBuilt, PairBuilt, Source, Value
from ratchet_text import normalized
from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.origin import ExampleOrigin, NewExample
from reward.domain.examples.question import Scope


class PairingRules(Value):
    """Thresholds on rewards, and caps on the number of examples.

    A chosen answer has a reward above `chosen_above`, a rejected one below `rejected_below`, and
    the two differ by `min_gap` or more. Caps apply per question and aspect; `max_per_user` limits
    one operator's part of each of them, and `max_answers_per_user_per_day` limits how many of an
    operator's answers of one UTC day make examples. All answers without an operator's name count
    as those of one operator.
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
    """Counts the examples of one kind, in total and by operator."""

    limit: int
    limit_per_user: int
    count: int = 0
    by_user: Counter[str] = field(default_factory=Counter)

    def admits(self, *sources: Source) -> bool:
        """Count an example with these sources, unless a limit is reached."""
        users = {source.user_id for source in sources}
        if self.count >= self.limit or any(self.by_user[u] >= self.limit_per_user for u in users):
            return False
        self.count += 1
        self.by_user.update(users)
        return True


def build_examples(
    origin: ExampleOrigin, candidates: Iterable[CandidateAnswer], rules: PairingRules
) -> dict[str, NewExample]:
    """The examples that these answers to one question in one aspect make, by their id."""
    ranked = sorted(candidates, key=_rank)
    good = [c for c in ranked if c.verdict == "good" and c.reward > rules.chosen_above and c.sure]
    bad = [c for c in ranked[::-1] if c.verdict == "bad" and c.reward < rules.rejected_below]
    examples: dict[str, NewExample] = {}
    for example in chain[NewExample](
        _pairs(origin, ranked, good, bad, rules),
        _labels(origin, good, bad, rules),
        _demonstrations(origin, good, rules),
    ):
        examples.setdefault(example.example_id, example)
    return examples


def _rank(candidate: CandidateAnswer) -> tuple[float, str, str]:
    return (-candidate.reward, candidate.answer, candidate.source.query_id)


def _pairs(
    origin: ExampleOrigin,
    ranked: Sequence[CandidateAnswer],
    good: Sequence[CandidateAnswer],
    bad: Sequence[CandidateAnswer],
    rules: PairingRules,
) -> Iterator[PairBuilt]:
    """Pairs of two recorded answers first, then pairs of a plan and its repair."""
    cap = _Cap(rules.max_pairs_per_question, rules.max_per_user)
    seen: set[tuple[str, ...]] = set()
    for pair in (*_same_question(origin, good, bad, rules), *_repaired(origin, ranked, rules)):
        if pair.answers not in seen and cap.admits(*pair.sources):
            seen.add(pair.answers)
            yield pair


def _same_question(
    origin: ExampleOrigin,
    good: Sequence[CandidateAnswer],
    worst_first: Sequence[CandidateAnswer],
    rules: PairingRules,
) -> Iterator[PairBuilt]:
    """Best with worst, second best with second worst; the shorter side repeats cyclically.

    Two answers that look equal make no pair.
    """
    if not good or not worst_first:
        return
    for turn in range(max(len(good), len(worst_first))):
        best, worst = good[turn % len(good)], worst_first[turn % len(worst_first)]
        if best.visible == worst.visible or best.reward - worst.reward < rules.min_gap:
            continue
        if rules.scope == "intent" and not set(best.domains) & set(worst.domains):
            continue
        yield origin.pair(
            f"same_{rules.scope}",
            best,
            chosen=(best.answer, best.reward),
            rejected=(worst.answer, worst.reward),
            sources=(best.source, worst.source),
        )


def _repaired(
    origin: ExampleOrigin, ranked: Sequence[CandidateAnswer], rules: PairingRules
) -> Iterator[PairBuilt]:
    for candidate in ranked:
        repair = candidate.repair
        if repair is not None and repair.reward > max(rules.chosen_above, candidate.reward):
            yield origin.pair(
                "repaired_plan",
                candidate,
                chosen=(repair.plan, repair.reward),
                rejected=(candidate.answer, candidate.reward),
                sources=(candidate.source,),
            )


def _labels(
    origin: ExampleOrigin,
    good: Sequence[CandidateAnswer],
    bad: Sequence[CandidateAnswer],
    rules: PairingRules,
) -> Iterator[LabelBuilt]:
    """One label per answer, the clearest first; an answer rated both good and bad has none."""

    def identity(candidate: CandidateAnswer) -> tuple[str, str]:
        apart = rules.scope == "intent"
        return normalized(candidate.transcript) if apart else "", candidate.visible

    disputed = {identity(c) for c in good} & {identity(c) for c in bad}
    for desirable, candidates in ((True, good), (False, bad)):
        limit = max(1, rules.max_labels_per_question // 2)
        caps: defaultdict[str, _Cap] = defaultdict(partial(_Cap, limit, rules.max_per_user))
        seen = set(disputed)
        for candidate in candidates:
            question, _ = known = identity(candidate)
            if known in seen or not caps[question].admits(candidate.source):
                continue
            seen.add(known)
            yield origin.label("clear_sign", candidate, desirable=desirable)


def _demonstrations(
    origin: ExampleOrigin, good: Sequence[CandidateAnswer], rules: PairingRules
) -> Iterator[DemonstrationBuilt]:
    cap = _Cap(rules.max_labels_per_question, rules.max_per_user)
    for candidate in good:
        if candidate.request is not None and cap.admits(candidate.source):
            yield origin.demonstration("corrected_request", candidate, request=candidate.request)
