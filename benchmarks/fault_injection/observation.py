"""Injects one fault after another, and finds out what it left behind."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field

from fault_injection.application_calls import ApplicationCalls
from fault_injection.audit import Findings, audit_effects, audit_intake
from fault_injection.kinds.fault import Fault
from fault_injection.load import Load
from fault_injection.system import System
from redis.exceptions import RedisError

from ratchet_testing.eventually import eventually

_CALM_S = 2.0
_FAILURES = (RuntimeError, TimeoutError, OSError, RedisError)
"""What a fault, its repair or an audit may end with; the run goes on with the next fault."""


@dataclass(frozen=True)
class Outcome:
    """`seen` counts the client's answers from the fault until the system was well again.

    `slowest` and `median` are the items that got 202 in a second of that time. `recovery_s` counts
    from the end of the fault. `put_right` is what the documented repair includes, `failure` what
    did not work.
    """

    fault: str
    seen: Counter[str]
    slowest: int = 0
    median: int = 0
    recovery_s: float | None = None
    findings: Findings = field(default_factory=Findings)
    put_right: str = ""
    failure: str = ""

    @property
    def recovery(self) -> str:
        if self.recovery_s is None:
            return "not without a restart"
        return f"{self.recovery_s:.1f} s"

    @property
    def answers(self) -> str:
        return ", ".join(f"{kind}: {number}" for kind, number in sorted(self.seen.items()))

    @property
    def notes(self) -> str:
        return "; ".join(filter(None, (self.put_right, self.failure)))


@dataclass
class Observation:
    """`repaired` is whether a `ratchet repair` ran so far; `handled_again` are the facts that it
    appended a second time, for reward.
    """

    system: System
    load: Load
    calls: ApplicationCalls
    repaired: bool = False
    handled_again: set[str] = field(default_factory=set)

    async def observe(self, fault: Fault) -> Outcome:
        await asyncio.sleep(_CALM_S)
        second, failures = self.load.restart_count(), []
        self.repaired |= fault.sets_redis_back or fault.handles_again
        for step in (fault.inject, fault.repair):
            try:
                await step(self.system)
            except _FAILURES as error:
                failures.append(f"{type(error).__name__}: {error}")
            if step is fault.inject:
                await asyncio.sleep(fault.lasts_s)
        return await self.after(fault, second, "; ".join(failures))

    async def after(self, fault: Fault, second: int, failure: str = "") -> Outcome:
        """`second` is when the fault began. A system that stays unwell is started again."""
        began = time.monotonic()
        recovery_s: float | None = None
        findings, put_right = Findings(), ""
        try:
            if await self._is_well():
                recovery_s = time.monotonic() - began
            findings, put_right = await self._audited(fault)
        except _FAILURES as error:
            failure = f"{failure} {type(error).__name__}: {error}".strip()
        load = self.load
        rates = sorted(load.per_second[s] for s in range(second, load.second())) or [0]
        least, median = rates[0], rates[len(rates) // 2]
        return Outcome(
            fault.name, load.seen, least, median, recovery_s, findings, put_right, failure
        )

    async def _is_well(self) -> bool:
        try:
            await self.system.until_well()
        except TimeoutError:
            await self.system.stop()
            await self.system.start()
            await self.system.until_well()
            return False
        return True

    async def _audited(self, fault: Fault) -> tuple[Findings, str]:
        """What is wrong once the producer has sent again what is missing, as documented."""
        async with self.system.redis() as redis:
            items, notes = self.load.items, []
            found = await audit_intake(redis, list(items), self.handled_again)
            if fault.sets_redis_back:
                before = len(self.calls.gone)
                await self.calls.note_gone(redis)
                missing = [item for item in list(items) if item.event_id in set(found.lost)]
                await self.load.send(*missing)
                gone = len(self.calls.gone) - before
                notes.append(f"{len(missing)} items sent again, {gone} calls gone")
                found = await audit_intake(redis, list(items), self.handled_again)
            if fault.handles_again and found.doubled:
                self.handled_again |= set(found.doubled)
                notes.append(f"{len(found.doubled)} facts handled again")
                found = await audit_intake(redis, list(items), self.handled_again)
        return found, ", ".join(notes)

    async def settled(self) -> Findings:
        """The effects once they are complete, or what is still wrong with them after a while."""
        findings = Findings()

        async def complete() -> bool:
            nonlocal findings
            async with self.system.redis() as redis:
                findings = await audit_effects(
                    redis, self.system.data_dir, self.load.items, self.repaired
                )
            return not findings.lost and not findings.doubled

        try:
            await eventually(complete, 90, pause_s=2)
        except TimeoutError:
            return findings
        return findings
