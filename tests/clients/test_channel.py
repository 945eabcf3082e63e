"""What a channel does with each answer of the server."""

import time
from collections.abc import Callable, Sequence

import pytest
from pydantic_core import from_json

from ratchet_client.answers import Answered, NotNow, TooMuch, read_answer
from ratchet_client.channel import MOST_ITEMS, Channel
from ratchet_client.dropped import DroppedEvent, DropReason, FieldProblem
from ratchet_client.events import EventKind, WaitingEvent
from ratchet_client.reports import Reports
from ratchet_client.spooling.spool import MemorySpool
from ratchet_client.tally import Tally

PROBLEM = FieldProblem("rating", "Input should be 'up' or 'down'")
Sent = list[str]
"""The query ids of one request."""


class Server:
    """Answers with the results of `answer` and remembers what was sent."""

    def __init__(self, answer: Callable[[Sent], Answered | TooMuch | NotNow]) -> None:
        self.requests: list[Sent] = []
        self._answer = answer

    def post(self, path: str, body: bytes, sent: int) -> Answered | TooMuch | NotNow:
        ids = [item["query_id"] for item in from_json(body)]
        assert (path, sent) == ("/v1/feedback", len(ids))
        self.requests.append(ids)
        return self._answer(ids)


class Sending:
    """A channel with events that wait, and what was reported of them."""

    def __init__(self, server: Server, ids: Sequence[str], at: int | None = None) -> None:
        self.tally = Tally()
        self.dropped: list[DroppedEvent] = []
        reports = Reports(self.tally, "http://server", self.dropped.append)
        self.channel = Channel(EventKind.FEEDBACK, [MemorySpool(1 << 20)], server.post, reports)
        for query_id in ids:
            content = b'{"query_id":"%b","rating":"up"}' % query_id.encode()
            assert self.channel.keep(WaitingEvent(at or int(time.time()), content).line)

    def until_sent(self, rounds: int = 100) -> None:
        for _ in range(rounds):
            if not self.channel.waiting:
                return
            self.channel.hurry()
            self.channel.send()
        raise AssertionError(f"{self.channel.waiting} wait after {rounds} rounds")

    @property
    def dropped_ids(self) -> list[tuple[object, DropReason]]:
        return [(event.fields["query_id"], event.reason) for event in self.dropped]


def test_a_refused_item_is_dropped_once_and_its_neighbours_are_accepted():
    def answer(ids: Sent) -> Answered:
        return Answered({ids.index("bad"): (PROBLEM,)} if "bad" in ids else {})

    server = Server(answer)
    sending = Sending(server, ["q-1", "bad", "q-3"])
    sending.until_sent()
    assert server.requests == [["q-1", "bad", "q-3"]]
    assert sending.dropped_ids == [("bad", DropReason.REFUSED)]
    assert sending.dropped[0].problems == (PROBLEM,)
    assert sending.tally.counts(0).accepted == 2


def test_a_body_that_is_refused_as_a_whole_is_divided_until_its_item_is_found():
    server = Server(lambda ids: TooMuch("HTTP 413") if "bad" in ids else Answered({}))
    names = [f"q-{number}" for number in range(20)]
    sending = Sending(server, [*names, "bad", "last"])
    sending.until_sent()
    assert sending.dropped_ids == [("bad", DropReason.REFUSED)]
    accepted = [query_id for ids in server.requests if "bad" not in ids for query_id in ids]
    assert accepted == [*names, "last"]


def test_items_that_a_refusal_does_not_name_are_sent_again():
    def answer(ids: Sent) -> Answered:
        if "bad" in ids:
            bad = ids.index("bad")
            return Answered({bad: (PROBLEM,)}, unnamed=frozenset(range(len(ids))) - {bad})
        return Answered({})

    server = Server(answer)
    sending = Sending(server, ["q-1", "bad", "q-2"])
    sending.until_sent()
    assert server.requests == [["q-1", "bad", "q-2"], ["q-1", "q-2"]]
    assert sending.tally.counts(0).accepted == 2


def test_an_event_that_the_server_fails_on_does_not_keep_the_others_waiting():
    crashes = 12

    def answer(ids: Sent) -> Answered | NotNow:
        nonlocal crashes
        if "bad" in ids and crashes:
            crashes -= 1
            return NotNow("HTTP 500", crashed=True)
        return Answered({})

    server = Server(answer)
    sending = Sending(server, ["q-1", "bad", "q-2", "q-3"])
    for _ in range(200):
        sending.channel._due = 0.0
        sending.channel.send()
    order = [query_id for ids in server.requests if "bad" not in ids for query_id in ids]
    assert sorted(order) == ["q-1", "q-2", "q-3"]
    assert (sending.channel.waiting, sending.dropped) == (0, [])


