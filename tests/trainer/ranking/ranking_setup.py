"""Wires store, learner and publishing as the trainer does, without its loop."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from ratchet.contract import Event, Evidence, ExperienceScored, RankingPolicy, ScorerPublished
from ratchet.storage import ArtifactStore
from ratchet_ranking import Embedding, HashingEmbedding, ScorerManifest, libraries, scorer_bytes
from ratchet_testing.deliveries import delivered
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.domain.scorer.rules import LearningRules, PublishingRules
from trainer.scorer.evidence import ScorerEvaluator
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.publishing import ScorerPublishing, ServedScorer

from .conftest import MORNING
from .judged_plans import GOOD_ALERTS, GOOD_CHATSTREAM, SHOWN, judged_plans, logged

RULES = LearningRules()
AT_ONCE = PublishingRules(
    decisions=100, plans=20, tolerance=0.02, every_s=0, kept_back_every_s=0, keep=2
)
POLICY = RankingPolicy(weight=0.8, share=0.2)


@cache
def trained_learner(good: str) -> ScorerLearner:
    """A learner after 150 plans in which `good` was the best; shared, so do not teach it more."""
    learner = ScorerLearner(RULES, HashingEmbedding())
    learner.learn(judged_plans(150, GOOD_ALERTS if good == "alerts" else GOOD_CHATSTREAM))
    return learner


class OtherEmbedding(HashingEmbedding):
    name = "other-768-1"


class RankingSetup:
    """Another setup on the same disk simulates a restart."""

    def __init__(
        self,
        engine: Engine,
        directory: Path,
        rules: PublishingRules = AT_ONCE,
        embedding: Embedding | None = None,
        store: SqlRankingStore | None = None,
        register: SqlScorerRegister | None = None,
    ) -> None:
        embedding = embedding or HashingEmbedding()
        self.store = store or SqlRankingStore(engine, RULES)
        self.register = register or SqlScorerRegister(engine)
        self.artifacts = ArtifactStore(directory / "artifacts")
        self.directory = directory / "artifacts"
        self.outbox = SqlOutbox(engine)
        self.learner = ScorerLearner(RULES, embedding)
        self.publishing = ScorerPublishing(
            register=self.register,
            artifacts=self.artifacts,
            in_service=ServedScorer(self.register, self.artifacts, embedding.name),
            evaluator=ScorerEvaluator(self.store, embedding, rules, RULES.seed),
            policy=POLICY,
            rules=rules,
            metrics=RankingMetrics(CollectorRegistry()),
        )

    def resume(self) -> "RankingSetup":
        """Restore the stored state."""
        state = self.store.learned_state()
        assert state is not None
        self.learner.restore(state, self.store.learned_revisions(state.progress.cursor))
        return self

    def learn(self, events: Iterable[ExperienceScored]) -> None:
        self.store.add_scored(delivered(list(events)))
        self.learner.learn(self.store.unlearned(self.learner.progress.cursor, 10_000))
        self.store.commit(self.learner.save())

    def add_decisions(
        self, worths: Mapping[str, float], count: int = 120, callers_order: Iterable[str] = SHOWN
    ) -> None:
        """Add exploring decisions and their outcomes."""
        order = tuple(callers_order)
        pairs = [logged(number, worths, order) for number in range(count)]
        self.store.add_decisions(delivered([made for made, _ in pairs]))
        self.store.add_scored(delivered([outcome for _, outcome in pairs]))

    def put_in_service(self, learner: ScorerLearner, version: str) -> None:
        """Publish the scorers of `learner` without evidence."""
        manifest = ScorerManifest(
            embedding=learner.progress.embedding,
            policy=POLICY,
            trained_on=learner.progress.heard_of,
            steps=learner.progress.steps,
            seed=RULES.seed,
            versions=libraries(),
        )
        content = scorer_bytes(learner.weights(), manifest)
        self.register.publish(
            ScorerPublished(
                event_id=f"published-{version}",
                occurred_at=MORNING,
                version=version,
                trained_on=learner.progress.heard_of,
                reason="planted",
                evidence=Evidence(basis="nothing yet"),
                artifact=self.artifacts.put_bytes(content, "scorer.safetensors"),
                parameters=28_193,
                embedding=learner.progress.embedding,
                policy=POLICY,
            )
        )

    def judge(self, now: float = 1_000.0) -> None:
        self.publishing.judge_if_due(self.learner, now)

    def events(self, kind: type[Event] = Event) -> list[Any]:
        return [event for event in self.outbox.unpublished() if isinstance(event, kind)]

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.directory.rglob("*") if path.is_file())
