"""May the challenger take the champion's place? Only with evidence, never for want of it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from pydantic import Field

from ratchet.contract import GateFigures, Interval, Method, Value
from trainer.domain.evaluation.cases import Case, Part
from trainer.domain.evaluation.figures import figures, spoken, told
from trainer.domain.evaluation.scores import Judged, Measure, expected

_REQUIRED: tuple[Measure, ...] = ("preference_accuracy", "text_quality", "grounded_accuracy")
_GUARDED: tuple[Measure, ...] = (*_REQUIRED, "json_validity", "plan_agreement", "finished")
_GAINS: tuple[Measure, ...] = (
    "text_quality", "grounded_accuracy", "json_validity", "plan_agreement",
)  # fmt: skip
_IMITATED: dict[Method, tuple[Measure, ...]] = {"sft": ("likelihood",)}
_PARTS: dict[Part, str] = {"held_out": "held-out", "regression": "regression"}
_NAMED = 3


class GateRules(Value):
    """The least preference accuracy, in 0..1, and what may not be paid for a gain.

    `max_grounded_fall` is in shares of all questions with a reading; a gain counts from
    `gain_cases` cases on, and a slice is guarded from `slice_cases`; the mean words of an answer
    may change by a factor within `least_length_ratio` and `most_length_ratio`; `max_kl` is in nats
    a token.
    """

    min_preference_accuracy: float = Field(default=0.7, ge=0, le=1)
    max_grounded_fall: float = Field(default=0.1, ge=0, le=1)
    gain_cases: int = Field(default=5, ge=1)
    slice_cases: int = Field(default=6, ge=1)
    least_length_ratio: float = Field(default=0.2, ge=0)
    most_length_ratio: float = Field(default=1.5, ge=1)
    max_kl: float = Field(default=3.0, gt=0)


class Accepted(Value):
    verdict: Literal["accepted"] = "accepted"
    reason: str
    figures: GateFigures


class Refused(Value):
    verdict: Literal["refused"] = "refused"
    reason: str
    figures: GateFigures


Ruling = Accepted | Refused


def rule(
    cases: Sequence[Case],
    before: Judged,
    after: Judged,
    rules: GateRules,
    method: Method,
    seed: int,
) -> Ruling:
    """Accept when nothing is missing or worse and something is credibly better.

    "Credibly" means that the 95 % interval of the gain leaves out zero. A gain counts on the
    held-out questions alone; harm counts on them, on the fixed set and on any slice. Text quality
    cannot see truth: groundedness may not fall by more than `max_grounded_fall` even where few
    cases make no fall credible, and invented numbers may become more only where more is true.
    """
    found = figures(cases, before, after, rules.slice_cases, seed)
    problems = [
        *_missing(cases, before, after),
        *_unlearnt(found, after, cases, rules),
        *_worse(found, method),
        *_untrue(found, rules),
        *_worse_in_slices(found),
        *_drifted(found, rules),
    ]
    if problems:
        return Refused(reason="; ".join(problems), figures=found)
    summary = _summary(found, after, cases)
    better = list(_better(found, rules, method))
    if not better:
        return Refused(reason=f"no credible gain over the champion: {summary}", figures=found)
    names = " and ".join(spoken(name) for name in better)
    return Accepted(reason=f"{names} credibly better: {summary}", figures=found)


def _missing(cases: Sequence[Case], before: Judged, after: Judged) -> Iterator[str]:
    for when, judged in (("before", before), ("after", after)):
        scored = {case.case_id: case.scores.keys() for case in judged.cases}
        gaps = [
            f"{case.question.text[:60]!r} ({', '.join(spoken(name) for name in sorted(absent))})"
            for case in cases
            if (absent := expected(case) - scored.get(case.case_id, set()))
        ]
        if gaps:
            more = f" and {len(gaps) - _NAMED} more" if len(gaps) > _NAMED else ""
            yield f"not measured {when} training: {', '.join(gaps[:_NAMED])}{more}"
    for name in _REQUIRED:
        if not any(name in expected(case) for case in cases):
            yield f"no case measures {spoken(name)}"


def _unlearnt(
    found: GateFigures, after: Judged, cases: Sequence[Case], rules: GateRules
) -> Iterator[str]:
    """The fixed set was not taught: there the challenger may also just equal the champion."""
    part, accuracy = _preference(found, after, cases)
    gain = found.regression.get("preference_accuracy")
    kept_up = part == "regression" and gain is not None and gain.mean >= 0
    if accuracy is not None and accuracy < rules.min_preference_accuracy and not kept_up:
        yield (
            f"preference accuracy {accuracy:.2f} is below {rules.min_preference_accuracy:.2f} "
            f"on the {_PARTS[part]} comparisons"
        )


def _preference(
    found: GateFigures, after: Judged, cases: Sequence[Case]
) -> tuple[Part, float | None]:
    """The challenger's preference accuracy, on the fixed set where no comparison is held out."""
    part: Part = "held_out" if "preference_accuracy" in found.held_out else "regression"
    inside = [case for case in cases if case.part == part]
    return part, after.means(inside).preference_accuracy


