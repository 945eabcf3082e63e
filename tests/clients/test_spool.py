"""What waits in a spool is read in order until it is settled, also by a later process."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_client import Ratchet
from ratchet_client.events import EventKind, WaitingEvent
from ratchet_client.spooling.folder import SpoolFolder
from ratchet_client.spooling.spool import MemorySpool
from ratchet_client.spooling.spools import Spools, open_folder

from ..deploy.small_disk import separate_disk


class Lost:
    """Counts lost lines."""

    count = 0

    def add(self, count: int) -> None:
        self.count += count


def disk(root: Path, most_bytes: int = 1 << 20, lost: Lost | None = None) -> Spools:
    return Spools(SpoolFolder(root), most_bytes, (lost or Lost()).add)


def all_lines(spools: Spools, kind: EventKind = EventKind.FEEDBACK) -> list[bytes]:
    """Read and settle everything on disk."""
    spool = spools.of(kind)[0]
    found: list[bytes] = []
    while lines := spool.read(3, 1 << 20):
        spool.settle(lines)
        found += lines
    assert spool.waiting == 0
    return found


def line(number: int, size: int = 0) -> bytes:
    return WaitingEvent(number, b'{"n":"%b"}' % (b"x" * size)).line


@given(
    st.lists(
        st.one_of(
            st.integers(0, 400).map(lambda size: ("append", size)),
            st.integers(1, 5).map(lambda count: ("settle", count)),
            st.just(("restart", 0)),
        ),
        max_size=40,
    )
)
def test_lines_are_read_in_order_and_once_settled_are_gone(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
):
    root = tmp_path_factory.mktemp("spool")
    spools = disk(root, 8_000)
    expected: list[bytes] = []
    settled: list[bytes] = []
    for number, (step, size) in enumerate(steps):
        spool = spools.of(EventKind.FEEDBACK)[0]
        if step == "append":
            new = line(number, size)
            if spool.append(new):
                expected.append(new)
        elif step == "settle" and (lines := spool.read(size, 1_000)):
            spool.settle(lines)
            settled += lines
            expected = [each for each in expected if each not in lines]
        elif step == "restart":
            spools.close()
            spools = disk(root, 8_000)
    found = all_lines(spools)
    # Of a file that was settled in part, a restart reads the settled lines again.
    assert [each for each in found if each in expected] == expected
    assert set(found) <= set(expected) | set(settled)
    spools.close()
    assert list(root.iterdir()) == []


def test_a_spool_without_room_takes_no_line_and_keeps_the_others(tmp_path: Path):
    for spool in (disk(tmp_path, 100).of(EventKind.FEEDBACK)[0], MemorySpool(100)):
        kept = [spool.append(line(number, 30)) for number in range(5)]
        assert kept == [True, True, False, False, False]
        spool.settle(spool.read(1, 1_000))
        assert spool.append(line(9, 30))
        assert spool.waiting == 2


def test_lines_of_a_running_process_are_left_to_it(tmp_path: Path):
    first = disk(tmp_path)
    first.of(EventKind.FEEDBACK)[0].append(line(1))
    second = disk(tmp_path)
    assert all_lines(second) == []
    assert all_lines(first) == [line(1)]


def test_a_closed_spool_leaves_its_files_to_the_next_process(tmp_path: Path):
    """A batch may still be on its way when the client is closed."""
    spools = disk(tmp_path)
    spool = spools.of(EventKind.FEEDBACK)[0]
    spool.append(line(1))
    on_its_way = spool.read(10, 1_000)
    spools.close()
    later = disk(tmp_path)
    spool.settle(on_its_way)
    with pytest.raises(OSError, match="closed"):
        spool.append(line(2))
    assert spool.read(10, 1_000) == []
    assert all_lines(later) == [line(1)]


def test_files_with_other_names_are_left_alone(tmp_path: Path):
    spools = disk(tmp_path)
    spools.of(EventKind.FEEDBACK)[0].append(line(1))
    [folder] = tmp_path.iterdir()
    spools.close()
    (folder / "pictures-1.lines").touch()
    assert all_lines(disk(tmp_path)) == [line(1)]
    assert (folder / "pictures-1.lines").exists()


def test_a_line_that_was_cut_off_is_recognized(tmp_path: Path):
    spools = disk(tmp_path)
    spools.of(EventKind.FEEDBACK)[0].append(line(1))
    spools.close()
    [file] = tmp_path.glob("*/*.lines")
    with file.open("ab") as opened:
        opened.write(line(2)[:-4])
    found = all_lines(disk(tmp_path))
    assert [WaitingEvent.of(each) for each in found] == [WaitingEvent(1, b'{"n":""}'), None]


@pytest.mark.parametrize(
    "damaged", [b"", b"\n", b"\0\0\0\n", b"12 {\n", b'x {"n":1}\n', b"12 [1]\n"]
)
def test_a_damaged_line_is_no_event(damaged: bytes):
    assert WaitingEvent.of(damaged) is None


def test_lines_of_a_file_that_was_removed_are_counted_as_lost(tmp_path: Path):
    lost = Lost()
    spools = disk(tmp_path, lost=lost)
    spool = spools.of(EventKind.FEEDBACK)[0]
    for number in range(3):
        spool.append(line(number))
    for file in tmp_path.glob("*/*.lines"):
        file.unlink()
    assert spool.read(10, 1_000) == []
    assert (lost.count, spool.waiting) == (3, 0)
    assert spool.append(line(4))
    assert all_lines(spools) == [line(4)]


def test_files_are_readable_by_their_owner_only(tmp_path: Path):
    spools = disk(tmp_path / "spool")
    spools.of(EventKind.FEEDBACK)[0].append(line(1))
    for path in [tmp_path / "spool", *(tmp_path / "spool").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("place", ["/proc/no/such", "below a file"])
def test_without_a_directory_events_wait_in_memory(tmp_path: Path, place: str):
    file = tmp_path / "file"
    file.touch()
    folder = open_folder(place if place.startswith("/") else file / "spool", "http://server")
    assert folder is None
    [memory] = Spools(folder, 1_000, Lost().add).of(EventKind.FEEDBACK)
    assert memory.append(line(1))


def test_the_default_directory_is_the_users_and_differs_by_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    one, other = open_folder("", "http://one"), open_folder("", "http://other")
    assert one is not None
    assert other is not None
    assert one.path.parent.parent == other.path.parent.parent == tmp_path / "ratchet-client"
    assert one.path.parent != other.path.parent


def test_a_line_that_the_disk_cannot_take_waits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    spools = disk(tmp_path)
    first, memory = spools.of(EventKind.FEEDBACK)
    first.append(line(1))
    monkeypatch.setattr(os, "write", lambda file, data: 3)
    with pytest.raises(OSError, match="no space"):
        first.append(line(2))
    monkeypatch.undo()
    assert memory.append(line(2))
    assert first.append(line(3))
    assert all_lines(spools) == [line(1), line(3)]


def test_on_a_full_disk_events_wait_in_memory_and_later_on_disk_again(tmp_path: Path):
    with separate_disk(tmp_path / "disk") as small:
        if small is None:
            pytest.skip("mounting a tmpfs is not permitted")
        client = Ratchet("http://127.0.0.1:9", spool=tmp_path / "disk" / "spool")
        client.record(query_id="before", transcript="power?")
        small.fill()
        for number in range(200):
            client.record(query_id=f"full-{number}", transcript="x" * 2_000)
        (tmp_path / "disk" / "filler").unlink()
        client.record(query_id="after", transcript="power?")
        on_disk = client._channels[EventKind.EXPERIENCES]._spools[0]
        lines = on_disk.read(500, 1 << 20)
        client.close(0)
    assert (client.counts.waiting, client.counts.dropped) == (202, {})
    fields = [event.fields for event in map(WaitingEvent.of, lines) if event is not None]
    assert len(fields) == len(lines) < 202
    assert [fields[0]["query_id"], fields[-1]["query_id"]] == ["before", "after"]
