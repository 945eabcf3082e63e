"""Version tags: one per checkpoint, in the order of the checkpoints, never reused."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from exporter.domain.registry.version import may_follow, surplus, version_tag
from ratchet.contract import ArtifactRef, CheckpointReady

NOON = datetime(2026, 9, 11, 12, 0, 0, tzinfo=UTC)


def checkpoint(at: datetime = NOON, run_id: str = "run-1", sha: str = "a" * 64) -> CheckpointReady:
    manifest = ArtifactRef(sha256=sha, size=1, name="manifest.json")
    return CheckpointReady(
        event_id="event-0001", occurred_at=at, run_id=run_id, base_model="b", manifest=manifest
    )


def test_every_delivery_of_a_checkpoint_has_the_same_tag() -> None:
    elsewhere = checkpoint(NOON.astimezone(timezone(timedelta(hours=9))))

    assert version_tag(checkpoint()) == version_tag(elsewhere)
    assert version_tag(checkpoint()).startswith("v20260911t120000-")


def test_another_run_or_adapter_has_another_tag() -> None:
    others = checkpoint(), checkpoint(run_id="run-2"), checkpoint(sha="b" * 64)

    assert len({version_tag(other) for other in others}) == 3


@given(st.integers(0, 10**9), st.integers(1, 10**6))
def test_later_checkpoints_sort_later(start: int, seconds: int) -> None:
    first = NOON + timedelta(seconds=start)
    second = first + timedelta(seconds=seconds)

    assert version_tag(checkpoint(first)) < version_tag(checkpoint(second))


def test_a_checkpoint_becomes_active_once_and_never_after_a_later_one() -> None:
    assert may_follow("v2", None)
    assert may_follow("v2", "v1")
    assert not may_follow("v2", "v2")
    assert not may_follow("v1", "v2")


@given(st.sets(st.integers(1, 30), min_size=1), st.data(), st.integers(0, 5))
def test_the_champion_is_never_surplus_however_old(
    numbers: set[int], data: st.DataObject, keep: int
) -> None:
    versions = tuple(sorted(f"v{number:02}" for number in numbers))
    active = data.draw(st.sampled_from(versions))
    gone = surplus(versions, active, keep)

    assert active not in gone
    assert len(versions) - len(gone) == min(len(versions), keep + 1)


def test_the_newest_idle_versions_and_the_active_one_stay() -> None:
    assert surplus(("v1", "v2", "v3", "v4"), "v4", keep=2) == ("v1",)
    assert surplus(("v1", "v2", "v3", "v4"), "v1", keep=2) == ("v2",)
    assert surplus(("v1", "v2"), "v2", keep=2) == ()
    assert surplus(("v1", "v2"), "v2", keep=0) == ("v1",)


def test_the_version_a_rollback_leads_to_outlasts_newer_ones() -> None:
    assert surplus(("v1", "v2", "v3", "v4"), "v4", keep=1, way_back="v2") == ("v1", "v3")
    assert surplus(("v1", "v2"), "v2", keep=0, way_back="v1") == ("v1",)
