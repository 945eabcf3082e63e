"""The only wiring of the trainer service."""

import asyncio
from functools import partial
from typing import get_args

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ratchet.contract import (
    CALLS,
    CHECKPOINTS,
    COMMANDS,
    DECISIONS,
    EXAMPLES,
    FORGOTTEN,
    MODELS,
    REWARDS,
    RUNS,
    SCORERS,
    TRACE_REQUESTS,
    TRACES,
    BaseTried,
    CallServed,
    CancelRequested,
    DecisionMade,
    Event,
    ExperienceScored,
    ForgetRequested,
    Handle,
    TraceCaptured,
    TraceRequested,
    TrainingRequested,
)
from ratchet.delivery import Consumer, Publisher, RetryPolicy, has_read, one_by_one
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.storage import ArtifactStore, hold_lease
from ratchet.telemetry import StorageCollector, create_tracing
from ratchet_ranking import embedding_named
from trainer.backends.machine.local_machine import LocalMachine
from trainer.backends.machine.ollama import ollama_at
from trainer.backends.openai_teacher import OpenAITeacher
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.child_run import ChildRunner
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.scorers.legacy_scorer import LegacyCheckpoint
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.sql.database import DATABASE, open_database, problem_of
from trainer.backends.sql.datasets import move_datasets
from trainer.backends.sql.erasure import TrainerErasure
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.prompt_store import SqlPromptStore
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.backends.sql.scorer_register import SqlScorerRegister
from trainer.backends.sql.trial_store import SqlTrialStore
from trainer.domain.runs.champion import ModelEvent
from trainer.handlers import (
    RankingHandlers,
    TrainerHandlers,
    erase,
    keep_prompts,
    store_trials,
)
from trainer.metrics import FeedbackLatencyMetrics, TeacherMetrics, TrainerMetrics
from trainer.scorer.evidence import ScorerEvaluator
from trainer.scorer.learning import RankingLearning
from trainer.scorer.metrics import RankingMetrics
from trainer.scorer.publishing import ScorerPublishing, ServedScorer
from trainer.settings import TrainerSettings
from trainer.status import trainer_facts
from trainer.teacher import TeacherHandlers
from trainer.training.base_files import BaseFiles
from trainer.training.base_trials import BaseTrials
from trainer.training.feedback_latency import FeedbackLatency
from trainer.training.loop import LEASE_KEY, TrainingLoop
from trainer.training.outbox_relay import OutboxRelay
from trainer.training.planner import Planner
from trainer.training.position_watch import PositionWatch

_REST_S = 0.25
"""Decisions and calls arrive often, and neither is used at once."""


