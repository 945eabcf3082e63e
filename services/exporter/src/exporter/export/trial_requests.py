"""Handles `BaseTrialRequested`: tries the base and publishes the result.

A trial has no lasting effect besides its result, whose id derives from the request: a redelivery
after a kill tries again.
"""

import logging
import time
from dataclasses import dataclass

from exporter.domain.trial import Trial
from exporter.export.base_trial import BaseTrial
from ratchet.contract import BaseTrialRequested, BaseTried, Done, Outcome, derived_id, utc_now

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrialRequests:
    trial: BaseTrial

    async def handle(self, request: BaseTrialRequested) -> Outcome:
        began = time.monotonic()
        trial = await self.trial.run(request.base_model, request.chat_template)
        result = tried(request, trial, round(time.monotonic() - began, 1))
        _log.info(
            "tried %s in %.0f s: %s", request.base_model, result.seconds, result.reason or "ok"
        )
        return Done(emits=(result,))


def tried(request: BaseTrialRequested, trial: Trial, seconds: float) -> BaseTried:
    """The result of `trial`: undecided where another attempt may end otherwise."""
    failed = trial.failed
    undecided = failed is not None and failed.transient
    registration = trial.check("trial registration")
    fits = failed is None or failed is registration
    return BaseTried(
        event_id=derived_id(request.event_id, "tried"),
        occurred_at=utc_now(),
        caused_by=request.event_id,
        base_model=request.base_model,
        fits=None if undecided and not fits else fits,
        registers=_decided(registration.level) if not undecided else None,
        reason=failed.found if failed else "",
        remedy=failed.mend if failed else "",
        server=registration.server,
        server_version=registration.version,
        seconds=seconds,
    )


def _decided(level: str) -> bool | None:
    return {"ok": True, "fail": False}.get(level)
