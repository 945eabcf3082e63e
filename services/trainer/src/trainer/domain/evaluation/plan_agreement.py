"""How much of the plan that should have been a plan has."""

import json
from collections import Counter

from ratchet.measures import plan_validity


def plan_agreement(plan: str, reference: str) -> float:
    """F1 in 0..1 over the (scenario, size) pairs of two plans, each counted as often as placed.

    The order of widgets and the heading do not count (F1: van Rijsbergen 1979, ch. 7, with equal
    weights). A plan that is not valid agrees with nothing. Raises `ValueError` for a `reference`
    that is not valid.
    """
    wanted = _placed(reference)
    if not wanted:
        message = f"no valid plan to agree with: {reference[:80]!r}"
        raise ValueError(message)
    shown = _placed(plan)
    return 2 * (shown & wanted).total() / (shown.total() + wanted.total())


def _placed(plan: str) -> Counter[tuple[str, str]]:
    if not plan_validity(plan).valid:
        return Counter()
    return Counter((widget["scenario"], widget["size"]) for widget in json.loads(plan)["widgets"])
