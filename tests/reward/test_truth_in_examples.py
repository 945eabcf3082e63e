"""What is not true is never taught as good; a true and an untrue answer make a pair."""

from typing import Any

import pytest

from ratchet.contract import LabelBuilt, PairBuilt
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay

TRUE = "Pump 001 draws 45 kW right now."
FALSE = "Pump 001 draws 54 kW right now."
EVASIVE = "Everything looks normal at the moment."


class Examples(OfflineReplay):
    """The live spoken examples by kind."""

    def __init__(self, **rules: Any) -> None:
        super().__init__(RewardPolicy(pairing=PairingRules(**rules)))

    def pairs(self) -> list[PairBuilt]:
        spoken = [one for one in self.live.values() if one.aspect == "voice"]
        return [one for one in spoken if isinstance(one, PairBuilt)]

    def good(self) -> list[str]:
        spoken = [one for one in self.live.values() if one.aspect == "voice"]
        labels = [one for one in spoken if isinstance(one, LabelBuilt) and one.desirable]
        return [pair.chosen for pair in self.pairs()] + [label.answer for label in labels]


@pytest.mark.parametrize("said", [FALSE, EVASIVE, "Pump 002 draws 45 kW.", "Elbow is 45 kW."])
async def test_an_untrue_answer_is_not_taught_as_good_whatever_the_thumb(facts: Any, said: str):
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response=said),
        facts.feedback("q-1", rating="up"),
        facts.experience("q-2", voice_response=EVASIVE + " Really."),
        facts.feedback("q-2", rating="down"),
    )
    assert examples.good() == []


async def test_a_true_answer_is_preferred_to_an_untrue_one_without_a_thumb(facts: Any):
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response=FALSE),
        facts.experience("q-2", voice_response=TRUE),
    )
    [pair] = examples.pairs()
    assert (pair.rule, pair.chosen, pair.rejected) == ("one_true", TRUE, FALSE)
    assert (pair.chosen_reward, pair.rejected_reward) == (1.0, -1.0)
    assert examples.good() == [TRUE]


async def test_wrong_thumbs_do_not_turn_a_pair_round(facts: Any):
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response=FALSE),
        facts.feedback("q-1", rating="up"),
        facts.experience("q-2", voice_response=TRUE),
        facts.feedback("q-2", rating="down"),
    )
    assert [(pair.chosen, pair.rejected) for pair in examples.pairs()] == [(TRUE, FALSE)]


async def test_two_true_answers_make_no_pair_without_a_thumb(facts: Any):
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response=TRUE),
        facts.experience("q-2", voice_response="The power of pump 001 is 45 kW."),
    )
    assert examples.pairs() == []


async def test_a_weight_of_zero_builds_no_pair_of_the_truth(facts: Any):
    examples = Examples(truth_weight=0)
    await examples.add(
        facts.experience("q-1", voice_response=FALSE),
        facts.experience("q-2", voice_response=TRUE),
    )
    assert examples.pairs() == []


@pytest.mark.parametrize(
    "change",
    [
        {"available_data_summary": {}},
        {"parsed_intent": {"type": "conversation"}},
        {
            "parsed_intent": {
                "type": "query",
                "entities": {"devices": ["pump-001"], "metric": "oee"},
            }
        },
    ],
    ids=["no readings", "nothing asked", "a metric without a reading"],
)
async def test_without_a_reading_that_was_asked_for_the_thumb_decides(
    facts: Any, change: dict[str, Any]
):
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response=EVASIVE, **change),
        facts.feedback("q-1", rating="up"),
    )
    assert examples.good() == [EVASIVE]


async def test_a_true_refusal_is_preferred_to_a_stated_value_where_the_reading_is_absent(
    facts: Any,
):
    intent = {"type": "query", "entities": {"devices": ["pump-001"], "metric": "vibration"}}
    absent = {"transcript": "How is the vibration of pump 001?", "parsed_intent": intent}
    refusal = "The vibration of pump 001 is not listed."
    examples = Examples()
    await examples.add(
        facts.experience("q-1", voice_response="Pump 001 vibrates at 3.1 mm/s.", **absent),
        facts.experience("q-2", voice_response=refusal, **absent),
    )
    assert [pair.chosen for pair in examples.pairs()] == [refusal]
