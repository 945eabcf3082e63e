"""The agreement of a widget plan with a reference plan."""

import json
from collections import Counter

from ratchet.measures import plan_validity


def plan_agreement(plan: str, reference: str) -> float:
    """F1 in 0..1 over the (scenario, size) pairs of two plans, with multiplicity.

    The order of widgets and the heading do not count (F1: van Rijsbergen 1979, ch. 7, with equal
    weights). An invalid plan scores 0. Raises `ValueError` for an invalid `reference`.
    """
    expected = _placed(reference)
    if not expected:
        raise ValueError(f"the reference is no valid plan: {reference[:80]!r}")
    shown = _placed(plan)
    return 2 * (shown & expected).total() / (shown.total() + expected.total())


def _placed(plan: str) -> Counter[tuple[str, str]]:
    if not plan_validity(plan).valid:
        return Counter()
    return Counter((widget["scenario"], widget["size"]) for widget in json.loads(plan)["widgets"])
