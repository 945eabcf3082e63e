"""The ledger does not depend on the order, repetition or batches of events."""

from collections.abc import Callable, Sequence
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import from_json, to_json
from sqlalchemy import select

from ledger.backends.tables import events
from ratchet.contract import Delivered, Event
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import DAY, Opened


def shuffled(events: Sequence[Event], seed: int, repeats: int) -> list[list[Event]]:
    """All of `events` and some of them again, in batches of any size."""
    random = Random(seed)
    everything = [*events, *random.choices(events, k=repeats)]
    random.shuffle(everything)
    cuts = sorted(random.sample(range(1, len(everything)), 6))
    return [everything[a:b] for a, b in zip([0, *cuts], [*cuts, None], strict=True)]


def test_any_permutation_with_repeats_gives_the_same_content_hash(new_url: Callable[[], str]):
    with Opened(new_url()) as in_order:
        in_order.write(delivered(DAY))
        expected = in_order.hash

    @settings(max_examples=6, deadline=None)
    @given(seed=st.integers(0, 2**32), repeats=st.integers(0, 60))
    def check(seed: int, repeats: int):
        with Opened(new_url()) as other:
            for batch in shuffled(DAY, seed, repeats):
                other.write(delivered(batch))
            assert other.hash == expected

    check()


def test_the_size_of_batches_does_not_matter(new_url: Callable[[], str]):
    with Opened(new_url()) as one, Opened(new_url()) as other:
        one.write(delivered(DAY))
        for event in reversed(DAY):
            other.write(delivered([event]))
        assert one.hash == other.hash


def test_the_hash_of_a_ledger_that_lacks_one_event_differs(new_url: Callable[[], str]):
    with Opened(new_url()) as one, Opened(new_url()) as other:
        one.write(delivered(DAY))
        other.write(delivered(DAY[1:]))
        assert one.hash != other.hash


def test_an_event_is_written_once(ledger: Opened):
    first, *_ = DAY
    assert ledger.write(delivered([first, first])) == 1
    assert ledger.write(delivered([first])) == 0


def test_fields_that_a_newer_release_added_are_stored(ledger: Opened):
    first, *_ = DAY
    added = {"added_later": {"by": "a newer release"}}
    ledger.write([Delivered(first, to_json(first.model_dump(mode="json") | added))])
    with ledger.read.connect() as connection:
        [body] = connection.execute(select(events.c.body)).scalars()
    assert from_json(body)["added_later"] == added["added_later"]
    assert ledger.write(delivered([first])) == 0
