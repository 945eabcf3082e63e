"""Answers without an operator's name share one operator's limits."""

from typing import Any

import pytest

from ratchet.contract import LabelBuilt, PairBuilt
from ratchet_text import person_named
from reward.domain.examples.pairing_rules import PairingRules
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


def asked(facts: Any, number: int, user_id: str = "default_user", **changes: Any) -> Any:
    """One of many questions of a plant, a minute after the one before."""
    said = {"voice_response": f"Pump {number:03} draws 45 kW now.", "user_rating": "up", **changes}
    return facts.experience(
        f"q-{number}",
        user_id=user_id,
        transcript=f"What is the power of pump {number:03}?",
        at=number,
        **said,
    )


async def test_a_plant_that_names_nobody_teaches_with_every_answer(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    for number in range(80):
        await replay.add(asked(facts, number))
    taught = {source.query_id for one in replay.live.values() for source in one.sources}
    assert len(taught) == 80
    assert all(score.user_id == "" for score in replay.scores.values())
    assert all(score.follow_up is None for score in replay.scores.values())


async def test_a_shared_name_teaches_no_more_than_its_own_limits(facts: Any):
    rules = PairingRules(max_answers_per_shared_name_per_day=30)
    replay = OfflineReplay(RewardPolicy(pairing=rules))
    for number in range(40):
        await replay.add(asked(facts, number))
    assert len({s.query_id for one in replay.live.values() for s in one.sources}) == 30
    named = OfflineReplay(RewardPolicy(pairing=PairingRules(shared_names=())))
    for number in range(60):
        await named.add(asked(facts, number))
    assert len({s.query_id for one in named.live.values() for s in one.sources}) == 50


async def test_several_answers_of_a_shared_name_teach_of_one_question(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    for number in range(8):
        text = f"Pump 001 draws 4{number} kW now."
        rating = "up" if number % 2 else "down"
        changes = {"transcript": "What is the power of pump 001?", "voice_response": text}
        await replay.add(
            facts.experience(f"q-{number}", user_id="default_user", user_rating=rating, **changes)
        )
    pairs = [one for one in replay.live.values() if isinstance(one, PairBuilt)]
    assert len(pairs) > PairingRules().max_per_user


async def test_an_evaluation_agent_is_no_operator_and_its_thumb_counts_half(facts: Any):
    replay = OfflineReplay(RewardPolicy())
    await replay.add(asked(facts, 1, "rl-agent"), asked(facts, 2, "rl-agent"), asked(facts, 3))
    first, _, of_a_plant = (replay.scores[f"q-{number}"] for number in (1, 2, 3))
    assert (first.user_id, first.follow_up) == ("", None)
    assert first.components["explicit_rating"] == 0.5
    assert of_a_plant.components["explicit_rating"] == 1.0
