"""The replay buffer: the last lessons, one per experience, and the draws from it."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratchet_ranking import HashingEmbedding
from trainer.domain.scorer.lesson import Lesson, ScoredRevision, to_lesson
from trainer.domain.scorer.replay_buffer import ReplayBuffer

from .conftest import scored

LESSON = to_lesson(ScoredRevision(1, scored()), HashingEmbedding())


def lesson(query_id: str, sequence: int = 0) -> Lesson:
    """Two widgets of the experience `query_id`, at revision `sequence`."""
    assert LESSON is not None
    return replace(LESSON, query_id=query_id, sequence=sequence)


def buffer_of(lessons: Iterable[Lesson], most: int) -> ReplayBuffer:
    replay = ReplayBuffer(most)
    for one in lessons:
        replay.add(one)
    return replay


def contents(replay: ReplayBuffer) -> list[tuple[str, int]]:
    return [(lesson.query_id, lesson.sequence) for lesson in replay.lessons]


def filled(count: int) -> ReplayBuffer:
    return buffer_of([lesson(f"q-{number}") for number in range(count)], most=count)


def test_a_newer_revision_replaces_the_old_one_and_moves_to_the_end():
    replay = buffer_of([lesson("a", 1), lesson("b", 2), lesson("a", 3)], most=10)
    assert contents(replay) == [("b", 2), ("a", 3)]
    assert len(replay) == 2


def test_beyond_capacity_the_experience_revised_longest_ago_is_dropped():
    replay = buffer_of([lesson("a", 1), lesson("b", 2), lesson("a", 3)], most=2)
    replay.add(lesson("c", 4))
    assert contents(replay) == [("a", 3), ("c", 4)]


def test_a_revision_of_a_dropped_experience_is_added_at_the_end():
    replay = buffer_of([lesson("a", 1), lesson("b", 2), lesson("a", 3)], most=1)
    assert contents(replay) == [("a", 3)]


@given(st.lists(st.sampled_from("abcdefgh"), max_size=40), st.integers(1, 10))
def test_only_the_last_revision_of_each_experience_and_their_order_matter(
    revised: list[str], most: int
):
    lessons = [lesson(query_id, sequence) for sequence, query_id in enumerate(revised)]
    step_by_step = buffer_of(lessons, most)
    last = {one.query_id: one for one in lessons}
    in_order = sorted(last.values(), key=lambda one: one.sequence)
    assert contents(buffer_of(in_order, most)) == contents(step_by_step)
    assert contents(buffer_of(in_order[-most:], most)) == contents(step_by_step)
    assert len(step_by_step) == min(most, len(last))


@pytest.mark.parametrize("wanted", [1, 2, 3, 8, 33])
def test_a_draw_begins_with_the_newest_and_reaches_the_wanted_widgets(wanted: int):
    newest = lesson("newest")
    drawn = filled(10).draw(newest, wanted, np.random.default_rng(1))
    widgets = [len(one.targets) for one in drawn]
    assert drawn[0] is newest
    assert sum(widgets) >= wanted
    assert sum(widgets[:-1]) < wanted


def test_a_draw_reaches_them_with_a_single_lesson_in_the_replay_too():
    only = lesson("only")
    drawn = buffer_of([only], most=5).draw(only, 7, np.random.default_rng(1))
    assert drawn == [only] * 4


def test_the_same_seed_draws_the_same_and_another_does_not():
    replay, newest = filled(50), lesson("newest")
    first, again, other = (
        [one.query_id for one in replay.draw(newest, 40, np.random.default_rng(seed))]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_every_lesson_has_the_same_chance_of_being_drawn():
    replay, newest = filled(5), lesson("newest")
    drawn = replay.draw(newest, 10_002, np.random.default_rng(3))[1:]
    counts = [sum(one.query_id == f"q-{number}" for one in drawn) for number in range(5)]
    assert counts == pytest.approx([1_000] * 5, abs=130)
