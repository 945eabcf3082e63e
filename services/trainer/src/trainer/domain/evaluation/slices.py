"""The slices a mean can hide: what gets worse for one intent, device or language alone."""

from collections import defaultdict
from collections.abc import Sequence

from trainer.domain.evaluation.cases import Case


def slices_of(case: Case) -> tuple[str, ...]:
    """The slices of a case, such as `intent query`; what is not known of it names none."""
    named = (
        ("intent", case.question.intent),
        ("device", case.question.device_type),
        ("language", case.language),
    )
    return tuple(f"{kind} {value}" for kind, value in named if value)


def sliced(cases: Sequence[Case]) -> dict[str, tuple[Case, ...]]:
    """The cases of each slice, by its name in order; one that holds every case is left out."""
    found: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for name in slices_of(case):
            found[name].append(case)
    return {name: tuple(found[name]) for name in sorted(found) if len(found[name]) < len(cases)}
