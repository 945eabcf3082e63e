"""The trial of the base model by the exporter: when it is requested, and whether a run may start.

A base whose models cannot be exported or registered would cost a whole run to find out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ratchet.contract import BaseTried, derived_id
from trainer.domain.runs.ages import Ages


@dataclass(frozen=True)
class BaseIdentity:
    """The base as it is now: another `revision` or `chat_template` is another base.

    A `chat_template` replaces the base's own. `revision` is None where it is not known.
    """

    base_model: str
    revision: str | None = None
    chat_template: str | None = None

    @property
    def key(self) -> str:
        return derived_id(self.base_model, self.revision or "", self.chat_template or "")


@dataclass(frozen=True)
class RequestedTrial:
    """`result` is None until the exporter's arrived, at `answered_at`."""

    event_id: str
    requested_at: datetime
    result: BaseTried | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True)
class TrialStanding:
    """`unknown` holds no run up: the exporter may be down, or its trial was interrupted."""

    state: Literal["passed", "failed", "awaited", "unknown"]
    reason: str


def due_request(
    trials: Sequence[RequestedTrial],
    base: BaseIdentity,
    ages: Ages,
    retry_s: float,
) -> str | None:
    """The id of the request to publish now, None if none is due.

    `trials` are those of `base`, oldest first. One that did not pass is repeated after a start of
    the trainer, with which `ages` began, and `retry_s` after its result. The same situation has
    the same id.
    """
    if not trials:
        return derived_id("trial", base.key)
    last = trials[-1]
    if last.result is None or last.answered_at is None or _passed(last.result):
        return None
    if ages.since_s(last.answered_at) < min(retry_s, ages.uptime_s):
        return None
    return derived_id("trial", base.key, last.event_id)


def standing(
    trials: Sequence[RequestedTrial], base: BaseIdentity, ages: Ages, limit_s: float
) -> TrialStanding:
    """The last result, until there is a newer one; the first is awaited for `limit_s`."""
    results = [trial.result for trial in trials if trial.result is not None]
    if results:
        return _of_result(results[-1])
    waited_s = ages.since_s(trials[0].requested_at) if trials else 0.0
    if waited_s < limit_s:
        reason = f"waits for the trial of the base {base.base_model} by the exporter"
        return TrialStanding("awaited", reason)
    reason = f"the exporter has not tried the base within {limit_s:g} s: see its /status"
    return TrialStanding("unknown", reason)


def _of_result(result: BaseTried) -> TrialStanding:
    name = result.base_model
    if _passed(result):
        where = " ".join(filter(None, (result.server, result.server_version))) or "no server"
        reason = f"a model of the base {name} was exported and tried with {where}"
        return TrialStanding("passed", reason)
    why = f"{result.reason}: {result.remedy}" if result.remedy else result.reason
    if result.fits is False or result.registers is False:
        return TrialStanding("failed", f"the trial of the base {name} failed: {why}")
    return TrialStanding("unknown", f"the trial of the base {name} was interrupted: {why}")


def _passed(result: BaseTried) -> bool:
    """A server that is not there decides nothing, and is no reason to try again."""
    return result.fits is True and (result.registers is True or not result.reason)
