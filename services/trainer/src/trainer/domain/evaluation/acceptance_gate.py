"""The acceptance gate: decides whether a challenger may replace the champion."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from ratchet.contract import GateFigures, Interval, Method, Value
from trainer.domain.evaluation.cases import Case, Part
from trainer.domain.evaluation.figures import described_gain, gate_figures, measure_label
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.evaluation.measures import MEASURES, TRUTH, Measure
from trainer.domain.evaluation.scores import ModelScores, expected_measures
from trainer.domain.evaluation.truth_clauses import less_true, more_false_in_shadow
from trainer.domain.shadow.shadow_answers import ShadowAnswers

_REQUIRED: tuple[Measure, ...] = ("preference_accuracy", "text_quality", "grounded_accuracy")
_GUARDED: tuple[Measure, ...] = (
    *_REQUIRED, "absent", "json_validity", "plan_agreement", "finished",
)  # fmt: skip
_GAINS: tuple[Measure, ...] = (
    "text_quality", "grounded_accuracy", "absent", "json_validity", "plan_agreement",
)  # fmt: skip
_IMITATED: dict[Method, tuple[Measure, ...]] = {"sft": ("likelihood",)}
_PARTS: dict[Part, str] = {"held_out": "held-out", "regression": "regression"}
_NAMED = 3


class ChallengerAccepted(Value):
    verdict: Literal["accepted"] = "accepted"
    reason: str
    figures: GateFigures


class ChallengerRefused(Value):
    verdict: Literal["refused"] = "refused"
    reason: str
    figures: GateFigures


GateVerdict = ChallengerAccepted | ChallengerRefused


def judge_challenger(
    cases: Sequence[Case],
    before: ModelScores,
    after: ModelScores,
    rules: GateRules,
    method: Method,
    seed: int,
    base: ModelScores | None = None,
    ended_early: str | None = None,
    shadow: ShadowAnswers | None = None,
) -> GateVerdict:
    """Accept a challenger if no case is missing, no measure is worse and one is credibly better.

    "Credibly" means that the 95 % interval of the gain excludes zero. A gain counts on held-out
    questions only; harm counts on them, on the fixed set and on any slice. Text quality does not
    measure truth, and few cases make no fall credible: the limits of `rules` hold for what was
    observed. The challenger must be as true as the champion (`before`), and as the base's spoken
    answers (`base`, None if the base is the champion). `ended_early` is why the evaluation did not
    ask all questions, which is a refusal; `cases` are those that were asked. Captured prompts
    (`shadow`, None without any) show harm only: false statements that the champion does not make.
    """
    figures = gate_figures(cases, before, after, rules.slice_cases, seed, base, shadow)
    problems = [
        *([ended_early] if ended_early else []),
        *_missing(cases, before, after, base),
        *_unlearned(figures, after, cases, rules),
        *_worse(figures, method),
        *_ungrounded(figures, rules),
        *less_true(figures, rules),
        *more_false_in_shadow(figures.shadow, rules),
        *_worse_in_slices(figures),
        *_drifted(figures, rules),
    ]
    if problems:
        return ChallengerRefused(reason="; ".join(problems), figures=figures)
    summary = _summary(figures, after, cases)
    better = list(_better(figures, rules, method))
    if not better:
        return ChallengerRefused(
            reason=f"no credible gain over the champion: {summary}", figures=figures
        )
    names = " and ".join(measure_label(name) for name in better)
    return ChallengerAccepted(reason=f"{names} credibly better: {summary}", figures=figures)


def _missing(
    cases: Sequence[Case], before: ModelScores, after: ModelScores, base: ModelScores | None
) -> Iterator[str]:
    judged = [("before training", before, MEASURES), ("after training", after, MEASURES)]
    if base is not None:
        judged.append(("of the base", base, TRUTH))
    for when, scores, measures in judged:
        scored = {case.case_id: case.scores.keys() for case in scores.cases}
        gaps = [
            f"{case.question.text[:60]!r} ({', '.join(map(measure_label, sorted(absent)))})"
            for case in cases
            if (
                absent := (expected_measures(case) & set(measures))
                - scored.get(case.case_id, set())
            )
        ]
        if gaps:
            more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
            yield f"not measured {when}: {', '.join(gaps[:_NAMED])}{more}"
    for name in _REQUIRED:
        if not any(name in expected_measures(case) for case in cases):
            yield f"no case measures {measure_label(name)}"


def _unlearned(
    figures: GateFigures, after: ModelScores, cases: Sequence[Case], rules: GateRules
) -> Iterator[str]:
    """On the fixed set, which no run trains on, equalling the champion is enough."""
    part, accuracy = _preference(figures, after, cases)
    gain = figures.regression.get("preference_accuracy")
    kept_up = part == "regression" and gain is not None and gain.mean >= 0
    if accuracy is not None and accuracy < rules.min_preference_accuracy and not kept_up:
        yield (
            f"preference accuracy {accuracy:.2f} is below {rules.min_preference_accuracy:.2f} "
            f"on the {_PARTS[part]} comparisons"
        )


def _preference(
    figures: GateFigures, after: ModelScores, cases: Sequence[Case]
) -> tuple[Part, float | None]:
    """The challenger's preference accuracy; on the fixed set if no comparison is held out."""
    part: Part = "held_out" if "preference_accuracy" in figures.held_out else "regression"
    inside = [case for case in cases if case.part == part]
    return part, after.means(inside).preference_accuracy


