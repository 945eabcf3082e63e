"""One training step of each scorer, always on the CPU: training runs may fill the GPU."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ratchet_ranking import HIDDEN, OTHER_SCENARIO, Matrix, Vector, with_scenarios
from trainer.backends.scorers.composition_net import CompositionNet
from trainer.backends.scorers.low_rank_net import LowRankNet, WidgetBatch
from trainer.domain.scorer.lesson import Lesson
from trainer.domain.scorer.rules import LearningRules

_CLEAR_DIFFERENCE = 0.1


class ScorerSteps:
    """Both networks with their fused AdamW (Loshchilov & Hutter 2019)."""

    def __init__(self, rules: LearningRules) -> None:
        torch.set_num_threads(1)
        self._rules = rules
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(rules.seed)
            self.low_rank = LowRankNet()
            self.composition = CompositionNet()
        self.optimizers = [_optimizer(net, rules) for net in (self.low_rank, self.composition)]

    def at_rate(self, rate: float) -> None:
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = rate

    def widgets(self, lessons: Sequence[Lesson], draws: np.random.Generator) -> float:
        """Step on the squared error of each widget and a hinge loss on pairs of one plan.

        Part of the batch are scenarios that were not shown, with target 0, so that a scenario
        must be tried often to rank far from the middle. Returns the loss before the step.
        """
        rules = self._rules
        shown, targets = _shown(lessons)
        batch = _with_untried(shown, rules.untried, draws)
        mask = _dropout_mask(len(batch.plans), rules.dropout, draws)
        done = self.low_rank.forward_pass(batch, mask)
        all_targets = np.zeros(len(batch.plans), np.float32)
        all_targets[: len(targets)] = targets
        loss, gradient = loss_and_gradient(done.scores, all_targets, batch.plans, rules.pair_weight)
        self.low_rank.set_gradients(batch, mask, done, gradient)
        self.optimizers[0].step()
        return loss

    def plans(self, lessons: Sequence[Lesson]) -> float | None:
        """Step on the squared error of the plans that have a target; None without any."""
        rated = [lesson for lesson in lessons if lesson.plan_target is not None][
            : self._rules.plans
        ]
        if not rated:
            return None
        optimizer = self.optimizers[1]
        optimizer.zero_grad()
        scores = self.composition(*_plan_inputs(rated))
        error = scores.detach() - torch.tensor([lesson.plan_target for lesson in rated])
        scores.backward(2 * error / len(error))
        optimizer.step()
        return float(error.square().mean())

    def widget_error(self, lessons: Sequence[Lesson]) -> float:
        """The mean squared error over all widgets of at least one lesson."""
        shown, targets = _shown(lessons)
        return float(np.square(self.low_rank.forward_pass(shown).scores - targets).mean())

    @torch.inference_mode()
    def plan_error(self, lessons: Sequence[Lesson]) -> float | None:
        rated = [lesson for lesson in lessons if lesson.plan_target is not None]
        if not rated:
            return None
        scores = self.composition(*_plan_inputs(rated))
        targets = torch.tensor([lesson.plan_target for lesson in rated])
        return float((scores - targets).square().mean())


def loss_and_gradient(
    scores: Vector, targets: Vector, plans: NDArray[np.int64], pair_weight: float
) -> tuple[float, Vector]:
    """The loss of scores (n,) and its gradient (n,).

    Mean squared error, plus `pair_weight` times the mean hinge loss over all pairs of one plan
    whose targets differ by more than 0.1: the margin is half the difference of the targets.
    """
    error = scores - targets
    loss = error.dot(error) / len(error)
    better, worse = np.nonzero(
        (np.subtract.outer(targets, targets) > _CLEAR_DIFFERENCE) & np.equal.outer(plans, plans)
    )
    gradient: Vector = error * np.float32(2 / len(error))
    if len(better):
        margin = (targets[better] - targets[worse]) / 2
        lacking = margin - scores[better] + scores[worse]
        short = lacking > 0
        weight = pair_weight / len(better)
        loss += weight * lacking[short].sum()
        pull = np.bincount(worse[short], minlength=len(error))
        pull -= np.bincount(better[short], minlength=len(error))
        gradient += pull.astype(np.float32) * np.float32(weight)
    return float(loss), gradient


def _shown(lessons: Sequence[Lesson]) -> tuple[WidgetBatch, Vector]:
    """The widgets of `lessons` (n in all) with their targets (n,)."""
    counts = [len(lesson.targets) for lesson in lessons]
    widgets = WidgetBatch(
        texts=np.stack([lesson.text for lesson in lessons]),
        plans=np.repeat(np.arange(len(lessons)), counts),
        rows=np.concatenate([lesson.rows for lesson in lessons]),
    )
    return widgets, np.concatenate([lesson.targets for lesson in lessons])


def _with_untried(shown: WidgetBatch, count: int, draws: np.random.Generator) -> WidgetBatch:
    """`shown`, then `count` random scenarios for questions drawn from them."""
    like = draws.integers(len(shown.plans), size=count)
    others = with_scenarios(shown.rows[like], draws.integers(OTHER_SCENARIO, size=count))
    return WidgetBatch(
        texts=shown.texts,
        plans=np.concatenate([shown.plans, shown.plans[like]]),
        rows=np.concatenate([shown.rows, others]),
    )


def _dropout_mask(rows: int, dropout: float, draws: np.random.Generator) -> Matrix:
    retained = draws.random((rows, HIDDEN), np.float32) >= dropout
    return retained * np.float32(1 / (1 - dropout))


def _plan_inputs(lessons: Sequence[Lesson]) -> tuple[Tensor, Tensor]:
    texts = torch.from_numpy(np.stack([lesson.text for lesson in lessons]))
    shown = torch.from_numpy(np.stack([lesson.shown for lesson in lessons]))
    return texts, shown


def _optimizer(net: torch.nn.Module, rules: LearningRules) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        net.parameters(), lr=rules.learning_rate, weight_decay=rules.weight_decay, fused=True
    )