def create_app(settings: TrainerSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    registry.register(StorageCollector(settings.data_dir, settings.artifacts_dir))
    redis = create_redis(settings)
    tracing = create_tracing("trainer", settings)
    was_in_use = partial(has_read, str(settings.redis_url), [EXAMPLES], "trainer")
    engine = open_database(settings.data_dir / DATABASE, was_in_use)
    examples = SqlExampleStore(engine)
    artifacts = ArtifactStore(settings.artifacts_dir)
    runs_dir, regression = settings.data_dir / "runs", settings.trainer_regression_file or PACKAGED
    files = RunFiles(runs_dir, artifacts, regression, settings.trainer_chat_template_file)
    move_datasets(engine, files)
    runs, models = SqlRunStore(engine, files), SqlModelStore(engine)
    ranking = SqlRankingStore(engine, settings.trainer_learning)
    relay = OutboxRelay(SqlOutbox(engine), Publisher(redis))
    trials = SqlTrialStore(engine)
    prompts = SqlPromptStore(engine, settings.trainer_shadow_share, settings.trainer_shadow_prompts)
    runner = ChildRunner(ollama_at(settings.trainer_ollama_url))
    training = TrainingLoop(
        settings=settings,
        planner=Planner(
            *(settings, examples, runs, models, LocalMachine(settings.data_dir)),
            trials=BaseTrials(settings, trials) if settings.trainer_trial_wait_s else None,
            base=BaseFiles(settings, runner.fetch_base),
            tracer=tracing.tracer,
        ),
        runs=runs,
        runner=runner,
        files=files,
        prompts=prompts,
        lease=partial(hold_lease, redis, LEASE_KEY, settings.trainer_lease_s),
        relay=relay,
        metrics=TrainerMetrics(registry),
        tracer=tracing.tracer,
    )
    learning = _learning(
        settings, ranking, SqlScorerRegister(engine), artifacts, relay, RankingMetrics(registry)
    )
    erasure = TrainerErasure(engine, artifacts, runs_dir)
    latency = FeedbackLatency(models, runs, FeedbackLatencyMetrics(registry))
    handlers = TrainerHandlers(examples, models, latency.observe, training.metrics.leave_out)
    of_models: dict[type[Event], Handle] = {
        **dict.fromkeys(get_args(ModelEvent), handlers.handle_models),
        BaseTried: partial(store_trials, trials),
    }
    ranked = RankingHandlers(ranking)
    consumer = partial(
        Consumer,
        group="trainer",
        batch=settings.trainer_batch,
        retry=RetryPolicy(settings.retry_max_attempts, settings.retry_base_s),
    )
    consumers = [
        consumer(EXAMPLES, handlers=dict.fromkeys(EXAMPLES.events, handlers.handle_examples)),
        consumer(TRACES, handlers={TraceCaptured: handlers.handle_examples}),
        consumer(
            COMMANDS,
            handlers={
                TrainingRequested: handlers.handle_requests,
                CancelRequested: handlers.handle_requests,
                ForgetRequested: one_by_one(partial(erase, erasure)),
            },
        ),
        consumer(MODELS, handlers=of_models),
        consumer(REWARDS, handlers={ExperienceScored: ranked.handle_rewards}),
        consumer(DECISIONS, handlers={DecisionMade: ranked.handle_decisions}, rest_s=_REST_S),
        consumer(
            CALLS,
            handlers={CallServed: partial(keep_prompts, prompts)},
            rest_s=_REST_S,
            marks_seen=False,
        ),
        *_teacher_consumers(settings, registry),
    ]
    positions = PositionWatch(
        redis, settings.data_dir / "trainer.positions.json", consumers, registry
    )
    service = Service(
        name="trainer",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        tracing=tracing,
        consumers=consumers,
        background=[training.run, learning.run, positions.run],
        publishes=[RUNS, CHECKPOINTS, SCORERS, TRACES, FORGOTTEN],
        storage=partial(asyncio.to_thread, problem_of, engine),
        status=partial(trainer_facts, training, learning, settings.teacher, positions),
    )
    return create_host(service)


def _teacher_consumers(settings: TrainerSettings, registry: CollectorRegistry) -> list[Consumer]:
    """The consumer of requests for traces, in a separate group: a teacher is slow."""
    if not settings.trainer_teacher_url:
        return []
    teacher = OpenAITeacher(
        settings.trainer_teacher_url,
        settings.trainer_teacher_model,
        settings.trainer_teacher_key.get_secret_value(),
        settings.trainer_teacher_timeout_s,
    )
    return [
        Consumer(
            TRACE_REQUESTS,
            "teacher",
            {TraceRequested: TeacherHandlers(teacher, TeacherMetrics(registry)).handle},
            settings.trainer_teacher_batch,
            RetryPolicy(settings.trainer_teacher_attempts, settings.retry_base_s),
            stuck_after_s=2 * settings.trainer_teacher_timeout_s + 60,
        )
    ]


def _learning(
    settings: TrainerSettings,
    store: SqlRankingStore,
    register: SqlScorerRegister,
    artifacts: ArtifactStore,
    relay: OutboxRelay,
    metrics: RankingMetrics,
) -> RankingLearning:
    rules = settings.trainer_learning
    embedding = embedding_named(settings.embedding, settings.cache_path)
    metrics.embedding.info({"name": embedding.name})
    publishing = ScorerPublishing(
        register=register,
        artifacts=artifacts,
        in_service=ServedScorer(register, artifacts, embedding.name),
        evaluator=ScorerEvaluator(store, embedding, settings.trainer_publishing, rules.seed),
        policy=settings.trainer_ranking,
        rules=settings.trainer_publishing,
        metrics=metrics,
    )
    return RankingLearning(
        store=store,
        learner=ScorerLearner(rules, embedding),
        embedding=embedding,
        publishing=publishing,
        relay=relay,
        metrics=metrics,
        legacy=LegacyCheckpoint(settings.trainer_legacy_scorer, settings.trainer_legacy_embedding),
    )
