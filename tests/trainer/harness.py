"""The state that outlives a trainer process, and trainers that start on it."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from ratchet.contract import CancelRequested, RunFinished, derived_id, utc_now
from ratchet.storage import ArtifactStore
from ratchet_testing.deliveries import delivered
from ratchet_testing.fakes import MemoryPublisher
from reward.memory_state import MemoryState
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.child_run import ChildRunner
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.prompt_store import SqlPromptStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.handlers import TrainerHandlers
from trainer.metrics import TrainerMetrics
from trainer.settings import TrainerSettings
from trainer.training.loop import TrainingLoop
from trainer.training.outbox_relay import OutboxRelay
from trainer.training.planner import Planner

from .conftest import LargeMachine, built


class Killed(BaseException):
    """Stands for a kill: no code of the process runs after it."""


class TrainerHarness:
    """`training` starts a trainer on the same database, files and streams."""

    def __init__(
        self, engine: Engine, directory: Path, chat_template: Path | None = None, **changed: Any
    ) -> None:
        self.settings = TrainerSettings(
            **{
                "data_dir": directory,
                "trainer_min_pairs": 20,
                "trainer_min_held_out": 3,
                "trainer_held_out_share": 0.2,
                "trainer_settle_s": 0,
                "trainer_poll_s": 0.02,
                **changed,
            }
        )
        self.examples = SqlExampleStore(engine)
        self.models = SqlModelStore(engine)
        self.outbox = SqlOutbox(engine)
        self.prompts = SqlPromptStore(
            engine, self.settings.trainer_shadow_share, self.settings.trainer_shadow_prompts
        )
        self.artifacts = ArtifactStore(directory / "artifacts")
        self.files = RunFiles(directory / "runs", self.artifacts, PACKAGED, chat_template)
        self.runs = SqlRunStore(engine, self.files)
        self.publisher = MemoryPublisher()
        self.metrics = CollectorRegistry()

    def training(self, runner: ChildRunner, **changed: Any) -> TrainingLoop:
        self.metrics = CollectorRegistry()
        parts: dict[str, Any] = {
            "settings": self.settings,
            "runs": self.runs,
            "runner": runner,
            "files": self.files,
            "prompts": self.prompts,
            "lease": nullcontext,
            "relay": OutboxRelay(self.outbox, self.publisher),
            "metrics": TrainerMetrics(self.metrics),
            **changed,
        }
        planner = Planner(self.settings, self.examples, parts["runs"], self.models, LargeMachine())
        return TrainingLoop(planner=planner, **parts)

    def pairs_come(self, first: int, count: int) -> None:
        self.examples.keep(delivered([built(number) for number in range(first, first + count)]))

    def waiting(self) -> int:
        return self.examples.waiting()["dpo"].count

    async def cancel(self, by: str = "anna", run_id: str | None = None, **changed: Any) -> None:
        """Deliver the command with which a user cancels."""
        request = CancelRequested(
            event_id=derived_id("cancel", by, str(run_id)),
            occurred_at=utc_now(),
            requested_by=by,
            run_id=run_id,
        )
        handlers = TrainerHandlers(self.examples, self.models)
        await handlers.handle_requests(
            delivered([request.model_copy(update=changed)]), MemoryState()
        )

    def published(self, kind: type) -> list[Any]:
        return [event for event in self.publisher.events if isinstance(event, kind)]

    def verdicts(self) -> list[str]:
        return [finished.verdict for finished in self.published(RunFinished)]
