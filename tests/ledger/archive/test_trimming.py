"""The rules of trimming, and of which rows belong to a file."""

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.archive.archive_file import (
    ArchiveFile,
    ArchiveRow,
    file_from_path,
    file_of,
    header_of,
)
from ledger.domain.archive.next_file import Filling, WaitForMore, WriteFile
from ledger.domain.archive.retention import StreamRetention
from ledger.domain.archive.trimming import (
    Keep,
    StreamState,
    Trim,
    VerifiedFile,
    decide_trim,
)
from ratchet.contract import BEGINNING, EntryId, GroupPosition

DAY_MS = 86_400_000
ENTRIES = 30
NOW_MS = ENTRIES * 10
places = st.integers(0, ENTRIES - 1)


def at(number: int) -> EntryId:
    return EntryId(number * 10, 0)


def files_of(cuts: list[int]) -> list[VerifiedFile]:
    """Files that end with the entries `cuts`, from the first entry on."""
    bounds = sorted(set(cuts))
    starts = [0, *(end + 1 for end in bounds)]
    return [
        VerifiedFile(ArchiveFile("s", at(start), at(end), "0" * 8), end - start + 1, at(start))
        for start, end in zip(starts, bounds, strict=False)
    ]


@st.composite
def groups(draw: st.DrawFn) -> list[GroupPosition]:
    header = []
    for name in ("a", "b", "c")[: draw(st.integers(0, 3))]:
        last = draw(places)
        pending = draw(st.none() | st.integers(0, last))
        header.append(GroupPosition(name, at(last), at(pending) if pending is not None else None))
    return header


@given(
    groups=groups(),
    cuts=st.lists(places, max_size=8),
    cut=places,
    most=st.integers(1, ENTRIES),
    tail=st.none() | places,
)
def test_no_entry_that_a_reader_needs_is_trimmed(
    groups: list[GroupPosition], cuts: list[int], cut: int, most: int, tail: int | None
):
    held = files_of(cuts)
    stream = StreamState(at(0), ENTRIES, groups, [], at(tail) if tail is not None else None)
    decision = decide_trim(stream, held, at(cut).ms, most)
    if isinstance(decision, Keep):
        assert decision.reason
        return
    gone = [n for n in range(ENTRIES) if at(n) < decision.before]
    assert gone
    assert decision.before in {each.file.last.next for each in held}, "a whole file, no more"
    for group in groups:
        assert not [n for n in gone if at(n) > group.last_delivered], "not delivered yet"
        assert group.oldest_pending is None or group.oldest_pending >= decision.before
    assert tail is None or tail not in gone
    newest = max(gone)
    assert at(newest) < at(cut) or ENTRIES - len(gone) >= most


@given(groups=groups(), cuts=st.lists(places, min_size=1, max_size=8))
def test_old_files_that_every_group_has_finished_are_trimmed(
    groups: list[GroupPosition], cuts: list[int]
):
    """Whatever stays has a reason, and the reason is true."""
    held = files_of(cuts)
    needed = min((group.needs for group in groups), default=at(ENTRIES))
    free = [each.file for each in held if each.file.last < needed]
    decision = decide_trim(StreamState(at(0), ENTRIES, groups, []), held, NOW_MS + 1, 1)
    assert isinstance(decision, Trim) == bool(free)
    if isinstance(decision, Trim):
        assert decision.before == free[-1].last.next


def test_the_reason_names_the_reader_that_retains_the_stream():
    held = files_of([4, 9])
    slow = GroupPosition("slow", at(9), at(6))
    reason = "group slow needs 60-0"
    assert decide_trim(StreamState(at(0), 20, [slow], []), held, NOW_MS, 100) == Trim(
        at(4).next, reason
    )
    begun = StreamState(at(5), 15, [slow], [])
    assert decide_trim(begun, [held[1]._replace(first_on_stream=at(5))], NOW_MS, 100) == Keep(
        reason
    )
    absent = StreamState(at(0), 20, [slow], ["slow", "ledger"])
    assert decide_trim(absent, held, NOW_MS, 100) == Keep("group ledger does not exist yet")


def test_an_entry_between_two_files_stays_on_the_stream():
    first, second = files_of([4, 9])
    gap = second._replace(file=second.file._replace(first=at(6)))
    decision = decide_trim(StreamState(at(0), 20, [], []), [first, gap], NOW_MS, 100)
    assert decision == Trim(at(4).next, "entry 50-0 is in no archived file")


moments = st.lists(st.integers(0, 3 * DAY_MS), min_size=1, max_size=40, unique=True).map(sorted)


@given(moments=moments, rows=st.integers(1, 7), size=st.integers(1, 60), stop=st.integers(1, 40))
def test_a_file_written_later_is_the_same_file(moments: list[int], rows: int, size: int, stop: int):
    """Neither more entries nor a later day change the rows of a file that is due."""
    everything = [ArchiveRow(EntryId(ms, 0), b"x" * (ms % 20)) for ms in moments]
    retention = StreamRetention(file_rows=rows, file_bytes=size)

    def first_file(known: list[ArchiveRow], cut_ms: int) -> WriteFile | WaitForMore:
        filling = Filling(retention)
        for row in known:
            if not filling.accepts(row):
                break
        return filling.decide(cut_ms)

    early = first_file(everything[:stop], cut_ms=0)
    late = first_file(everything, cut_ms=10 * DAY_MS)
    assert isinstance(late, WriteFile)
    if isinstance(early, WriteFile):
        assert file_of("s", early.rows) == file_of("s", late.rows)
    assert len(late.rows) <= rows
    assert len({row.entry_id.day for row in late.rows}) == 1


@given(st.lists(st.tuples(st.integers(0, 2**63), st.integers(0, 99), st.binary()), min_size=1))
def test_the_path_of_a_file_identifies_it(entries: list[tuple[int, int, bytes]]):
    rows = sorted(ArchiveRow(EntryId(ms, seq), payload) for ms, seq, payload in entries)
    file = file_of("models", rows)
    assert file_from_path("models", file.path.removeprefix("models/")) == file
    assert file.first > BEGINNING or rows[0].entry_id == BEGINNING
    for other in ("x.part", "2026-01-01/x.parquet", f"{file.path}.part"):
        assert file_from_path("models", other) is None


json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just("0001-01-01T00:00:00+14:00"),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json | st.fixed_dictionaries({"event_id": json, "type": json, "occurred_at": json}))
def test_any_json_value_can_be_archived(message: object):
    header = header_of(message)
    assert header.event_id is None or isinstance(header.event_id, str)
    assert header.occurred_at is None or isinstance(header.occurred_at, int)
