"""Trains both scorers online: a fold over scored revisions in order of arrival."""

from collections.abc import Iterable, Sequence
from statistics import fmean

import numpy as np
import torch
from safetensors.torch import load, save

from ratchet_ranking import Embedding, Matrix, Scorers
from trainer.backends.scorers.scorer_steps import ScorerSteps
from trainer.domain.scorer.holdout import is_held_out
from trainer.domain.scorer.learned_state import (
    LearnedState,
    LearningProgress,
    initial_progress,
    next_schedule,
)
from trainer.domain.scorer.lesson import Lesson, ScoredRevision, to_lesson
from trainer.domain.scorer.replay_buffer import ReplayBuffer
from trainer.domain.scorer.rules import LearningRules

_COMPOSITION = "composition."


class ScorerLearner:
    """The same revisions in the same order give the same bits."""

    def __init__(self, rules: LearningRules, embedding: Embedding) -> None:
        self._rules = rules
        self._embedding = embedding
        self._steps = ScorerSteps(rules)
        self._replay = ReplayBuffer(rules.replay)
        self._validation = ReplayBuffer(rules.validation)
        self.progress: LearningProgress = initial_progress(rules, embedding.name)

    def restore(self, state: LearnedState, learned: Iterable[ScoredRevision]) -> None:
        """Resume from `state`; `learned` are the revisions that taught before it, in order."""
        tensors = load(state.tensors)
        for prefix, net in self._nets.items():
            own = {name: tensors[prefix + name] for name in net.state_dict()}
            net.load_state_dict(own)
        for number, optimizer in enumerate(self._steps.optimizers):
            for at, parameter in enumerate(optimizer.param_groups[0]["params"]):
                key = f"optimizer.{number}.{at}."
                moments = {name: tensors[key + name] for name in ("step", "exp_avg", "exp_avg_sq")
                           if key + name in tensors}  # fmt: skip
                if moments:
                    optimizer.state[parameter] = moments
        self.progress = state.progress
        # Only the last revisions are embedded again: `to_lesson` is the slow part.
        newest: dict[bool, dict[str, ScoredRevision]] = {False: {}, True: {}}
        for scored in learned:
            if scored.event.plan is not None:
                revisions = newest[is_held_out(scored.event.plan.query)]
                revisions.pop(scored.event.query_id, None)
                revisions[scored.event.query_id] = scored
        for replay, most, of in (
            (self._replay, self._rules.replay, newest[False]),
            (self._validation, self._rules.validation, newest[True]),
        ):
            for lesson in filter(None, map(self._lesson, [*of.values()][-most:])):
                replay.add(lesson)

    def start_from(self, weights: dict[str, torch.Tensor], origin: str) -> None:
        """Start from the low-rank weights of a checkpoint."""
        self._steps.low_rank.load_state_dict(weights)
        self.progress = self.progress.model_copy(update={"origin": origin})

    def learn(self, revisions: Sequence[ScoredRevision]) -> None:
        for scored in revisions:
            lesson = self._lesson(scored) if scored.teaches else None
            if lesson is not None and lesson.held_out:
                self._validation.add(lesson)
            elif lesson is not None:
                self._replay.add(lesson)
                self._step(lesson)
            self.progress = self.progress.with_revision(
                scored.sequence, scored.event.total, replay=len(self._replay),
                validation=len(self._validation),
            )  # fmt: skip

    def save(self) -> LearnedState:
        tensors = {
            prefix + name: tensor
            for prefix, net in self._nets.items()
            for name, tensor in net.state_dict().items()
        }
        for number, optimizer in enumerate(self._steps.optimizers):
            for at, parameter in enumerate(optimizer.param_groups[0]["params"]):
                for name, tensor in optimizer.state[parameter].items():
                    tensors[f"optimizer.{number}.{at}.{name}"] = tensor
        return LearnedState(progress=self.progress, tensors=save(tensors))

    def weights(self) -> dict[str, Matrix]:
        """A copy of the tensors of an artifact, by name."""
        return {
            prefix + name: tensor.numpy().copy()
            for prefix, net in self._nets.items()
            for name, tensor in net.state_dict().items()
        }

    def scorers(self) -> Scorers:
        return Scorers.of(self.weights())

    @property
    def held_out(self) -> list[Lesson]:
        """The last held-out lessons, which only validate."""
        return list(self._validation.lessons)

    @property
    def _nets(self) -> dict[str, torch.nn.Module]:
        return {"": self._steps.low_rank, _COMPOSITION: self._steps.composition}

    def _lesson(self, scored: ScoredRevision) -> Lesson | None:
        return to_lesson(scored, self._embedding)

    def _step(self, lesson: Lesson) -> None:
        draws = np.random.default_rng((self._rules.seed, lesson.sequence))
        self._steps.at_rate(self.progress.schedule.rate)
        shown = self._rules.batch - self._rules.untried
        drawn = [self._replay.draw(lesson, shown, draws) for _ in range(self._rules.steps)]
        widget_losses = [self._steps.widgets(lessons, draws) for lessons in drawn]
        plan_loss = self._steps.plans(drawn[0])
        self.progress = self.progress.with_steps(len(drawn), fmean(widget_losses), plan_loss)
        if self._validation and self.progress.taught % self._rules.validate_every == 0:
            self._validate()

    def _validate(self) -> None:
        lessons = self._validation.lessons
        loss = self._steps.widget_error(lessons)
        baseline = float(np.square(np.concatenate([one.targets for one in lessons])).mean())
        schedule = next_schedule(
            self.progress.schedule,
            loss / baseline if baseline else 0.0,
            self._rules.validate_every * self._rules.steps,
            self._rules,
        )
        self.progress = self.progress.with_validation(
            schedule, loss, self._steps.plan_error(lessons)
        )
