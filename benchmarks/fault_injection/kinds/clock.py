"""Clocks that are wrong: of a producer, and of the machine while the system runs."""

from datetime import UTC, datetime, timedelta
from functools import partial

from fault_injection.kinds.fault import Fault
from fault_injection.load import Item, Load
from fault_injection.system import System

from ratchet.contract import derived_id
from simulator.turn import Call

_HOUR_S = 3600
_YEAR = timedelta(days=365)
_AHEAD_S = 15.0
_ITEMS = 20


async def _send_from_ahead(load: Load, system: System) -> None:
    """Answers and ratings of other questions, so that they make no examples.

    The intake refuses each and names the time; the producer sends them again when its clock is
    right.
    """
    now = datetime.now(UTC)
    items = [
        Item(derived_id("ahead", f"{path} {number}"), _call(path, number, now + _YEAR))
        for number in range(_ITEMS)
        for path in ("/v1/experiences", "/v1/feedback")
    ]
    await load.send(*items)
    if not all(item.refused == "422" for item in items):
        raise RuntimeError("the intake accepted a time that is a year ahead")
    for number, item in enumerate(items):
        item.refused, item.call = "", _call(item.call.path, number, now)
    await load.send(*items)


def _call(path: str, number: int, at: datetime) -> Call:
    if path == "/v1/feedback":
        return Call(at, path, {"query_id": f"ahead-rating-{number}", "rating": "up"})
    answer = {"query_id": f"ahead-answer-{number}", "timestamp": at.isoformat()}
    return Call(at, path, {**answer, "voice_response": "Pump 001 draws 45 kW."})


async def _set_clock(seconds: int, system: System) -> None:
    system.clock.set_ahead(seconds)


async def _set_right(system: System) -> None:
    """As documented: set the clock, then repair what it left behind."""
    system.clock.set_ahead(0)
    await system.until_well()
    redis_url = system.embedded.redis_url
    await system.command("repair", "clock", "--yes", "--deadline", "500", "--redis-url", redis_url)


def clock_faults(load: Load) -> list[Fault]:
    jumps = {
        "an hour ahead": _HOUR_S,
        "an hour behind": -_HOUR_S,
        "a year ahead": int(_YEAR.total_seconds()),
    }
    return [
        Fault("a producer's clock a year ahead", partial(_send_from_ahead, load)),
        *(
            Fault(
                f"the machine's clock {name} for {_AHEAD_S:.0f} s",
                partial(_set_clock, seconds),
                _AHEAD_S,
                _set_right,
                needs_clock=True,
                handles_again=True,
            )
            for name, seconds in jumps.items()
        ),
    ]