def test_a_failure_is_retried_later_each_time():
    sending = Sending(Server(lambda ids: NotNow("HTTP 503")), ["q-1"])
    pauses = []
    for _ in range(12):
        sending.channel._due = 0.0
        pauses.append(sending.channel.send())
    assert 0.2 <= pauses[0] <= 0.5
    assert all(pause <= 30 for pause in pauses)
    assert pauses[-1] >= 14
    assert sending.tally.counts(1).problems == {EventKind.FEEDBACK: "HTTP 503"}


def test_retry_after_is_respected():
    sending = Sending(Server(lambda ids: NotNow("HTTP 429", after_s=42.0)), ["q-1"])
    assert 41 < sending.channel.send() <= 42


def test_an_event_that_the_server_may_have_forgotten_is_not_sent():
    server = Server(lambda ids: Answered({}))
    sending = Sending(server, ["old"], at=int(time.time()) - 29 * 86_400)
    sending.until_sent()
    assert server.requests == []
    assert sending.tally.counts(0).dropped == {DropReason.EXPIRED: 1}


def test_a_time_that_the_client_added_is_removed_if_the_server_refuses_it():
    """A computer whose clock is ahead would lose all events otherwise."""
    times = FieldProblem("occurred_at", "is 3600 s ahead"), FieldProblem("timestamp", "is ahead")
    bodies: list[dict[str, object]] = []

    def post(path: str, body: bytes, sent: int) -> Answered:
        items = from_json(body)
        bodies.extend(items)
        return Answered({i: times for i, item in enumerate(items) if "occurred_at" in item})

    tally, dropped = Tally(), []
    reports = Reports(tally, "http://server", dropped.append)
    channel = Channel(EventKind.EXPERIENCES, [MemorySpool(1 << 20)], post, reports)
    at = "2026-03-01T08:00:00+00:00"
    own = b'{"query_id":"own","occurred_at":"%b","timestamp":"%b"}' % (at.encode(), at.encode())
    given = b'{"query_id":"given","occurred_at":"%b","timestamp":"2031"}' % at.encode()
    for content in (own, given):
        channel.keep(WaitingEvent(int(time.time()), content).line)
    channel.send()
    channel.send()
    assert bodies[2:] == [{"query_id": "own"}, {"query_id": "given", "timestamp": "2031"}]
    assert (channel.waiting, dropped, tally.counts(0).accepted) == (0, [], 2)


def test_a_batch_has_at_most_500_events():
    server = Server(lambda ids: Answered({}))
    sending = Sending(server, [f"q-{number}" for number in range(1_200)])
    sending.until_sent()
    assert [len(ids) for ids in server.requests] == [MOST_ITEMS, MOST_ITEMS, 200]


BOTH_BAD = (
    b'{"detail": "x", "problems": [{"index": 0, "field": "rating", "message": "m"},'
    b' {"index": 1, "field": "rating", "message": "m"}]}'
)


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (202, b'{"accepted": 2, "repeated": 1, "problems": []}', Answered({}, repeated=1)),
        (202, b'{"accepted": 1, "problems": []}', NotNow("HTTP 202 for 1 of 2 events")),
        (
            202,
            b'{"accepted": 1, "problems": [{"index": 1, "field": "rating", "message": "m"}]}',
            Answered({1: (FieldProblem("rating", "m"),)}),
        ),
        (200, b"<html>Welcome to the guest network</html>", NotNow("HTTP 200")),
        (202, b"<html>", NotNow("HTTP 202")),
        (302, b"", NotNow("HTTP 302")),
        (
            422,
            BOTH_BAD,
            Answered({0: (FieldProblem("rating", "m"),), 1: (FieldProblem("rating", "m"),)}),
        ),
        (422, b'{"detail": "not JSON", "problems": []}', TooMuch("HTTP 422: not JSON")),
        (413, b"", TooMuch("HTTP 413")),
        (401, b'{"detail": "no valid key"}', NotNow("HTTP 401: no valid key")),
        (404, b"", NotNow("HTTP 404")),
        (429, b"", NotNow("HTTP 429", after_s=7.0)),
        (500, b"", NotNow("HTTP 500", after_s=7.0, crashed=True)),
        (503, b"", NotNow("HTTP 503", after_s=7.0)),
    ],
)
def test_an_answer_of_the_server_is_read(
    status: int, body: bytes, expected: Answered | TooMuch | NotNow
):
    headers = {"retry-after": "7"} if status >= 429 else {}
    assert read_answer(status, headers, body, 2) == expected
