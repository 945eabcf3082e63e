"""The recipe of a run: every parameter that its result depends on, apart from the data."""

from typing import Literal, Self

from pydantic import Field

from ratchet.contract import Method, Value, derived_id
from trainer.domain.runs.loop_recipes import DpoRecipe, KtoRecipe, LoopRecipe, SftRecipe

Precision = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]
Quantization = Literal["none", "nf4"]
VariedPart = Literal["values", "numbers", "devices", "metrics"]


class LoraRecipe(Value):
    """Low-rank adapters on the projections `targets` (Hu et al. 2021, arXiv:2106.09685)."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: tuple[str, ...] = (
        "q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj",
    )  # fmt: skip


class VariationRecipe(Value):
    """Copies of each true spoken example with other facts, used in the run alone.

    `parts` are what the `copies` vary: the readings' values, the numbers, words and tags of
    devices, and metrics. Of the prompt of the example and of each copy, `questions` more ask for
    other listed readings, and `absent` for readings that are not listed. All 0 turn it off.
    """

    copies: int = Field(default=1, ge=0, le=20)
    questions: int = Field(default=1, ge=0, le=20)
    absent: int = Field(default=0, ge=0, le=20)
    parts: tuple[VariedPart, ...] = ("values", "numbers", "devices", "metrics")


class RoundsRecipe(Value):
    """On-policy rounds after the training.

    In each of at most `most` rounds the model answers `questions` of the training side `samples`
    times at this `temperature`. With the method `dpo` it learns its true answers against its
    untrue ones (Pang et al. 2024, arXiv:2404.19733), with `grpo` by a reward for each answer, in
    one epoch of the DPO recipe, at `learning_rate_factor` times its rate. A round is kept if more
    greedy answers to `measured` other questions are true.
    """

    method: Literal["dpo", "grpo"] = "dpo"
    most: int = Field(default=0, ge=0, le=5)
    questions: int = Field(default=96, ge=1)
    samples: int = Field(default=4, ge=2, le=64)
    temperature: float = Field(default=0.8, gt=0, le=2)
    measured: int = Field(default=64, ge=1)
    learning_rate_factor: float = Field(default=0.2, gt=0, le=1)


class JudgingRecipe(Value):
    """The largest number of held-out and fixed questions, and the answer limits.

    Spoken questions are asked in an order drawn by the seed, `batch` at a time.
    """

    questions: int = Field(default=128, ge=1)
    widget_questions: int = Field(default=24, ge=0)
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
    variation: VariationRecipe = VariationRecipe()
    rounds: RoundsRecipe = RoundsRecipe()
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

        Raises `ValueError` if a micro-batch of the method cannot be made smaller. Those of rounds
        after another method are halved as far as possible.
        """
        loop, of_rounds = self.loop(method), self.dpo
        for _ in range(halvings):
            loop = loop.halved()
            of_rounds = of_rounds.halved() if of_rounds.batch > 1 else of_rounds
        judging = self.judging.model_copy(update={"batch": max(1, self.judging.batch >> halvings)})
        return self._with(method, loop, of_rounds).model_copy(update={"judging": judging})

    def divided(self, method: Method, processes: int) -> Self:
        """The recipe of one of several processes; see `LoopRecipe.divided`."""
        of_rounds = self.dpo.divided(processes) if self.rounds.most else self.dpo
        return self._with(method, self.loop(method).divided(processes), of_rounds)

    def of_round(self, number: int) -> Self:
        """The recipe of the training within a round; its pairs are drawn anew."""
        rate = self.dpo.learning_rate * self.rounds.learning_rate_factor
        dpo = self.dpo.model_copy(update={"learning_rate": rate, "epochs": 1.0})
        return self.model_copy(update={"dpo": dpo, "seed": self.seed + number})

    def _with(self, method: Method, loop: LoopRecipe, of_rounds: DpoRecipe) -> Self:
        rounds: dict[str, LoopRecipe] = {"dpo": of_rounds} if self.rounds.most else {}
        return self.model_copy(update={**rounds, method: loop})
