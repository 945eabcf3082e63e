"""The learning and publishing rules of Tier 1."""

from pydantic import Field

from ratchet.contract import Value


class LearningRules(Value):
    """How the scorers learn; the defaults are the contract's.

    Each scored revision makes `steps` steps. A batch of `batch` widgets holds those of the newest
    experience, those of others drawn from the last `replay`, and `untried` scenarios that were
    not shown. The composition scorer makes one step over `plans` plans. The last `validation`
    experiences with held-out questions only validate. A named operator teaches at most
    `per_user_per_day` revisions per UTC day, all unnamed ones together `unnamed_per_day`.
    """

    seed: int = 42
    learning_rate: float = Field(default=1e-3, gt=0, le=1)
    least_learning_rate: float = Field(default=1e-5, gt=0)
    weight_decay: float = Field(default=1e-4, ge=0)
    dropout: float = Field(default=0.1, ge=0, lt=1)
    batch: int = Field(default=64, ge=2, le=1024)
    untried: int = Field(default=32, ge=0, le=256)
    steps: int = Field(default=2, ge=1, le=64)
    plans: int = Field(default=16, ge=1, le=256)
    replay: int = Field(default=1600, ge=1)
    validation: int = Field(default=400, ge=1)
    validate_every: int = Field(default=10, ge=1)
    patience: int = Field(default=200, ge=1)
    improvement: float = Field(default=0.01, ge=0, lt=1)
    drift: float = Field(default=1.5, gt=1)
    pair_weight: float = Field(default=0.1, ge=0)
    per_user_per_day: int = Field(default=100, ge=1)
    unnamed_per_day: int = Field(default=1000, ge=1)


class PublishingRules(Value):
    """When a candidate may serve.

    With at least `decisions` logged decisions, the newest `most_decisions` decide; before that,
    at least `plans` held-out plans. The 95 % interval of the gain must be above `-tolerance`.
    Importance weights are clipped at `most_weight`; at least the share `support` of the
    candidate's exposure must have been possible under the logging policy. Candidates are judged
    at most every `every_s` seconds, every `kept_back_every_s` after one was kept back. The last
    `keep` published files remain.
    """

    decisions: int = Field(default=50, ge=10)
    most_decisions: int = Field(default=1000, ge=10)
    plans: int = Field(default=20, ge=2)
    tolerance: float = Field(default=0.02, ge=0)
    most_weight: float = Field(default=20.0, ge=1)
    support: float = Field(default=0.5, ge=0, le=1)
    every_s: float = Field(default=1.0, ge=0)
    kept_back_every_s: float = Field(default=5.0, ge=0)
    keep: int = Field(default=5, ge=2)
