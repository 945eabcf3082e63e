"""The recipe of a run: every parameter that its result depends on, apart from the data."""

from math import ceil
from typing import Literal, Self

from pydantic import Field

from ratchet.contract import Method, Value, derived_id

Loss = Literal["sigmoid", "hinge", "ipo", "robust", "apo_zero", "sigmoid_norm", "sft"]
Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
Quantization = Literal["none", "nf4"]


class LoraRecipe(Value):
    """Low-rank adapters on the projections `targets` (Hu et al. 2021, arXiv:2106.09685)."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] = (
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    )  # fmt: skip


class LoopRecipe(Value):
    """The training loop: a step has `batch * accumulation` examples.

    `warmup` is a share of the steps, `max_length` in tokens. A micro-batch that does not fit into
    memory is halved and accumulated twice as often.
    """

    learning_rate: float = Field(default=5e-5, gt=0)
    epochs: float = Field(default=3.0, gt=0)
    batch: int = Field(default=4, ge=1)
    accumulation: int = Field(default=4, ge=1)
    max_length: int = Field(default=2048, ge=16)
    warmup: float = Field(default=0.1, ge=0, lt=1)
    weight_decay: float = Field(default=0.01, ge=0)
    clip: float = Field(default=1.0, gt=0)
    gradient_checkpointing: bool = True

    def halved(self, least: int = 1) -> Self:
        """At most half the micro-batch, with as many examples in a step as before.

        Raises `ValueError` if the micro-batch has no more than `least` examples.
        """
        if self.batch <= least:
            raise ValueError(f"a micro-batch of {self.batch} cannot be made smaller")
        examples = self.batch * self.accumulation
        half = max(least, self.batch // 2)
        batch = next((size for size in range(half, least - 1, -1) if examples % size == 0), half)
        return self.model_copy(update={"batch": batch, "accumulation": ceil(examples / batch)})

    def divided(self, processes: int) -> Self:
        """The share of one of several processes in a step of as many examples as before.

        Raises `ValueError` if the micro-batches of a step cannot be shared equally.
        """
        if self.accumulation % processes:
            message = (
                f"accumulation: {self.accumulation} micro-batches cannot be divided among "
                f"{processes} processes: set a multiple of them, or start fewer processes"
            )
            raise ValueError(message)
        return self.model_copy(update={"accumulation": self.accumulation // processes})


class DpoRecipe(LoopRecipe):
    """Direct preference optimization (Rafailov et al. 2023, arXiv:2305.18290).

    `losses` are summed with `loss_weights` (all 1 if empty). `label_smoothing` is the assumed
    share of pairs with the wrong order (conservative DPO, Mitchell 2023).
    """

    beta: float = Field(default=0.1, gt=0)
    losses: tuple[Loss, ...] = Field(default=("sigmoid", "sft"), min_length=1)
    loss_weights: tuple[float, ...] = ()
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    share_prompts: bool = False


class KtoRecipe(LoopRecipe):
    """Kahneman-Tversky optimization of single labels (Ethayarajh et al. 2024, arXiv:2402.01306).

    `apo_zero_unpaired` (D'Oosterlinck et al. 2024, arXiv:2408.06266) needs no estimate of the KL
    divergence, which takes two more passes. `desirable_ratio` is the total weight of the
    desirable labels divided by that of the undesirable ones.
    """

    beta: float = Field(default=0.1, gt=0)
    loss: Literal["kto", "apo_zero_unpaired"] = "kto"
    desirable_ratio: float = Field(default=4 / 3, ge=1, le=4 / 3)
    batch: int = Field(default=4, ge=2)

    def halved(self, least: int = 2) -> Self:
        """Halve down to two: KTO estimates the KL from mismatched pairs within a micro-batch."""
        return super().halved(least)


class SftRecipe(LoopRecipe):
    """Supervised fine-tuning on demonstrated answers, and on the reasoning before them."""

    batch: int = Field(default=2, ge=1)
    accumulation: int = Field(default=8, ge=1)


class JudgingRecipe(Value):
    """The number of held-out and fixed questions in an evaluation, and the answer limits."""

    questions: int = Field(default=64, ge=1)
    widget_questions: int = Field(default=16, ge=0)
    fixed_questions: int = Field(default=64, ge=1)
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
    kto: KtoRecipe = KtoRecipe()
    sft: SftRecipe = SftRecipe()
    judging: JudgingRecipe = JudgingRecipe()

    @property
    def fingerprint(self) -> str:
        """12 hex characters that change when anything in the recipe changes."""
        return derived_id(self.model_dump_json())[:12]

    def loop(self, method: Method) -> LoopRecipe:
        loops: dict[Method, LoopRecipe] = {"dpo": self.dpo, "kto": self.kto, "sft": self.sft}
        return loops[method]

    def fits(self, method: Method, base_model: str) -> str:
        """The base model and length that decide whether an example of the method fits."""
        return f"{base_model}, {self.loop(method).max_length} tokens"

    def with_smaller_batches(self, method: Method, halvings: int) -> Self:
        """A recipe of equal effect that needs less memory.

        Raises `ValueError` if a micro-batch of the method cannot be made smaller.
        """
        loop = self.loop(method)
        for _ in range(halvings):
            loop = loop.halved()
        judging = self.judging.model_copy(update={"batch": max(1, self.judging.batch >> halvings)})
        return self.model_copy(update={method: loop, "judging": judging})

    def divided(self, method: Method, processes: int) -> Self:
        """The recipe of one of several processes; see `LoopRecipe.divided`."""
        return self.model_copy(update={method: self.loop(method).divided(processes)})
