"""Settings of the trainer: when to train, what to teach, how to judge."""

from functools import cached_property
from pathlib import Path

from pydantic import Field

from ratchet.events.base import Aspect
from ratchet.events.ranking import RankingPolicy
from ratchet.settings import CommonSettings
from trainer.domain.gate import GateRules
from trainer.domain.ranking.rules import LearningRules, PublishingRules
from trainer.domain.readiness import Rules
from trainer.domain.recipe import (
    Device,
    DpoRecipe,
    JudgingRecipe,
    LoraRecipe,
    Precision,
    Quantization,
    Recipe,
)


class TrainerSettings(CommonSettings):
    """`trainer_lora`, `trainer_dpo`, `trainer_judging` and `trainer_gate` take JSON objects.

    `trainer_held_out_share` counts pairs, of which at least `trainer_min_held_out` are held
    out. A run takes the `trainer_max_voice_pairs` and `trainer_max_widget_pairs` that have
    waited longest, once no example has come for `trainer_settle_s`.

    `trainer_ranking`, `trainer_learning` and `trainer_publishing` take JSON objects: how ranking
    scorers serve, learn and are judged. `trainer_legacy_scorer` is a `scorer_latest.pt` that they
    begin with; its text inputs were learnt on `trainer_legacy_embedding`.
    """

    port: int = Field(default=8102, ge=1, le=65535)
    trainer_base_model: str = "unsloth/Meta-Llama-3.1-8B-Instruct"
    trainer_min_pairs: int = Field(default=80, ge=2)
    trainer_max_voice_pairs: int = Field(default=5000, ge=0)
    trainer_max_widget_pairs: int = Field(default=5000, ge=0)
    trainer_settle_s: float = Field(default=5.0, ge=0)
    trainer_cooldown_s: float = Field(default=1800.0, ge=0)
    trainer_held_out_share: float = Field(default=0.10, gt=0, lt=1)
    trainer_min_held_out: int = Field(default=8, ge=1)
    trainer_seed: int = 42
    trainer_device: Device = "auto"
    trainer_precision: Precision = "auto"
    trainer_quantization: Quantization = "none"
    trainer_lora: LoraRecipe = LoraRecipe()
    trainer_dpo: DpoRecipe = DpoRecipe()
    trainer_judging: JudgingRecipe = JudgingRecipe()
    trainer_gate: GateRules = GateRules()
    trainer_attempts: int = Field(default=3, ge=1)
    trainer_poll_s: float = Field(default=2.0, gt=0)
    trainer_lease_s: float = Field(default=15.0, ge=1)
    trainer_batch: int = Field(default=200, ge=1)
    trainer_ranking: RankingPolicy = RankingPolicy()
    trainer_learning: LearningRules = LearningRules()
    trainer_publishing: PublishingRules = PublishingRules()
    trainer_legacy_scorer: Path | None = None
    trainer_legacy_embedding: str = "sentence-transformers:BAAI/bge-base-en-v1.5"

    @property
    def rules(self) -> Rules:
        return Rules(
            min_pairs=self.trainer_min_pairs,
            cooldown_s=self.trainer_cooldown_s,
            least=self.trainer_min_held_out + 1,
            settle_s=self.trainer_settle_s,
        )

    @property
    def most_pairs(self) -> dict[Aspect, int]:
        return {"voice": self.trainer_max_voice_pairs, "widget": self.trainer_max_widget_pairs}

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe(
            seed=self.trainer_seed,
            device=self.trainer_device,
            precision=self.trainer_precision,
            quantization=self.trainer_quantization,
            lora=self.trainer_lora,
            dpo=self.trainer_dpo,
            judging=self.trainer_judging,
        )
