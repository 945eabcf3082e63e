"""The ranking store: numbering, quotas, retention and the join with decisions."""

from datetime import timedelta, timezone

import pytest
from sqlalchemy import Engine

from ratchet_testing.deliveries import delivered
from trainer.backends.sql.ranking_store import SqlRankingStore
from trainer.domain.scorer.learned_state import LearnedState, initial_progress
from trainer.domain.scorer.lesson import OLDER, QUOTA, SILENT
from trainer.domain.scorer.rules import LearningRules

from .conftest import MORNING, decision, scored

RULES = LearningRules(per_user_per_day=3, unnamed_per_day=5)


@pytest.fixture
def rules() -> LearningRules:
    return RULES


def teaching(store: SqlRankingStore) -> list[str]:
    return [one.event.query_id for one in store.unlearned(0, 10_000) if one.teaches]


def state_at(cursor: int, tensors: bytes = b"tensors") -> LearnedState:
    progress = initial_progress(RULES, "hashing").model_copy(update={"cursor": cursor})
    return LearnedState(progress, tensors)


def test_revisions_are_numbered_in_order_of_arrival(store: SqlRankingStore) -> None:
    store.add_scored(delivered([scored("q-1"), scored("q-2")]))
    store.add_scored(delivered([scored("q-3"), scored("q-1", 2)]))
    numbered = [(one.sequence, one.event) for one in store.unlearned(0, 10)]
    events = [scored("q-1"), scored("q-2"), scored("q-3"), scored("q-1", 2)]
    assert numbered == list(enumerate(events, start=1))


def test_a_repeated_revision_changes_nothing(store: SqlRankingStore) -> None:
    batch = [scored("q-1"), scored("q-2"), scored("q-1"), scored("q-1", 2)]
    store.add_scored(delivered(batch))
    once = store.unlearned(0, 10)
    store.add_scored(delivered(batch))
    store.add_scored(delivered([scored("q-2", reward=-1.0)]))
    assert store.unlearned(0, 10) == once
    assert [one.sequence for one in once] == [1, 2, 3]


def test_the_daily_quota_holds_across_batches_and_restarts(
    store: SqlRankingStore, engine: Engine
) -> None:
    store.add_scored(delivered([scored(f"q-{n}") for n in range(2)]))
    store.add_scored(delivered([scored(f"q-{n}") for n in range(4)]))
    SqlRankingStore(engine, RULES).add_scored(
        delivered([scored("q-4"), scored("q-5", user_id="anna")])
    )
    assert teaching(store) == ["q-0", "q-1", "q-2", "q-5"]
    store.add_scored(delivered([scored("q-6", day=1)]))
    assert teaching(store)[-1] == "q-6"
    assert store.skip_counts() == {QUOTA: 2}


def test_a_day_is_a_utc_day(store: SqlRankingStore) -> None:
    abroad = timezone(timedelta(hours=9))
    late = MORNING.replace(hour=23).astimezone(abroad)
    for number in range(5):
        store.add_scored(
            delivered([scored(f"q-{number}").model_copy(update={"occurred_at": late})])
        )
    store.add_scored(delivered([scored("morning"), scored("next", day=1)]))
    assert teaching(store) == ["q-0", "q-1", "q-2", "next"]


def test_unnamed_operators_share_one_quota(store: SqlRankingStore) -> None:
    store.add_scored(delivered([scored(f"q-{number}", user_id="") for number in range(8)]))
    assert teaching(store) == [f"q-{number}" for number in range(5)]


def test_an_older_revision_after_a_newer_one_does_not_teach(store: SqlRankingStore) -> None:
    store.add_scored(delivered([scored("q-1", 3), scored("q-1", 2)]))
    store.add_scored(delivered([scored("q-1", 1), scored("q-1", 4)]))
    found = [(one.event.revision, one.teaches) for one in store.unlearned(0, 10)]
    assert found == [(3, True), (2, False), (1, False), (4, True)]
    assert store.skip_counts() == {OLDER: 2}


def test_skipped_revisions_use_no_quota_and_are_counted_by_reason(
    store: SqlRankingStore,
) -> None:
    silent = [scored(f"s-{n}").model_copy(update={"plan": None}) for n in range(4)]
    empty = scored("empty", widgets=())
    store.add_scored(delivered([*silent, empty, *(scored(f"q-{number}") for number in range(5))]))
    assert teaching(store) == ["q-0", "q-1", "q-2"]
    assert store.skip_counts() == {SILENT: 5, QUOTA: 2}


