"""The names of the measures, and how each is compared."""

from typing import Literal, get_args

Measure = Literal[
    "preference_accuracy",
    "margin",
    "text_quality",
    "grounded_accuracy",
    "invented",
    "untrue",
    "precision",
    "right_device",
    "right_direction",
    "refused",
    "absent",
    "stated_absent",
    "json_validity",
    "plan_agreement",
    "likelihood",
    "finished",
    "words",
    "kl",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)
SHARES: tuple[Measure, ...] = ("precision", "right_direction")
"""Measured only of answers that state something, so of other cases for each model."""
TRUTH: tuple[Measure, ...] = (
    "grounded_accuracy", "invented", "untrue", "precision", "right_device", "right_direction",
    "refused", "absent", "stated_absent",
)  # fmt: skip
"""The measures of `answer_truth`."""
