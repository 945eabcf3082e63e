"""Slices of the cases by intent, device type and language, whose losses a mean can hide."""

from collections import defaultdict
from collections.abc import Sequence

from trainer.domain.evaluation.cases import Case


def slices_of(case: Case) -> tuple[str, ...]:
    """The slices of a case, such as `intent query`; an unknown attribute has none."""
    named = (
        ("intent", case.question.intent),
        ("device", case.question.device_type),
        ("language", case.language),
    )
    return tuple(f"{kind} {value}" for kind, value in named if value)


def cases_by_slice(cases: Sequence[Case]) -> dict[str, tuple[Case, ...]]:
    """The cases of each slice, sorted by its name, without slices that contain every case."""
    slices: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for name in slices_of(case):
            slices[name].append(case)
    return {name: tuple(slices[name]) for name in sorted(slices) if len(slices[name]) < len(cases)}
