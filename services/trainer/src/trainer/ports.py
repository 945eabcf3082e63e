"""What training needs from outside: where things are kept, who trains, who may."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ratchet.events.artifact import ArtifactRef
from ratchet.events.base import Aspect, Event
from ratchet.events.command import TrainingRequested
from ratchet.events.example import BuiltExample, ExampleRetracted, PairBuilt
from ratchet.manifest import AdapterManifest
from trainer.domain.dataset import Dataset
from trainer.domain.job import Progress, Trained, TrainRequest
from trainer.domain.runs import Run, RunEnd

T = TypeVar("T")


class TrainingBroke(RuntimeError):
    """The training process ended without a result."""


class LeaseTaken(RuntimeError):
    """Another process holds the right to train."""


class LeaseLost(RuntimeError):
    """The right to train ran out while training; the work was cancelled."""


class ExampleStore(Protocol):
    """Examples by `example_id`; the highest revision counts, in whatever order they come."""

    def keep(self, events: Sequence[BuiltExample | ExampleRetracted]) -> None: ...

    def pending(self) -> int:
        """Pairs no finished run has consumed."""

    def quiet_s(self) -> float | None:
        """Seconds since an example came last; None when none has come since the start."""

    def waiting_pairs(self, most: Mapping[Aspect, int]) -> list[PairBuilt]:
        """At most `most` of those pairs in each aspect, longest waiting first."""


class RequestStore(Protocol):
    def ask(self, requests: Sequence[TrainingRequested]) -> None:
        """Keep what was asked for until a run is planned; the same request counts once."""

    def asked_by(self) -> str | None:
        """Who asked first and has not got a run yet."""


class RunStore(Protocol):
    """Runs from plan to end; each change and the events that tell of it are one transaction."""

    def plan(self, run: Run, started: Event) -> None:
        """Keep a new run with its snapshot; open requests are answered by it."""

    def unfinished(self) -> Run | None: ...

    def broke(self, run_id: str) -> int:
        """Count one more broken attempt; returns how many there were."""

    def finish(self, run_id: str, end: RunEnd, events: Sequence[Event]) -> None:
        """End the run once: its pairs are consumed unless it failed."""

    def last_end(self) -> datetime | None: ...

    def last_verdict(self) -> tuple[str, str] | None:
        """Verdict and reason of the run that ended last."""

    def verdicts(self) -> dict[str, int]: ...

    def failures_on(self, dataset_sha256: str) -> int:
        """How many runs on this very dataset have failed."""

    def champion(self) -> ArtifactRef | None:
        """The manifest of the adapter accepted last."""


class Outbox(Protocol):
    def unpublished(self) -> list[Event]:
        """Events of committed changes that may not have been published, oldest first."""

    def published(self, event_id: str) -> None: ...


class Runner(Protocol):
    async def train(
        self, request: TrainRequest, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Trained:
        """Train and judge; raises `TrainingBroke`. Cancelling ends the training process."""

    def clean(self, work_dir: Path) -> None:
        """Forget what an ended run left behind."""


class Files(Protocol):
    """Where a run's files lie; what is kept is immutable and outlives the run."""

    def directory(self, run_id: str) -> Path: ...

    def lay_out(self, run_id: str, dataset: Dataset, champion: ArtifactRef | None) -> Path | None:
        """Write `dataset.json` into the run's directory; returns the champion's, if any."""

    def keep_adapter(self, adapter: Path) -> dict[str, ArtifactRef]: ...

    def keep_manifest(self, manifest: AdapterManifest) -> ArtifactRef:
        """Call last: with it the adapter's files are one thing."""


class Lease(Protocol):
    async def hold(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` while holding the lease; raises `LeaseTaken` before, `LeaseLost` during."""


class Publish(Protocol):
    async def publish_once(self, event: Event) -> bool: ...