def test_only_revisions_after_the_cursor_are_unlearned(store: SqlRankingStore) -> None:
    store.add_scored(delivered([scored(f"q-{n}", user_id=f"user-{n}") for n in range(6)]))
    assert [one.sequence for one in store.unlearned(2, 3)] == [3, 4, 5]
    assert store.unlearned(6, 3) == []


def test_revisions_that_taught_up_to_the_cursor_are_returned_in_order(
    store: SqlRankingStore,
) -> None:
    store.add_scored(delivered([scored("q-1", 2), scored("q-1"), scored("q-2"), scored("q-1", 3)]))
    assert [one.sequence for one in store.learned_revisions(3)] == [1, 3]
    assert [one.sequence for one in store.learned_revisions(4)] == [1, 3, 4]


@pytest.mark.parametrize("first", ["decision", "outcome"])
def test_an_outcome_and_its_decision_may_arrive_in_any_order(
    store: SqlRankingStore, first: str
) -> None:
    made, outcome = decision("decision-1"), scored("q-1", decision_id="decision-1")
    steps = [
        lambda: store.add_decisions(delivered([made, made])),
        lambda: store.add_scored(delivered([outcome])),
    ]
    for step in steps if first == "decision" else reversed(steps):
        assert store.outcome_refs(10) == []
        step()
    assert store.logged_decisions(store.outcome_refs(10)) == [(made, outcome)]


def test_the_newest_revision_is_the_outcome_of_a_decision(store: SqlRankingStore) -> None:
    store.add_decisions(delivered([decision(f"decision-{n}") for n in (1, 2, 3)]))
    revisions = [scored("q-1", revision, decision_id="decision-1") for revision in (1, 3, 2)]
    store.add_scored(
        delivered([revisions[0], scored("q-2", decision_id="decision-2"), *revisions[1:]])
    )
    assert [tuple(outcome) for outcome in store.outcome_refs(10)] == [
        ("decision-2", 2),
        ("decision-1", 3),
    ]
    assert [tuple(outcome) for outcome in store.outcome_refs(1)] == [("decision-1", 3)]


def test_many_outcomes_are_read_in_their_order(engine: Engine) -> None:
    store = SqlRankingStore(engine, LearningRules())
    names = [f"decision-{number}" for number in range(1_100)]
    store.add_decisions(delivered([decision(name) for name in names]))
    store.add_scored(
        delivered(
            [
                scored(f"q-{number}", user_id=f"user-{number % 50}", decision_id=name)
                for number, name in enumerate(names)
            ]
        )
    )
    assert [
        made.event_id for made, _ in store.logged_decisions(store.outcome_refs(1_050))
    ] == names[50:]


def test_the_learned_state_is_restored_unchanged(store: SqlRankingStore) -> None:
    assert store.learned_state() is None
    store.commit(state_at(1, b"\x00first"))
    store.commit(state_at(2, b"\x00second"))
    assert store.learned_state() == state_at(2, b"\x00second")


def test_only_the_newest_learned_revisions_are_retained(
    engine: Engine,
) -> None:
    store = SqlRankingStore(engine, RULES, revisions=4)
    store.add_scored(
        delivered([scored(f"q-{number}", user_id=f"user-{number}") for number in range(10)])
    )
    store.commit(state_at(7))
    assert [one.sequence for one in store.unlearned(0, 100)] == [4, 5, 6, 7, 8, 9, 10]


def test_decisions_with_an_outcome_and_the_newest_are_retained(
    engine: Engine,
) -> None:
    store = SqlRankingStore(engine, RULES, decisions=4)
    store.add_decisions(delivered([decision(f"decision-{number}") for number in range(10)]))
    store.add_scored(delivered([scored("q-1", decision_id="decision-1")]))
    store.commit(state_at(1))
    store.add_scored(
        delivered(
            [
                scored(f"late-{n}", user_id=f"user-{n}", decision_id=f"decision-{n}")
                for n in range(10)
            ]
        )
    )
    known = {outcome.decision_id for outcome in store.outcome_refs(100)}
    assert known == {f"decision-{number}" for number in (1, 6, 7, 8, 9)}


def test_skipped_revisions_do_not_displace_those_that_taught(
    engine: Engine,
) -> None:
    store = SqlRankingStore(engine, RULES, revisions=4)
    store.add_scored(delivered([scored("q-1")]))
    store.add_scored(
        delivered([scored(f"flood-{number}", user_id="mallory") for number in range(20)])
    )
    store.commit(state_at(21))
    assert [one.sequence for one in store.learned_revisions(21)] == [1, 2, 3, 4]
    assert store.skip_counts() == {QUOTA: 4}