def _worse(figures: GateFigures, method: Method) -> Iterator[str]:
    """Credible losses. Likelihood is guarded for imitated answers on held-out questions only."""
    imitated = _IMITATED.get(method, ())
    sides = (
        (_PARTS["held_out"], figures.held_out, (*_GUARDED, *imitated)),
        (_PARTS["regression"], figures.regression, _GUARDED),
    )
    for side, gains, guarded in sides:
        for name in guarded:
            if name in gains and gains[name].high < 0:
                yield f"credibly worse on {side}: {described_gain(name, gains[name])}"


def _ungrounded(figures: GateFigures, rules: GateRules) -> Iterator[str]:
    gain = figures.together.get("grounded_accuracy")
    if gain is not None and gain.mean < -rules.max_grounded_fall:
        yield (
            f"{described_gain('grounded_accuracy', gain)} in all, "
            f"more than {rules.max_grounded_fall:.2f} down"
        )


def _worse_in_slices(figures: GateFigures) -> Iterator[str]:
    for slice_gain in figures.slices:
        if slice_gain.gain.high < 0:
            figure = described_gain(slice_gain.measure, slice_gain.gain)
            yield f"credibly worse for {slice_gain.slice}: {figure}, {slice_gain.gain.n} cases"


def _drifted(figures: GateFigures, rules: GateRules) -> Iterator[str]:
    ratio, least, most = figures.length_ratio, rules.least_length_ratio, rules.most_length_ratio
    if ratio is not None and not least <= ratio <= most:
        yield f"answers are {ratio:.2f} times as long, outside {least:g} to {most:g}"
    if figures.kl is None:
        yield "no answer measures the KL to the base"
    elif figures.kl > rules.max_kl:
        yield f"KL to the base {figures.kl:.2f} nats a token is above {rules.max_kl:g}"


def _better(figures: GateFigures, rules: GateRules, method: Method) -> Iterator[Measure]:
    for name in (*_GAINS, *_IMITATED.get(method, ())):
        gain = figures.held_out.get(name)
        if gain is not None and gain.low > 0 and gain.n >= rules.gain_cases:
            yield name


def _summary(figures: GateFigures, after: ModelScores, cases: Sequence[Case]) -> str:
    part, accuracy = _preference(figures, after, cases)
    parts = list(_figures_of(figures.held_out))
    if accuracy is not None:
        where = "" if part == "held_out" else " on regression"
        parts.append(f"preference accuracy {accuracy:.2f}{where}")
    if figures.length_ratio is not None:
        parts.append(f"length x{figures.length_ratio:.2f}")
    if figures.kl is not None:
        parts.append(f"KL {figures.kl:.2f}")
    if figures.shadow is not None:
        untrue = described_gain("untrue", figures.shadow.gains["untrue"])
        parts.append(f"{untrue} on {figures.shadow.prompts} captured prompts")
    return ", ".join(parts)


def _figures_of(gains: Mapping[str, Interval]) -> Iterator[str]:
    return (described_gain(name, gains[name]) for name in (*_GAINS, "likelihood") if name in gains)
