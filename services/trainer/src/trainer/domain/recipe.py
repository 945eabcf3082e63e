"""Everything that decides what a run teaches: the same recipe on the same data is the same run."""

from typing import Literal

from pydantic import Field

from ratchet.events.base import Value, derived_id

Loss = Literal["sigmoid", "hinge", "ipo", "robust", "apo_zero", "sigmoid_norm", "sft"]
Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
Quantization = Literal["none", "nf4"]


class LoraRecipe(Value):
    """Low-rank adapters on the named projections (Hu et al. 2021, arXiv:2106.09685)."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] = (
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    )  # fmt: skip


class DpoRecipe(Value):
    """Direct preference optimization (Rafailov et al. 2023, arXiv:2305.18290).

    `losses` are added up with `loss_weights` (all 1 when empty). One step sees
    `batch * accumulation` pairs; `warmup` is a share of the steps; lengths are in tokens.
    """

    beta: float = Field(default=0.1, gt=0)
    losses: tuple[Loss, ...] = Field(default=("sigmoid", "sft"), min_length=1)
    loss_weights: tuple[float, ...] = ()
    learning_rate: float = Field(default=5e-5, gt=0)
    epochs: float = Field(default=3.0, gt=0)
    batch: int = Field(default=4, ge=1)
    accumulation: int = Field(default=4, ge=1)
    max_length: int = Field(default=2048, ge=16)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0)
    gradient_checkpointing: bool = True
    share_prompts: bool = False


class JudgingRecipe(Value):
    """How many held-out questions of an aspect are asked, and how long an answer may be."""

    questions: int = Field(default=64, ge=1)
    widget_questions: int = Field(default=16, ge=0)
    answer_tokens: int = Field(default=160, ge=1)
    plan_tokens: int = Field(default=512, ge=1)
    batch: int = Field(default=32, ge=1)


class Recipe(Value):
    seed: int = 42
    device: Device = "auto"
    precision: Precision = "auto"
    quantization: Quantization = "none"
    lora: LoraRecipe = LoraRecipe()
    dpo: DpoRecipe = DpoRecipe()
    judging: JudgingRecipe = JudgingRecipe()

    @property
    def fingerprint(self) -> str:
        """12 hex characters that change when anything in the recipe changes."""
        return derived_id(self.model_dump_json())[:12]
