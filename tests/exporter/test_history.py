"""Which version a rollback leads to, from nothing but the moves so far."""

from datetime import UTC, datetime

from exporter.domain.registry.alias_history import Move, newest, way_back

NOON = datetime(2026, 9, 11, 12, tzinfo=UTC)
ALL = ("v1", "v2", "v3", "v4")


def moves(*said: str) -> list[Move]:
    """`v2` is an activation, `<v2` a rollback to it."""
    return [
        Move(
            cause=f"cause-{number}",
            at=NOON,
            version=word.removeprefix("<"),
            previous=None,
            back=word.startswith("<"),
        )
        for number, word in enumerate(said)
    ]


def test_a_rollback_leads_to_the_version_before() -> None:
    assert way_back(moves("v1", "v2"), ALL) == "v1"


def test_a_second_one_leads_one_further_back_and_not_forth_again() -> None:
    assert way_back(moves("v1", "v2", "v3", "<v2"), ALL) == "v1"
    assert way_back(moves("v1", "v2", "v3", "<v2", "<v1"), ALL) is None


def test_what_was_rolled_back_is_not_on_the_way_any_more() -> None:
    assert way_back(moves("v1", "v2", "v3", "<v2", "v4"), ALL) == "v2"


def test_a_version_named_by_a_person_leads_back_to_what_it_replaced() -> None:
    assert way_back(moves("v1", "v2", "v1"), ALL) == "v2"
    assert way_back(moves("v1", "v2", "v1", "<v2"), ALL) == "v1"


def test_to_activate_the_active_version_leads_nowhere_else() -> None:
    assert way_back(moves("v1", "v2", "v2"), ALL) == "v1"


def test_versions_that_were_removed_are_passed_over() -> None:
    assert way_back(moves("v1", "v2", "v3"), ("v1", "v3")) == "v1"
    assert way_back(moves("v1", "v2", "v1"), ("v1",)) is None


def test_before_the_first_move_there_is_no_way_back() -> None:
    assert way_back((), ALL) is None
    assert way_back(moves("v1"), ALL) is None


def test_the_newest_counts_even_after_a_rollback() -> None:
    assert newest(()) is None
    assert newest(moves("v1", "v3", "<v1")) == "v3"