def _worse(found: GateFigures, method: Method) -> Iterator[str]:
    """What was not demonstrated may become less likely: plans are guarded as they are written."""
    imitated = _IMITATED.get(method, ())
    sides = (
        (_PARTS["held_out"], found.held_out, (*_GUARDED, *imitated)),
        (_PARTS["regression"], found.regression, _GUARDED),
    )
    for side, gains, guarded in sides:
        for name in guarded:
            if name in gains and gains[name].high < 0:
                yield f"credibly worse on {side}: {told(name, gains[name])}"


def _untrue(found: GateFigures, rules: GateRules) -> Iterator[str]:
    """Who evades every number invents none: more may be invented where more is true as well."""
    grounded, invented = (found.together.get(n) for n in ("grounded_accuracy", "invented"))
    if grounded is not None and grounded.mean < -rules.max_grounded_fall:
        yield (
            f"{told('grounded_accuracy', grounded)} in all, "
            f"more than {rules.max_grounded_fall:.2f} down"
        )
    truer = grounded is not None and grounded.low > 0
    if invented is not None and invented.low > 0 and not truer:
        yield f"more is invented in all: {told('invented', invented)}"


def _worse_in_slices(found: GateFigures) -> Iterator[str]:
    for slice_gain in found.slices:
        if slice_gain.gain.high < 0:
            figure = told(slice_gain.measure, slice_gain.gain)
            yield f"credibly worse for {slice_gain.slice}: {figure}, {slice_gain.gain.n} cases"


def _drifted(found: GateFigures, rules: GateRules) -> Iterator[str]:
    ratio, least, most = found.length_ratio, rules.least_length_ratio, rules.most_length_ratio
    if ratio is not None and not least <= ratio <= most:
        yield f"answers are {ratio:.2f} times as long, outside {least:g} to {most:g}"
    if found.kl is None:
        yield "no answer measures the KL to the base"
    elif found.kl > rules.max_kl:
        yield f"KL to the base {found.kl:.2f} nats a token is above {rules.max_kl:g}"


def _better(found: GateFigures, rules: GateRules, method: Method) -> Iterator[Measure]:
    for name in (*_GAINS, *_IMITATED.get(method, ())):
        gain = found.held_out.get(name)
        if gain is not None and gain.low > 0 and gain.n >= rules.gain_cases:
            yield name


def _summary(found: GateFigures, after: Judged, cases: Sequence[Case]) -> str:
    part, accuracy = _preference(found, after, cases)
    said = list(_figures_of(found.held_out))
    if accuracy is not None:
        where = "" if part == "held_out" else " on regression"
        said.append(f"preference accuracy {accuracy:.2f}{where}")
    if found.length_ratio is not None:
        said.append(f"length x{found.length_ratio:.2f}")
    if found.kl is not None:
        said.append(f"KL {found.kl:.2f}")
    return ", ".join(said)


def _figures_of(gains: Mapping[str, Interval]) -> Iterator[str]:
    return (told(name, gains[name]) for name in (*_GAINS, "likelihood") if name in gains)
