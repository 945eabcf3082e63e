"""The spool: what waits for Redis, and what a killed process left."""

import os
from collections import Counter
from pathlib import Path

import pytest

from gateway.spool.spool import CallSpool
from ratchet.service import StartRefused

RECORD = b'{"text": "a record of a call"}'


class OneSpool:
    """A spool in `folder`, and the lost calls that it reported."""

    def __init__(self, folder: Path, most_bytes: int = 1 << 20) -> None:
        self.lost: Counter[str] = Counter()
        self.spool = CallSpool(folder, most_bytes, lambda reason, n: self.lost.update({reason: n}))

    def call(self, name: str, record: bytes = RECORD) -> bool:
        began = self.spool.begin(name)
        if began:
            self.spool.record(name, record)
        return began

    def publish_all(self) -> list[bytes]:
        published: list[bytes] = []
        while records := self.spool.read():
            assert records == self.spool.read(), "the same until they are published"
            published += records
            self.spool.published()
        self.spool.published()
        return published

    def die(self) -> None:
        """As a kill does: nothing is written, and the system closes the files."""
        self.spool.close()


def test_records_come_in_their_order_and_leave_nothing(tmp_path: Path):
    one = OneSpool(tmp_path)
    records = [b'{"n": %d}' % number for number in range(100)]
    for number, record in enumerate(records):
        one.call(f"c{number}", record)
    assert one.spool.size > 0
    assert one.publish_all() == records
    assert (one.spool.size, list(tmp_path.glob("*.calls"))) == (0, [])
    assert one.lost == {}


def test_a_call_in_progress_survives_the_removal_of_its_file(tmp_path: Path):
    one = OneSpool(tmp_path)
    one.spool.begin("long")
    one.call("short")
    assert one.publish_all() == [RECORD]
    one.die()
    assert OneSpool(tmp_path).lost == {"killed": 1}


def test_calls_without_a_record_leave_nothing(tmp_path: Path):
    one = OneSpool(tmp_path)
    one.spool.begin("killed")
    one.die()
    again = OneSpool(tmp_path)
    again.spool.begin("a")
    again.spool.lose("a", "encoding")
    assert again.publish_all() == []
    assert again.spool.size == 0
    again.spool.begin("long")
    again.publish_all()
    files = list(tmp_path.glob("*.calls"))
    again.publish_all()
    assert list(tmp_path.glob("*.calls")) == files, "a call in progress makes no new files"
    again.die()
    assert OneSpool(tmp_path).lost == {"killed": 2, "encoding": 1}


def test_a_call_that_ended_in_a_later_file_is_not_lost(tmp_path: Path):
    one = OneSpool(tmp_path)
    one.spool.begin("long")
    one.call("short")
    one.publish_all()
    one.spool.record("long", RECORD)
    one.die()
    again = OneSpool(tmp_path)
    assert (again.lost, again.publish_all()) == ({}, [RECORD])


def test_what_a_kill_left_is_published_and_what_it_cut_is_counted_once(tmp_path: Path):
    one = OneSpool(tmp_path)
    one.call("a")
    one.spool.begin("b")
    one.spool.begin("c")
    one.spool.lose("c", "too_large")
    one.die()
    (file,) = tmp_path.glob("*.calls")
    with file.open("ab") as torn:
        torn.write(b'call b {"text": "a rec')
    for _ in range(3):
        again = OneSpool(tmp_path)
        assert again.lost == {"killed": 1, "too_large": 1}
        again.die()
    again = OneSpool(tmp_path)
    assert again.publish_all() == [RECORD]
    again.die()
    last = OneSpool(tmp_path)
    assert (last.lost, last.publish_all()) == ({"killed": 1, "too_large": 1}, [])


def test_a_killed_publisher_repeats_and_does_not_skip(tmp_path: Path):
    one = OneSpool(tmp_path)
    for number in range(40):
        one.call(f"c{number}", b"%d" % number)
    first = one.spool.read()
    one.spool.published()
    one.die()
    again = OneSpool(tmp_path).publish_all()
    assert first + again[len(first) :] == [b"%d" % number for number in range(40)]


def test_a_full_spool_drops_and_counts(tmp_path: Path):
    one = OneSpool(tmp_path, most_bytes=4_000)
    began = [one.call(f"c{number}") for number in range(200)]
    assert one.spool.size <= 4_000 + 100
    kept = len(one.publish_all())
    assert kept + one.lost["spool_full"] == 200
    assert 0 < kept < 100 < began.count(False)
    assert one.call("afterwards"), "there is room again"
    one.die()
    again = OneSpool(tmp_path, most_bytes=4_000)
    assert again.lost == one.lost, "the count outlives the process"


def test_a_disk_that_cannot_be_written_drops_and_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    one = OneSpool(tmp_path)
    one.call("a")
    one.spool.begin("b")
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[:3]))
    assert not one.call("c")
    one.spool.record("b", RECORD)
    monkeypatch.undo()
    one.call("d")
    assert one.lost == {"disk": 2}
    assert one.publish_all() == [RECORD, RECORD]
    one.die()
    assert OneSpool(tmp_path).lost == {"disk": 2}


@pytest.mark.parametrize(
    "damaged", [b"", b"[]", b'{"counted": "x", "lost": {"error": "x"}}', b'{"lost": 3}', b"\xff"]
)
def test_a_damaged_line_of_the_count_is_left_out(tmp_path: Path, damaged: bytes):
    one = OneSpool(tmp_path)
    one.spool.miss("error")
    one.die()
    with (tmp_path / "lost").open("ab") as file:
        file.write(damaged + b"\n")
    again = OneSpool(tmp_path)
    again.spool.miss("error")
    again.die()
    assert OneSpool(tmp_path).lost == {"error": 2}


@pytest.mark.parametrize("name", ["00000001.calls", "lost"])
def test_a_directory_in_the_place_of_a_file_is_put_aside(tmp_path: Path, name: str):
    (tmp_path / name).mkdir()
    one = OneSpool(tmp_path)
    one.call("a")
    assert (one.publish_all(), one.lost) == ([RECORD], {})
    assert [path.name for path in tmp_path.glob("*.damaged")] == [f"{Path(name).stem}.damaged"]


def test_a_second_gateway_in_the_same_folder_does_not_start(tmp_path: Path):
    one = OneSpool(tmp_path)
    with pytest.raises(StartRefused, match="RATCHET_CONSUMER_NAME"):
        OneSpool(tmp_path)
    one.die()
    OneSpool(tmp_path)
