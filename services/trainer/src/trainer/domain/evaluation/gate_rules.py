"""The limits of the acceptance gate."""

from pydantic import Field

from ratchet.contract import Value


class GateRules(Value):
    """The limits of the acceptance gate.

    `min_preference_accuracy` is in 0..1 and `max_grounded_fall` a share of the questions with a
    reading. A gain counts from `gain_cases` cases on, and a slice is guarded from `slice_cases`.
    The mean number of words in an answer may change by a factor from `least_length_ratio` to
    `most_length_ratio`. `max_kl` is in nats per token.

    Of all answers, the share of untrue, invented, wrongly refused and stated absent ones may rise
    by `max_fault_rise`. The shares with the right device and direction, and the precision, may
    fall by `max_right_fall`. Both limits hold for the observed difference to the champion and to
    the base, and no credible one is allowed. With 136 cases 0.02 are two answers: a model whose
    device is right in 0.98 instead of 0.88 is refused by chance in 4 of 100,000 runs (simulated),
    and one that is no better is refused anyway. Precision and directions are compared from
    `share_cases` answers of each model on; below, `untrue` alone sees them.

    Answers to captured prompts may rise as much in untrue and invented ones, compared with the
    champion. The limit holds from `shadow_cases` prompts on, where one answer more is within it.

    The challenger's evaluation ends early where a refusal for its faults or devices is certain,
    with a chance of a mistake of at most `early_error` (0: every question is asked).
    """

    min_preference_accuracy: float = Field(default=0.7, ge=0, le=1)
    max_grounded_fall: float = Field(default=0.1, ge=0, le=1)
    gain_cases: int = Field(default=5, ge=1)
    slice_cases: int = Field(default=6, ge=1)
    least_length_ratio: float = Field(default=0.2, ge=0)
    most_length_ratio: float = Field(default=1.5, ge=1)
    max_kl: float = Field(default=3.0, gt=0)
    max_fault_rise: float = Field(default=0.02, ge=0, le=1)
    max_right_fall: float = Field(default=0.02, ge=0, le=1)
    share_cases: int = Field(default=6, ge=1)
    shadow_cases: int = Field(default=50, ge=1)
    early_error: float = Field(default=0.01, ge=0, lt=1)
