"""A Redis that does not respond is one log line of a service, however many loops meet it."""

import logging
from typing import Any

import pytest
from redis.exceptions import BusyLoadingError, ConnectionError, ResponseError, TimeoutError

from ratchet.processes import OneLineOfAnOutage, every

AWAY = ConnectionError("Error 111 connecting to 127.0.0.1:6379")


def record(at: float, error: Exception | None = None, **extra: Any) -> logging.LogRecord:
    exc_info = None if error is None else (type(error), error, None)
    made = logging.LogRecord("n", logging.ERROR, "f", 1, "fetch error", None, exc_info)
    made.created = at
    made.__dict__.update(extra)
    return made


def test_thirty_readers_make_one_line_without_a_traceback():
    once = OneLineOfAnOutage()
    lines = [one for one in (record(100.0 + n, AWAY) for n in range(30)) if once.filter(one)]
    assert [(one.getMessage(), one.exc_info, one.levelname) for one in lines] == [
        (f"Redis cannot be used: {AWAY}", None, "WARNING")
    ]


def test_a_full_disk_of_redis_is_an_outage_too():
    once = OneLineOfAnOutage()
    full = ResponseError("MISCONF Errors writing to the AOF file: No space left on device")
    lines = [one for one in (record(100.0 + n, full) for n in range(30)) if once.filter(one)]
    assert [one.getMessage() for one in lines] == [f"Redis cannot be used: {full}"]


def test_a_long_outage_has_a_line_a_minute_and_its_end_one():
    once = OneLineOfAnOutage()
    passed = [at for at in range(0, 600, 5) if once.filter(record(1000.0 + at, AWAY))]
    assert passed == list(range(0, 600, 60))
    ends = [record(1600.0 + at, outage="") for at in (0, 1)]
    assert [one.getMessage() for one in ends if once.filter(one)] == ["Redis can be used again"]
    assert once.filter(record(1602.0, AWAY)), "the next outage is told at once"


@pytest.mark.parametrize("error", [ResponseError("WRONGTYPE"), BusyLoadingError("l"), OSError(28)])
def test_other_errors_are_logged_as_they_are(error: Exception):
    once = OneLineOfAnOutage()
    one = record(100.0, error)
    assert once.filter(one) and once.filter(one)
    assert (one.getMessage(), one.levelname) == ("fetch error", "ERROR")
    assert one.exc_info is not None


async def test_a_loop_marks_an_outage_and_its_end(caplog: pytest.LogCaptureFixture):
    steps: list[Exception | None] = [TimeoutError("slow"), None, OSError(28, "full"), None]

    class Stopped(Exception):
        pass

    async def step() -> None:
        if not steps:
            raise Stopped
        error = steps.pop(0)
        if error is not None:
            raise error

    with pytest.raises(Stopped):
        await every(0, step, "examples are not claimed")
    marked = [getattr(one, "outage", None) for one in caplog.records]
    assert marked == ["slow", "", None, None]
