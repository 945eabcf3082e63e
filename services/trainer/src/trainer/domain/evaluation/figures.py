"""The gains of the challenger over the champion, for each measure, with intervals."""

from collections import defaultdict
from collections.abc import Sequence

from ratchet.contract import GateFigures, Interval, ShadowFigures, SliceGain
from trainer.domain.evaluation.bootstrap import paired_gain, share_gain
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.measures import MEASURES, SHARES, TRUTH, Measure
from trainer.domain.evaluation.scores import ModelScores
from trainer.domain.shadow.shadow_answers import ShadowAnswers

GUARDED_IN_SLICES: tuple[Measure, ...] = ("text_quality", "grounded_accuracy", "json_validity")
_LEAST_WORDS = 1.0
_LABELS = {"json_validity": "JSON validity", "absent": "absence stated"}


def gate_figures(
    cases: Sequence[Case],
    before: ModelScores,
    after: ModelScores,
    slice_cases: int,
    seed: int,
    base: ModelScores | None = None,
    shadow: ShadowAnswers | None = None,
) -> GateFigures:
    """Means of after minus before over the cases that both have; in any order of `cases`.

    Slices pool held-out and fixed questions. A slice needs `slice_cases` cases of a measure.
    `base` has the base's spoken answers, None if the base is the champion. `shadow` has the answers
    to captured prompts, which no other figure contains; None without any.
    """
    held_out = [case for case in cases if case.part == "held_out"]
    regression = [case for case in cases if case.part == "regression"]
    old, new = before.means(cases), after.means(cases)
    return GateFigures(
        held_out=_gains(held_out, before, after, seed),
        regression=_gains(regression, before, after, seed),
        together=_gains(cases, before, after, seed),
        slices=_slice_gains(cases, before, after, slice_cases, seed),
        regression_before=before.means(regression) if regression else None,
        regression_after=after.means(regression) if regression else None,
        length_ratio=None
        if old.words is None or new.words is None
        else new.words / max(old.words, _LEAST_WORDS),
        kl=new.kl,
        asked=sum(case.asks for case in cases),
        over_base={} if base is None else _gains(cases, base, after, seed, TRUTH),
        shadow=None if shadow is None else _shadow_figures(shadow, seed),
    )


def slices_of(case: Case) -> tuple[str, ...]:
    """The slices of a case, such as `intent query`; an unknown attribute has none."""
    named = (
        ("intent", case.question.intent),
        ("device", case.question.device_type),
        ("language", case.language),
    )
    return tuple(f"{kind} {value}" for kind, value in named if value)


def cases_by_slice(cases: Sequence[Case]) -> dict[str, tuple[Case, ...]]:
    """The cases of each slice, by name, without slices that contain every case.

    A mean over all cases can hide the losses of a slice.
    """
    slices: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for name in slices_of(case):
            slices[name].append(case)
    return {name: tuple(slices[name]) for name in sorted(slices) if len(slices[name]) < len(cases)}


def described_gain(name: str, gain: Interval) -> str:
    """A gain with its interval, such as `text quality +0.12 [+0.03, +0.21]`."""
    return f"{measure_label(name)} {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"


def measure_label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " "))


def _shadow_figures(shadow: ShadowAnswers, seed: int) -> ShadowFigures:
    cases, before, after = shadow.cases, shadow.before, shadow.after
    return ShadowFigures(
        prompts=len(cases),
        before=before.means(cases),
        after=after.means(cases),
        gains=_gains(cases, before, after, seed, TRUTH),
    )


def _gains(
    cases: Sequence[Case],
    before: ModelScores,
    after: ModelScores,
    seed: int,
    measures: Sequence[Measure] = MEASURES,
) -> dict[str, Interval]:
    gains = {name: _gain(cases, before, after, name, seed) for name in measures}
    return {name: gain for name, gain in gains.items() if gain is not None}


def _gain(
    cases: Sequence[Case], before: ModelScores, after: ModelScores, measure: Measure, seed: int
) -> Interval | None:
    if measure in SHARES:
        ids = [case.case_id for case in cases]
        return share_gain(before.scores_of(measure, ids), after.scores_of(measure, ids), seed)
    both = _paired(cases, before, after, measure)
    return paired_gain(*both, seed) if both[0] else None


def _slice_gains(
    cases: Sequence[Case], before: ModelScores, after: ModelScores, least: int, seed: int
) -> tuple[SliceGain, ...]:
    compared = [
        (name, measure, both)
        for name, inside in cases_by_slice(cases).items()
        for measure in GUARDED_IN_SLICES
        if len((both := _paired(inside, before, after, measure))[0]) >= least
    ]
    return tuple(
        SliceGain(slice=name, measure=measure, gain=paired_gain(*both, seed, looks=len(compared)))
        for name, measure, both in compared
    )


def _paired(
    cases: Sequence[Case], before: ModelScores, after: ModelScores, measure: Measure
) -> tuple[list[float], list[float]]:
    """The values of a measure before and after, of the cases that have both, by `case_id`."""
    ids = sorted(case.case_id for case in cases)
    old, new = before.scores_of(measure, ids), after.scores_of(measure, ids)
    both = [name for name in ids if name in old and name in new]
    return [old[name] for name in both], [new[name] for name in both]
