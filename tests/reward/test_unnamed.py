"""Answers without an operator's name share one operator's limits."""

from typing import Any

import pytest

from ratchet.contract import LabelBuilt, PairBuilt
from ratchet_text import person_named
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay

QUESTIONS, ANSWERS = 20, 12
NOBODY = ("", " ", "anonymous", "Anonymous", "unknown", "NULL", "None", "undefined", "n/a", "-")


async def taught(facts: Any, users: tuple[str, ...]) -> tuple[int, int]:
    """The numbers of pairs and labels of 20 questions with 12 answers each."""
    replay = OfflineReplay(RewardPolicy())
    for question in range(QUESTIONS):
        for answer in range(ANSWERS):
            query_id = f"q-{question}-{answer}"
            await replay.add(
                facts.experience(
                    query_id,
                    user_id=users[(question * ANSWERS + answer) % len(users)],
                    transcript=f"What is the power of pump {question:03}?",
                    voice_response=f"Pump {question:03} draws 4{answer} kW now.",
                    user_rating="up" if answer % 2 else "down",
                )
            )
    kinds = [type(example) for example in replay.live.values()]
    return kinds.count(PairBuilt), kinds.count(LabelBuilt)


async def test_answers_without_a_name_teach_no_more_than_those_of_one_operator(facts: Any):
    named = await taught(facts, ("maria",))
    unnamed = await taught(facts, ("",))
    assert unnamed == named
    assert await taught(facts, NOBODY) == unnamed
    assert sum(await taught(facts, ("maria", "jose", "ana"))) > sum(named)


async def test_unnamed_questions_do_not_follow_each_other(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    for query_id in ("q-1", "q-2"):
        await replay.add(facts.experience(query_id, user_id="unknown", transcript="say it again"))
    assert replay.scores["q-1"].follow_up is None


@pytest.mark.parametrize("user_id", NOBODY)
def test_these_names_stand_for_nobody(user_id: str):
    assert person_named(user_id) == ""


@pytest.mark.parametrize("user_id", ["maria", "u-1", "17", "Anon Ymous 3", "用户", "user-12"])
def test_other_names_stand_for_a_person(user_id: str):
    assert person_named(user_id) == user_id
