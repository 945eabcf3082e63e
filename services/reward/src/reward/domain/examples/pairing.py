"""Builds a question's examples from its answers: a function of the answers alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain

from ratchet.contract import DemonstrationBuilt, LabelBuilt, PairBuilt
from ratchet_text import normalized
from reward.domain.examples.candidates import CandidateAnswer
from reward.domain.examples.origin import ExampleOrigin, NewExample
from reward.domain.examples.pairing_rules import ExampleCap, PairingRules


def build_examples(
    origin: ExampleOrigin, candidates: Iterable[CandidateAnswer], rules: PairingRules
) -> dict[str, NewExample]:
    """The examples that these answers to one question in one aspect make, by their id.

    An answer that is not true is never taught as a good one, whatever its rating.
    """
    ranked = sorted(candidates, key=_rank)
    rated = [c for c in ranked if c.rated]
    good = [
        c
        for c in rated
        if c.verdict == "good" and c.reward > rules.chosen_above and c.sure and c.true is not False
    ]
    bad = [c for c in rated[::-1] if c.verdict == "bad" and c.reward < rules.rejected_below]
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
    """Pairs of two rated answers, of a true and an untrue one, and of a plan and its repair."""
    cap = rules.cap(rules.max_pairs_per_question)
    seen: set[tuple[str, ...]] = set()
    for pair in (
        *_same_question(origin, good, bad, rules),
        *_one_true(origin, ranked, rules),
        *_repaired(origin, ranked, rules),
    ):
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
            sources=(*best.sources, *worst.sources),
        )


def _one_true(
    origin: ExampleOrigin, ranked: Sequence[CandidateAnswer], rules: PairingRules
) -> Iterator[PairBuilt]:
    """The best true answer with the worst untrue one, and so on; the shorter side repeats.

    Only answers to the very same question are compared: a reading makes one of them true.
    """
    true = [candidate for candidate in ranked if candidate.true]
    untrue = [candidate for candidate in ranked[::-1] if candidate.true is False]
    if rules.scope != "question" or not (rules.truth_weight and true and untrue):
        return
    for turn in range(max(len(true), len(untrue))):
        best, worst = true[turn % len(true)], untrue[turn % len(untrue)]
        yield origin.pair(
            "one_true",
            best,
            chosen=(best.answer, rules.truth_weight),
            rejected=(worst.answer, -rules.truth_weight),
            sources=(*best.sources, *worst.sources),
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
                sources=candidate.sources,
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
        caps: defaultdict[str, ExampleCap] = defaultdict(partial(rules.cap, limit))
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
    cap = rules.cap(rules.max_labels_per_question)
    for candidate in good:
        request = candidate.request
        if request is None or (origin.messages and not origin.asking(request, candidate)):
            continue
        if cap.admits(candidate.source):
            yield origin.demonstration("corrected_request", candidate, request=request)
