"""What training needs from outside: where things are kept, who trains, who may."""

from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from ratchet.contract import (
    ArtifactRef,
    Aspect,
    BuiltExample,
    CancelRequested,
    Delivered,
    Event,
    ExampleRetracted,
    ForgetRequested,
    Method,
    TraceCaptured,
    TrainingRequested,
)
from ratchet.models import AdapterManifest
from trainer.domain.evaluation.reference_chats import ReferenceRequest
from trainer.domain.examples.dataset import Dataset
from trainer.domain.examples.teacher_answer import Taught
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.runs.champion import Checkpoint, Told
from trainer.domain.runs.child_messages import Progress, Trained, TrainRequest
from trainer.domain.runs.request import Request
from trainer.domain.runs.run import Run, RunEnd
from trainer.domain.runs.situation import Waiting

T = TypeVar("T")


class TrainingBroke(RuntimeError):
    """The training process ended without a result."""


class LeaseTaken(RuntimeError):
    """Another process holds the right to train."""


class LeaseLost(RuntimeError):
    """The right to train ran out while training; the work was cancelled."""


class TeacherAway(RuntimeError):
    """The teacher cannot be reached, is busy or broken: asking again later may help."""


class TeacherRefused(RuntimeError):
    """The teacher will not answer this, or what answers is no teacher; the message says why."""


class ExampleStore(Protocol):
    """Examples by `example_id`; the highest revision counts, in whatever order they come."""

    def keep(
        self, batch: Iterable[Delivered[BuiltExample | ExampleRetracted | TraceCaptured]]
    ) -> None:
        """A trace too short to show anything is not kept."""

    def waiting(self) -> dict[Method, Waiting]:
        """What no finished run has used, by the method it is for."""

    def quiet_s(self) -> float | None:
        """Seconds since an example came last; None when none has come since the start."""

    def take(self, method: Method, most: Mapping[Aspect, int]) -> Sequence[TrainingExample]:
        """At most `most` of the waiting ones in each aspect, longest waiting first."""

    def traces(self, example_ids: Sequence[str]) -> Sequence[Mapping[str, str]]:
        """The trace contexts that these examples came with, each once."""


class RequestStore(Protocol):
    def ask(self, asked: Sequence[TrainingRequested | CancelRequested]) -> None:
        """Keep what was asked for until a run is planned, or until the open run has ended.

        The same request counts once. To cancel has no effect where no run was open at the time,
        or not the one that is named.
        """

    def asked(self) -> Request | None:
        """The first request that has not got a run yet."""


class RunStore(Protocol):
    """Runs from plan to end; each change and the events that tell of it are one transaction."""

    def plan(self, run: Run, started: Event) -> None:
        """Keep a new run with its snapshot; it answers open requests for its method or for any.

        Has no effect while another run is open.
        """

    def unfinished(self) -> Run | None: ...

    def planned(self, run_id: str) -> Run | None:
        """The run of that id, whatever became of it."""

    def broke(self, run_id: str) -> int:
        """Count one more broken attempt; returns how many there were."""

    def cancelled_by(self, run_id: str) -> str | None:
        """Who asked to end this run; None when nobody has."""

    def finish(self, run_id: str, end: RunEnd, events: Sequence[Event]) -> str | None:
        """End the run once: its examples are used up if it was judged.

        A judgement comes too late for a run that was cancelled: it stays open, and who cancelled
        is returned.
        """

    def has_ended(self, run_id: str) -> bool: ...

    def last_ends(self) -> Mapping[Method, datetime]:
        """When a run of each method ended last."""

    def last_verdict(self) -> tuple[str, str] | None:
        """Verdict and reason of the run that ended last."""

    def last_unjudged(self, method: Method) -> Run | None:
        """The method's last run, if it ended without having been judged."""

    def verdicts(self) -> dict[str, int]: ...

    def unjudged_on(self, dataset_sha256: str) -> int:
        """How many runs on this very dataset have failed or were cancelled."""

    def accepted(self, base_model: str) -> Sequence[Checkpoint]:
        """The adapters of this base that were accepted, oldest first."""

    def tainted(self) -> frozenset[str]:
        """The hashes of manifests of runs that learnt from what was forgotten since."""


class ModelStore(Protocol):
    """What became of accepted adapters where they are served."""

    def keep(self, batch: Sequence[Delivered[Told]]) -> None:
        """The same event counts once."""

    def told(self) -> Sequence[Told]:
        """All of it, in the order in which it came."""


class Outbox(Protocol):
    def unpublished(self) -> list[Event]:
        """Events of committed changes that may not have been published, oldest first."""

    def published(self, event_id: str) -> None: ...

    def offer_again(self, since: date) -> None:
        """Events of runs and checkpoints from that day on may not have been published."""
        ...


class Forgetting(Protocol):
    def call_off(self, request: ForgetRequested) -> str | None:
        """Cancel the open run that has an example of theirs; returns it, as long as it is open."""
        ...

    def forget(self, request: ForgetRequested) -> dict[str, int]:
        """Erase, and count by kind; what was erased before is counted no more."""
        ...


class Runner(Protocol):
    async def train(
        self, request: TrainRequest, on_progress: Callable[[Progress], Awaitable[None]]
    ) -> Trained:
        """Train and judge; raises `TrainingBroke`. Cancelling ends the training process."""

    async def refer(self, request: ReferenceRequest) -> None:
        """Write the references, unless they are written; raises `TrainingBroke`."""

    def clean(self, work_dir: Path) -> None:
        """Forget what an ended run left behind."""


class LaidOut(NamedTuple):
    """Files with the `Dataset` and the regression set; the champion's PEFT directory, if any."""

    dataset: Path
    regression: Path
    champion: Path | None


class Kept(NamedTuple):
    """What an accepted run leaves for the exporter: PEFT's files by name, and the references."""

    adapter: dict[str, ArtifactRef]
    references: ArtifactRef


class Files(Protocol):
    """Where a run's files lie; what is kept is immutable and outlives the run."""

    def directory(self, run_id: str) -> Path: ...

    def laid_out(self) -> Sequence[str]:
        """The ids of the runs that have a directory."""

    def lay_out(self, run_id: str, dataset: Dataset, champion: ArtifactRef | None) -> LaidOut:
        """Write into the run's directory what its process reads; again leaves it as it was."""

    def keep(self, adapter: Path, references: Path) -> Kept: ...

    def keep_manifest(self, manifest: AdapterManifest) -> ArtifactRef:
        """Call last: with it the adapter's files are one thing."""


class Machine(Protocol):
    """What a run needs of the machine besides time."""

    def free_memory(self) -> int:
        """Bytes of main memory that can be had without swapping."""

    def free_disk(self) -> int:
        """Bytes left where runs and artifacts are written."""


class Neighbour(Protocol):
    """The model server that may sit on the same accelerator."""

    def out_of_the_way(self) -> AbstractAsyncContextManager[None]:
        """While inside, no model is loaded; those that were are loaded again afterwards.

        Trouble is logged, never raised.
        """


class Teacher(Protocol):
    """A larger model whose answers are worth imitating; `name` is the model's."""

    name: str

    async def answer(self, prompt: str) -> Taught:
        """Ask once; raises `TeacherAway` and `TeacherRefused`."""


class Lease(Protocol):
    async def hold(self, work: Coroutine[Any, Any, T]) -> T:
        """Do `work` while holding the lease; raises `LeaseTaken` before, `LeaseLost` during."""


class Publish(Protocol):
    async def publish_once(self, event: Event) -> bool: ...
