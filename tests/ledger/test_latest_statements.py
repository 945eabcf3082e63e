"""A reader that keeps the highest revision ends with what reward stated last."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ledger.domain.latest_statements import LatestStatements, Numbered, RevisedSubject
from ratchet.contract import (
    Example,
    ExampleRetracted,
    LabelBuilt,
    Question,
    Source,
    derived_id,
)

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
EXAMPLE = RevisedSubject(Example, "e")


def id_of(name: str) -> str:
    return derived_id("event", name)


def built(event_id: str, revision: int, reward: float = 0.5) -> LabelBuilt:
    return LabelBuilt(
        event_id=id_of(event_id),
        occurred_at=NOON,
        caused_by=id_of("fact"),
        example_id="e",
        revision=revision,
        aspect="voice",
        rule="thumb",
        question=Question(key="k", text="What is the power?", intent="query"),
        prompt="What is the power?",
        sources=(Source(query_id="q", revision=1, user_id="ann"),),
        answer="45 kW.",
        desirable=True,
        reward=reward,
    )


def retracted(event_id: str, revision: int) -> ExampleRetracted:
    return ExampleRetracted(
        event_id=id_of(event_id),
        occurred_at=NOON,
        caused_by=id_of("fact"),
        example_id="e",
        revision=revision,
        reason="withdrawn",
    )


def restated(
    events: Sequence[Numbered], put_back: Sequence[str], *earlier: Numbered
) -> list[Numbered]:
    latest = LatestStatements({id_of(name) for name in put_back})
    for event in events:
        latest.add(event)
    return list(latest.restated(100, dict.fromkeys([EXAMPLE], *earlier) if earlier else {}))


def test_a_statement_with_a_revision_that_was_lost_is_stated_again():
    lost = [built("a", 2), retracted("b", 3)]
    [again] = restated([*lost, built("c", 2, 0.9)], ["a", "b"])
    assert (again.revision, again.model_dump()["reward"]) == (100, 0.9)
    assert again.event_id not in map(id_of, "abc")


def test_what_was_calculated_again_alike_is_not_stated_again():
    lost = [built("a", 2), retracted("b", 3)]
    assert restated([*lost, *lost], ["a", "b"]) == []


def test_a_word_above_the_lost_ones_is_not_stated_again():
    assert restated([built("a", 2), retracted("c", 101)], ["a"]) == []


def test_an_example_that_was_not_built_again_is_retracted():
    [again] = restated([built("a", 2)], ["a"])
    assert (type(again), again.revision) == (ExampleRetracted, 100)


def test_a_word_from_before_the_start_of_the_stream_counts():
    [again] = restated([retracted("b", 3)], ["b"], built("old", 1))
    assert (type(again), again.revision) == (LabelBuilt, 100)


def test_of_an_example_that_lost_nothing_nothing_is_stated():
    assert restated([built("a", 1), retracted("b", 2)], []) == []


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 5), st.booleans()), min_size=1))
def test_the_highest_revision_is_the_last_word_in_the_end(
    history: list[tuple[bool, int, bool]],
):
    """Each event of `history`: whether it builds, its revision, whether it was put back."""
    events: list[Numbered] = [
        built(str(number), revision, number) if builds else retracted(str(number), revision)
        for number, (builds, revision, _) in enumerate(history)
    ]
    put_back = [str(number) for number, (_, _, back) in enumerate(history) if back]
    if not put_back:
        return
    said = [events[n] for n, (_, _, back) in enumerate(history) if not back]
    stored: Numbered = events[0]
    for event in [*events, *restated(events, put_back)]:
        stored = event if event.revision > stored.revision else stored
    if said:
        assert stored.model_dump(exclude={"event_id", "revision"}) == said[-1].model_dump(
            exclude={"event_id", "revision"}
        )
    else:
        assert isinstance(stored, ExampleRetracted)
