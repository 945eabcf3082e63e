"""The only wiring of the trainer service."""

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ratchet.artifacts import ArtifactStore
from ratchet.broker import create_broker, create_redis
from ratchet.delivery.consumer import Consumer, RetryPolicy
from ratchet.host import create_host
from ratchet.publisher import Publisher
from ratchet.service import Service
from ratchet.streams import CHECKPOINTS, COMMANDS, EXAMPLES, RUNS
from trainer.backends.child_run import ChildRunner
from trainer.backends.database import open_database
from trainer.backends.example_store import SqlExampleStore
from trainer.backends.lease import RedisLease
from trainer.backends.run_files import RunFiles
from trainer.backends.run_store import SqlRunStore
from trainer.handlers import TrainerHandlers
from trainer.metrics import TrainerMetrics
from trainer.planning import Planner
from trainer.settings import TrainerSettings
from trainer.status import TrainerStatus
from trainer.training import Training


def create_app(settings: TrainerSettings) -> AsgiFastStream:
    registry = CollectorRegistry()
    redis = create_redis(settings)
    engine = open_database(settings.data_dir / "trainer.db")
    examples = SqlExampleStore(engine)
    runs = SqlRunStore(engine)
    training = Training(
        settings=settings,
        planner=Planner(settings, examples, examples, runs),
        runs=runs,
        runner=ChildRunner(),
        files=RunFiles(settings.data_dir / "runs", ArtifactStore(settings.artifacts_dir)),
        lease=RedisLease(redis, settings.trainer_lease_s),
        publisher=Publisher(redis),
        metrics=TrainerMetrics(registry),
    )
    handlers = TrainerHandlers(examples, examples)
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    service = Service(
        name="trainer",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        consumers=[
            Consumer(EXAMPLES, "trainer", handlers.handle_examples, settings.trainer_batch, retry),
            Consumer(COMMANDS, "trainer", handlers.handle_commands, settings.trainer_batch, retry),
        ],
        background=[training.run],
        publishes=[RUNS, CHECKPOINTS],
        status=TrainerStatus(training).facts,
    )
    return create_host(service)
