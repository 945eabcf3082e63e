"""The version that a rollback leads to, from the moves so far."""

from datetime import UTC, datetime

from exporter.domain.registry.alias_history import Move, newest, way_back

NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)
ALL = ("v1", "v2", "v3", "v4")


def moves(*steps: str) -> list[Move]:
    """`v2` is an activation, `<v2` a rollback to it."""
    return [
        Move(
            cause=f"cause-{number}",
            at=NOON,
            version=step.removeprefix("<"),
            previous=None,
            back=step.startswith("<"),
        )
        for number, step in enumerate(steps)
    ]


def test_a_rollback_leads_to_the_version_before() -> None:
    assert way_back(moves("v1", "v2"), ALL) == "v1"


def test_a_second_rollback_leads_further_back_and_not_forward() -> None:
    assert way_back(moves("v1", "v2", "v3", "<v2"), ALL) == "v1"
    assert way_back(moves("v1", "v2", "v3", "<v2", "<v1"), ALL) is None


def test_a_version_that_was_rolled_back_is_skipped() -> None:
    assert way_back(moves("v1", "v2", "v3", "<v2", "v4"), ALL) == "v2"


def test_a_rollback_after_an_activation_leads_to_the_replaced_version() -> None:
    assert way_back(moves("v1", "v2", "v1"), ALL) == "v2"
    assert way_back(moves("v1", "v2", "v1", "<v2"), ALL) == "v1"


def test_activating_the_active_version_does_not_change_the_way_back() -> None:
    assert way_back(moves("v1", "v2", "v2"), ALL) == "v1"


def test_removed_versions_are_skipped() -> None:
    assert way_back(moves("v1", "v2", "v3"), ("v1", "v3")) == "v1"
    assert way_back(moves("v1", "v2", "v1"), ("v1",)) is None


def test_before_the_first_move_there_is_no_way_back() -> None:
    assert way_back((), ALL) is None
    assert way_back(moves("v1"), ALL) is None


def test_the_newest_counts_even_after_a_rollback() -> None:
    assert newest(()) is None
    assert newest(moves("v1", "v3", "<v1")) == "v3"
