"""The recipes of the training loops: by pairs, labels and demonstrations."""

from math import ceil
from typing import Literal, Self

from pydantic import Field

from ratchet.contract import Value

Loss = Literal["sigmoid", "hinge", "ipo", "robust", "apo_zero", "sigmoid_norm", "sft"]


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
    share of pairs with the wrong order (conservative DPO, Mitchell 2023). `margin` (nats) is by
    how much more a true chosen answer must gain on an untrue rejected one than the reference has
    it (F-DPO, arXiv:2601.03027). With the default a wrong digit that was as likely as the right
    one ends below 2 %: exp(-4) = 1.8 %. 0 turns it off.
    """

    beta: float = Field(default=0.1, gt=0)
    losses: tuple[Loss, ...] = Field(default=("sigmoid", "sft"), min_length=1)
    loss_weights: tuple[float, ...] = ()
    label_smoothing: float = Field(default=0.0, ge=0, lt=0.5)
    margin: float = Field(default=4.0, ge=0)
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
