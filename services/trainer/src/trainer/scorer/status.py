"""The facts about both scorers on `/status`, under the names that the Command Center reads."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

from ratchet.ranking import COMPOSITION_WIDTH, RANK, WIDTH
from trainer.domain.scorer.learned_state import LearningProgress, Losses
from trainer.domain.scorer.verdict import Publish
from trainer.scorer.learning import RankingLearning


@dataclass
class RankingStatus:
    learning: RankingLearning

    def facts(self) -> dict[str, Any]:
        """Blocks on the store: call it in a thread."""
        learning = self.learning
        progress, publishing = learning.learner.progress, learning.publishing
        serving, scorers = publishing.register.in_service(), learning.learner.scorers()
        return {
            "tier1_scorer": {
                "type": "low_rank_scorer",
                "rank": RANK,
                "input_dim": WIDTH,
                "parameters": scorers.low_rank.parameters,
                **_learning_facts(progress, progress.widgets),
            },
            "tier1b_composition": {
                "type": "composition_scorer",
                "scenario_dim": COMPOSITION_WIDTH,
                "parameters": scorers.composition.parameters,
                **_learning_facts(progress, progress.plans),
            },
            "ranking": {
                "embedding": learning.embedding.name,
                "in_service": serving.version if serving else None,
                "verdict": type(publishing.verdict).__name__.lower(),
                "reason": publishing.verdict.reason,
                "credible": isinstance(publishing.verdict, Publish),
                "examination_power": publishing.evaluation.power if publishing.evaluation else None,
                "began_with": progress.origin,
                "skipped": learning.store.skip_counts(),
                "policy": publishing.policy.model_dump(),
            },
        }


def _learning_facts(progress: LearningProgress, losses: Losses) -> dict[str, Any]:
    return {
        "device": "cpu",
        "training_steps": progress.steps,
        "total_feedback_events": progress.heard_of,
        "avg_loss": fmean(losses.recent) if losses.recent else None,
        "avg_val_loss": fmean(losses.validation) if losses.validation else None,
        "best_val_loss": losses.best,
        "lr": progress.schedule.rate,
        "lr_decays": progress.schedule.decays,
        "lr_restarts": progress.schedule.restarts,
        "replay_buffer_size": progress.replay,
        "val_buffer_size": progress.validation,
        "recent_losses": list(losses.recent),
        "recent_val_losses": list(losses.validation),
    }
