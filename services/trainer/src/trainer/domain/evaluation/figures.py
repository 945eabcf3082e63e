"""Challenger against champion, measure by measure: the figures a verdict rests on."""

from collections.abc import Sequence

from ratchet.contract import GateFigures, Interval, SliceGain
from trainer.domain.evaluation.bootstrap import paired_gain
from trainer.domain.evaluation.cases import Case
from trainer.domain.evaluation.scores import MEASURES, Judged, Measure
from trainer.domain.evaluation.slices import sliced

GUARDED_IN_SLICES: tuple[Measure, ...] = ("text_quality", "grounded_accuracy", "json_validity")
_LEAST_WORDS = 1.0


def figures(
    cases: Sequence[Case], before: Judged, after: Judged, slice_cases: int, seed: int
) -> GateFigures:
    """After minus before on what both were measured on; the order of `cases` does not matter.

    Slices pool held-out questions and the fixed set; one needs `slice_cases` cases of a measure.
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
    )


def told(name: str, gain: Interval) -> str:
    """A gain for people, with its interval."""
    return f"{spoken(name)} {gain.mean:+.2f} [{gain.low:+.2f}, {gain.high:+.2f}]"


def spoken(name: str) -> str:
    return "JSON validity" if name == "json_validity" else name.replace("_", " ")


def _gains(cases: Sequence[Case], before: Judged, after: Judged, seed: int) -> dict[str, Interval]:
    paired = {name: _paired(cases, before, after, name) for name in MEASURES}
    return {name: paired_gain(*both, seed) for name, both in paired.items() if both[0]}


def _slice_gains(
    cases: Sequence[Case], before: Judged, after: Judged, least: int, seed: int
) -> tuple[SliceGain, ...]:
    looked_at = [
        (name, measure, both)
        for name, inside in sliced(cases).items()
        for measure in GUARDED_IN_SLICES
        if len((both := _paired(inside, before, after, measure))[0]) >= least
    ]
    return tuple(
        SliceGain(
            slice=name,
            measure=measure,
            gain=paired_gain(*both, seed, looks=len(looked_at)),
        )
        for name, measure, both in looked_at
    )


def _paired(
    cases: Sequence[Case], before: Judged, after: Judged, measure: Measure
) -> tuple[list[float], list[float]]:
    """The measure of every case that both have, in order of `case_id`."""
    ids = sorted(case.case_id for case in cases)
    old, new = before.scores_of(measure, ids), after.scores_of(measure, ids)
    both = [name for name in ids if name in old and name in new]
    return [old[name] for name in both], [new[name] for name in both]
