"""A flush waits for all that was recorded before it, and for nothing else."""

import time

from ratchet_client.answers import Answered
from ratchet_client.channel import Channel
from ratchet_client.dropped import FieldProblem
from ratchet_client.events import EventKind, WaitingEvent
from ratchet_client.reports import Reports
from ratchet_client.spooling.spool import MemorySpool
from ratchet_client.tally import Tally

AHEAD = (FieldProblem("occurred_at", "is ahead"),)


def channel_with(*answers: Answered) -> Channel:
    """A channel whose requests get the answers in turn."""
    left = iter(answers)
    reports = Reports(Tally(), "http://server", None)
    spool = MemorySpool(1 << 20)
    return Channel(EventKind.FEEDBACK, [spool], lambda *_: next(left), reports)


def record(channel: Channel, count: int) -> None:
    for _ in range(count):
        content = b'{"query_id":"q-1","occurred_at":"2026-03-01T08:00:00Z"}'
        assert channel.keep(WaitingEvent(int(time.time()), content).line)


def test_it_does_not_wait_for_what_is_recorded_afterwards():
    channel = channel_with(Answered({}), Answered({}))
    record(channel, 500)
    is_reached = channel.goal()
    record(channel, 10)
    assert not is_reached()
    channel.send()
    assert is_reached()
    assert channel.waiting == 10


def test_it_waits_for_events_that_are_sent_again():
    channel = channel_with(Answered({0: AHEAD}), Answered({}))
    record(channel, 2)
    is_reached = channel.goal()
    channel.send()
    assert not is_reached()
    channel.send()
    assert is_reached()


def test_what_is_settled_while_it_begins_shortens_no_wait():
    """The sum of settled and waiting events is taken at one moment."""
    channel = channel_with(Answered({}), Answered({}))
    record(channel, 1_000)
    spool = channel._spools[0]
    settle = spool.settle

    def settle_slowly(lines: list[bytes]) -> None:
        assert channel._settling.locked()
        settle(lines)

    spool.settle = settle_slowly  # type: ignore[method-assign, assignment]
    is_reached = channel.goal()
    channel.send()
    assert not is_reached()
    channel.send()
    assert is_reached()
