"""Settings of the trainer."""

from functools import cached_property
from pathlib import Path
from typing import Literal, Self, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, field_validator, model_validator

from ratchet.contract import Aspect, Method, RankingPolicy
from ratchet.setting_types import HttpAddress
from ratchet.settings import CommonSettings
from ratchet_text import masked, readable_url
from trainer.domain.evaluation.gate_rules import GateRules
from trainer.domain.examples.selection import SelectionRules
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, SftRecipe
from trainer.domain.runs.quiet_hours import quiet_hours
from trainer.domain.runs.readiness import ReadinessRules
from trainer.domain.runs.recipe import (
    Device,
    JudgingRecipe,
    LoraRecipe,
    Precision,
    Quantization,
    Recipe,
    RoundsRecipe,
    VariationRecipe,
)
from trainer.domain.scorer.rules import LearningRules, PublishingRules

_RECIPE = Recipe()
"""The defaults of the settings that make up the recipe."""


class TrainerSettings(CommonSettings):
    """`trainer_lora`, `trainer_dpo`, `trainer_kto`, `trainer_sft`, `trainer_selection`,
    `trainer_variation`, `trainer_rounds`, `trainer_judging` and `trainer_gate` take JSON objects.

    Without `trainer_base_model` examples are collected and no run starts.

    A run starts when `trainer_min_pairs`, `trainer_min_labels` or `trainer_min_demonstrations`
    wait and no example has arrived for `trainer_settle_s`. After `trainer_patience_days` half
    the number suffices. It takes the `trainer_max_voice_examples` and
    `trainer_max_widget_examples` that have waited longest, and holds out
    `trainer_held_out_share` of them, at least `trainer_min_held_out`. In `trainer_quiet_hours`
    ("06:00-22:00", in `trainer_zone`) no run starts without a request. `trainer_continue_from`
    selects whether a run continues from the adapter in service or from the base.

    `trainer_regression_file` replaces the packaged fixed questions, which champion and
    challenger answer in addition to the held-out ones. Of recorded calls a `trainer_shadow_share`
    is drawn; runs ask the newest `trainer_shadow_prompts` of their prompts.

    `trainer_chat_template_file` replaces the base model's own chat template.

    The exporter tries the base model before its first run. A run waits `trainer_trial_wait_s` for
    the result (0: the base is not tried) and never starts on a base that failed; a failed trial is
    repeated after `trainer_trial_retry_s`.

    `trainer_ollama_url` names an Ollama on the same accelerator: its models are unloaded
    before a run and loaded again after it.

    `trainer_ranking`, `trainer_learning` and `trainer_publishing` take JSON objects: how ranking
    scorers serve, learn and are judged. `trainer_legacy_scorer` is a `scorer_latest.pt` that they
    start from; its text inputs were learned with `trainer_legacy_embedding`.

    `trainer_teacher_url` is the OpenAI-compatible address of a teacher, up to `/v1`; empty for
    none.
    """

    port: int = Field(default=8102, ge=1, le=65535)
    trainer_base_model: str = ""
    trainer_min_pairs: int = Field(default=80, ge=2)
    trainer_min_labels: int = Field(default=400, ge=4)
    trainer_min_demonstrations: int = Field(default=100, ge=2)
    trainer_min_rarer_share: float = Field(default=ReadinessRules.min_rarer_share, ge=0, le=0.5)
    trainer_max_voice_examples: int = Field(default=5000, ge=0)
    trainer_max_widget_examples: int = Field(default=5000, ge=0)
    trainer_patience_days: float | None = Field(default=30, gt=0)
    trainer_quiet_hours: str = ""
    trainer_zone: str = "UTC"
    trainer_min_free_memory_gib: float = Field(default=1.0, ge=0)
    trainer_min_free_disk_gib: float = Field(default=1.0, ge=0)
    trainer_selection: SelectionRules = SelectionRules()
    trainer_continue_from: Literal["champion", "base"] = "champion"
    trainer_time_limit_s: float = Field(default=6 * 3600.0, gt=0)
    trainer_ollama_url: HttpAddress = ""
    trainer_settle_s: float = Field(default=5.0, ge=0)
    trainer_cooldown_s: float = Field(default=1800.0, ge=0)
    trainer_held_out_share: float = Field(default=ReadinessRules.held_out_share, gt=0, lt=1)
    trainer_min_held_out: int = Field(default=8, ge=1)
    trainer_seed: int = _RECIPE.seed
    trainer_device: Device = _RECIPE.device
    trainer_precision: Precision = _RECIPE.precision
    trainer_quantization: Quantization = _RECIPE.quantization
    trainer_lora: LoraRecipe = _RECIPE.lora
    trainer_dpo: DpoRecipe = _RECIPE.dpo
    trainer_kto: KtoRecipe = _RECIPE.kto
    trainer_sft: SftRecipe = _RECIPE.sft
    trainer_variation: VariationRecipe = _RECIPE.variation
    trainer_rounds: RoundsRecipe = _RECIPE.rounds
    trainer_judging: JudgingRecipe = _RECIPE.judging
    trainer_gate: GateRules = GateRules()
    trainer_shadow_share: float = Field(default=0.1, ge=0, le=1)
    trainer_shadow_prompts: int = Field(default=64, ge=0)
    trainer_regression_file: Path | None = None
    trainer_chat_template_file: Path | None = None
    trainer_trial_wait_s: float = Field(default=300.0, ge=0)
    trainer_trial_retry_s: float = Field(default=900.0, gt=0)
    trainer_attempts: int = Field(default=3, ge=1)
    trainer_poll_s: float = Field(default=2.0, gt=0)
    trainer_lease_s: float = Field(default=15.0, ge=1)
    trainer_batch: int = Field(default=200, ge=1)
    trainer_ranking: RankingPolicy = RankingPolicy()
    trainer_learning: LearningRules = LearningRules()
    trainer_publishing: PublishingRules = PublishingRules()
    trainer_legacy_scorer: Path | None = None
    trainer_legacy_embedding: str = "sentence-transformers:BAAI/bge-base-en-v1.5"
    trainer_teacher_url: str = ""
    trainer_teacher_model: str = ""
    trainer_teacher_key: SecretStr = SecretStr("")
    trainer_teacher_timeout_s: float = Field(default=120.0, gt=0, le=900)
    trainer_teacher_batch: int = Field(default=4, ge=1, le=64)
    trainer_teacher_attempts: int = Field(default=10, ge=1)

    @model_validator(mode="after")
    def _a_teacher_has_an_address_and_a_model(self) -> Self:
        url = readable_url(self.trainer_teacher_url)
        if url and not url.startswith(("http://", "https://")):
            raise ValueError(
                f"trainer_teacher_url: {masked(url)!r} is no address: set one such as "
                "http://127.0.0.1:11434/v1"
            )
        if url and not self.trainer_teacher_model:
            raise ValueError("trainer_teacher_model: set the name of the teacher's model")
        return self

    @property
    def teacher(self) -> str:
        """The teacher's model and host, or "none" without an address."""
        if not self.trainer_teacher_url:
            return "none"
        return f"{self.trainer_teacher_model} at {urlsplit(self.trainer_teacher_url).hostname}"

    @field_validator("trainer_quiet_hours")
    @classmethod
    def _is_a_span_of_hours(cls, value: str) -> str:
        quiet_hours(value)
        return value

    @field_validator("trainer_zone")
    @classmethod
    def _is_a_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{value!r} is no time zone: set one such as Europe/Vienna") from error
        return value

    @field_validator("trainer_chat_template_file", mode="before")
    @classmethod
    def _is_a_file_or_none(cls, value: Path | str | None) -> Path | None:
        if value and not Path(value).is_file():
            raise ValueError(f"{str(value)!r} is no file: set the path of a Jinja file")
        return Path(value) if value else None

    @property
    def rules(self) -> ReadinessRules:
        days = self.trainer_patience_days
        return ReadinessRules(
            minimum={
                "dpo": self.trainer_min_pairs,
                "kto": self.trainer_min_labels,
                "sft": self.trainer_min_demonstrations,
            },
            cooldown_s=self.trainer_cooldown_s,
            least=self.trainer_min_held_out + 1,
            settle_s=self.trainer_settle_s,
            min_rarer_share=self.trainer_min_rarer_share,
            patience_s=None if days is None else days * 86400,
            quiet_hours=quiet_hours(self.trainer_quiet_hours),
            min_free_memory=int(self.trainer_min_free_memory_gib * 2**30),
            min_free_disk=int(self.trainer_min_free_disk_gib * 2**30),
            held_out_share=self.trainer_held_out_share,
        )

    @property
    def most_examples(self) -> dict[Aspect, int]:
        return {
            "voice": self.trainer_max_voice_examples,
            "widget": self.trainer_max_widget_examples,
        }

    @property
    def fits(self) -> dict[Method, str]:
        """By method, the base model and length that decide whether an example fits."""
        return {m: self.recipe.fits(m, self.trainer_base_model) for m in get_args(Method)}

    @cached_property
    def recipe(self) -> Recipe:
        return Recipe(**{name: getattr(self, f"trainer_{name}") for name in Recipe.model_fields})
