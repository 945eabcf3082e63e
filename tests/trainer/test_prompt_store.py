"""Captured prompts in SQLite: a bounded set that depends on the calls alone."""

from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from ratchet.contract import prompt_of
from trainer.backends.sql.database import open_database
from trainer.backends.sql.prompt_store import SqlPromptStore

from .captured_calls import call

EVERYTHING = 1.0


def store(engine: Engine, most: int = 3, share: float = EVERYTHING) -> SqlPromptStore:
    return SqlPromptStore(engine, share, most)


def ids(prompts: SqlPromptStore, run_id: str = "run", taught: frozenset[str] = frozenset()):
    given: list[str] = []
    prompts.give(run_id, taught, lambda some: given.extend(one.call_id for one in some))
    return given


def test_the_newest_stay(engine: Engine):
    prompts = store(engine)
    prompts.keep([call(number) for number in range(5)])
    assert ids(prompts) == ["call-4", "call-3", "call-2"]
    assert prompts.count() == 3


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_which_stay_depends_on_no_order_and_no_repetition(engine: Engine, order: tuple[int, ...]):
    prompts = store(engine, most=2)
    for number in (*order, *order):
        prompts.keep([call(number)])
    assert ids(prompts) == ["call-3", "call-2"]


def test_a_replay_into_an_empty_database_keeps_the_same(engine: Engine, tmp_path: Path):
    prompts, again = store(engine), store(open_database(tmp_path / "anew.db"))
    for number in range(9):
        prompts.keep([call(number)])
    again.keep([call(number) for number in range(9)])
    assert ids(again) == ids(prompts)


def test_only_the_share_is_kept(engine: Engine):
    prompts = store(engine, most=500, share=0.2)
    prompts.keep([call(number) for number in range(200)])
    assert 20 < prompts.count() < 60
    store(engine, share=0.0).keep([call(number) for number in range(200, 400)])
    assert all(int(name.removeprefix("call-")) < 200 for name in ids(prompts))


def test_a_call_that_does_not_teach_is_not_kept(engine: Engine):
    prompts = store(engine)
    prompts.keep([call(1, fault="broken"), call(2)])
    assert ids(prompts) == ["call-2"]


def test_none_are_kept_where_the_number_is_0(engine: Engine):
    store(engine).keep([call(1)])
    off = store(engine, most=0)
    assert ids(off) == []
    off.keep([call(2)])
    assert off.count() == 0


def test_prompts_survive_the_process(tmp_path: Path):
    store(open_database(tmp_path / "trainer.db")).keep([call(1)])
    assert ids(store(open_database(tmp_path / "trainer.db"))) == ["call-1"]


def test_a_kill_while_a_run_is_given_its_prompts_changes_nothing(engine: Engine):
    prompts = store(engine)
    prompts.keep([call(1)])

    def killed(_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prompts.give("run", (), killed)
    with engine.connect() as connection:
        assert connection.scalars(text("SELECT run_id FROM captured_prompts")).all() == [None]
    assert ids(prompts) == ["call-1"]


def test_taught_prompts_are_not_given(engine: Engine):
    prompts = store(engine)
    prompts.keep([call(1), call(2)])
    assert ids(prompts, taught=frozenset({prompt_of(call(2).messages)})) == ["call-1"]
