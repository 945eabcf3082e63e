"""Models in service: registered versions, activations, rollbacks and refusals."""

from typing import Literal

from pydantic import Field

from ratchet.contract.event import ArtifactRef, Event, Value

RegistryKind = Literal["ollama", "local"]


class Parity(Value):
    """Agreement of the exported file with the Hugging Face model over `tokens` positions.

    `top1` is the share of positions with the same most likely token, `kl` the mean
    Kullback-Leibler divergence in nats, HF against exported, `kl_p99` its 99th percentile.
    """

    top1: float
    kl: float
    tokens: int = Field(ge=1)
    template_equal: bool
    kl_p99: float | None = None


class FormatTried(Value):
    """The result of one file format; `parity` is None if the file was not usable."""

    format: str
    passed: bool
    reason: str
    parity: Parity | None = None


class ServedFault(Value):
    """One difference between a server and the trained model: `template`, `stop`, `plan`, ..."""

    name: str
    reason: str


class ServedParity(Value):
    """Agreement of a server's greedy answers with the Hugging Face model's.

    It covers the `tokens` positions before the answers differ; `top1` as in `Parity`. The KL in
    nats covers the likeliest tokens, None if the server returns no log-probabilities. `faults` is
    empty if the server serves the trained model. `unchecked` names the faults that the server's
    responses cannot show.
    """

    target: str
    top1: float
    kl_mean: float | None = None
    kl_p99: float | None = None
    tokens: int = Field(ge=0)
    faults: tuple[ServedFault, ...] = ()
    unchecked: tuple[str, ...] = ()


class ModelRegistered(Event):
    """`served` is None if no server was compared."""

    type: Literal["ModelRegistered"] = "ModelRegistered"
    run_id: str
    name: str
    version: str
    registry: RegistryKind
    quantization: str
    gguf: ArtifactRef
    parity: Parity
    smoke_answer: str
    seconds: float
    tried: tuple[FormatTried, ...] = ()
    served: ServedParity | None = None


class ModelActivated(Event):
    """`version` replaces `previous`; both are the same if it was active already.

    `requested_by` and `reason` are those of the command, empty if a new checkpoint was activated.
    `registries` are those whose alias moved; an unavailable one follows later.
    """

    type: Literal["ModelActivated"] = "ModelActivated"
    name: str
    version: str
    previous: str | None = None
    requested_by: str = ""
    reason: str = ""
    registries: tuple[RegistryKind, ...] = ()


class ModelRolledBack(Event):
    """`version`, which was active before, replaces `previous`.

    The other fields are as in `ModelActivated`.
    """

    type: Literal["ModelRolledBack"] = "ModelRolledBack"
    name: str
    version: str
    previous: str
    requested_by: str
    reason: str
    registries: tuple[RegistryKind, ...] = ()


class ActivationRefused(Event):
    """The alias did not move; `version` is None if there is none to roll back to."""

    type: Literal["ActivationRefused"] = "ActivationRefused"
    name: str
    version: str | None
    reason: str
    requested_by: str


class BaseTried(Event):
    """The trial that `caused_by` requested: whether models of this base can be had and registered.

    None is undecided: the trial was interrupted, or no server responds. `reason` and `remedy` are
    those of a failed step. `server` with its version, if one was asked.
    """

    type: Literal["BaseTried"] = "BaseTried"
    base_model: str
    fits: bool | None
    registers: bool | None
    reason: str = ""
    remedy: str = ""
    server: str = ""
    server_version: str | None = None
    seconds: float


class ModelRefused(Event):
    type: Literal["ModelRefused"] = "ModelRefused"
    run_id: str
    reason: str
    parity: Parity | None = None
    tried: tuple[FormatTried, ...] = ()
    served: ServedParity | None = None
