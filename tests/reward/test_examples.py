"""Examples compare answers to the same question; the live set is a function of the facts."""

import json
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ratchet.contract import DemonstrationBuilt, ExampleRetracted, LabelBuilt, PairBuilt
from reward.domain.examples.pairing_rules import PairingRules
from reward.domain.state.policy import RewardPolicy
from reward.offline import OfflineReplay

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
GOOD = "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its average of 40 kilowatts."
BETTER = "Pump 001 draws 45 kilowatts, 5 kilowatts above its average of 40 kilowatts. It is normal."
BAD = "Well, let me think about that."
LETTERS = "abcdefghi"
"""They make true answers differ without a number, which would be an invented one."""


class Loop(OfflineReplay):
    """The live examples by kind."""

    def __init__(self, pairing: PairingRules | None = None) -> None:
        super().__init__(RewardPolicy(pairing=pairing or PairingRules()))

    def pairs(self, aspect: str = "voice") -> list[PairBuilt]:
        examples = [e for e in self.live.values() if isinstance(e, PairBuilt)]
        return [pair for pair in examples if pair.aspect == aspect]

    def labels(self, desirable: bool) -> list[LabelBuilt]:
        examples = [e for e in self.live.values() if isinstance(e, LabelBuilt)]
        return [e for e in examples if e.aspect == "voice" and e.desirable == desirable]

    def demonstrations(self) -> list[DemonstrationBuilt]:
        examples = [e for e in self.live.values() if isinstance(e, DemonstrationBuilt)]
        return sorted(examples, key=lambda e: e.aspect)


@pytest.fixture
def loop() -> Loop:
    return Loop()


async def test_two_answers_to_one_question_make_a_pair_with_the_better_one_chosen(
    loop: Loop, facts: Any
):
    await loop.add(
        facts.experience("q-1", voice_response=BAD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    [pair] = loop.pairs()
    assert (pair.chosen, pair.rejected) == (GOOD, BAD)
    assert pair.gap >= 0.3
    assert {source.query_id for source in pair.sources} == {"q-1", "q-2"}
    assert "pump 001 power: 45 kW" in pair.prompt
    assert pair.prompt.endswith("User question: What is the power of pump 001?\nResponse:")
    assert pair.question.asked is not None
    assert pair.question.asked.value == 45


@pytest.mark.parametrize(
    "other",
    [
        {"transcript": "What is the flow of pump 001?"},
        {"parsed_intent": {"type": "query", "entities": {"devices": ["pump-002"]}}},
        {"parsed_intent": {"type": "action_control", "entities": {"devices": ["pump-001"]}}},
        {"available_data_summary": {"readings": []}},
    ],
)
async def test_answers_to_different_questions_are_never_compared(
    loop: Loop, facts: Any, other: dict[str, Any]
):
    await loop.add(
        facts.experience("q-1", voice_response=BAD, **other),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    assert loop.pairs() == []
    labels = [e for e in loop.live.values() if isinstance(e, LabelBuilt) and e.aspect == "voice"]
    assert {label.answer: label.desirable for label in labels} == {BAD: False, GOOD: True}


async def test_the_sign_of_the_voice_comes_from_its_own_rating(loop: Loop, facts: Any):
    await loop.add(
        facts.experience("q-1", voice_response=GOOD),
        facts.experience("q-2", voice_response=BETTER),
        facts.feedback("q-1", rating="up", voice_evaluation_confidence=0.1),
        facts.feedback("q-2", rating="down", voice_evaluation_confidence=0.9),
    )
    [pair] = loop.pairs()
    assert (pair.chosen, pair.rejected) == (BETTER, GOOD)


async def test_feedback_may_arrive_before_its_experience(loop: Loop, facts: Any):
    await loop.add(facts.feedback("q-1", rating="up", at=5))
    assert loop.emitted == []
    await loop.add(facts.experience("q-1", at=9))
    [label] = [e for e in loop.live.values() if e.aspect == "voice"]
    assert isinstance(label, LabelBuilt)
    assert label.desirable


async def test_a_changed_rating_retracts_the_examples_of_the_old_one(loop: Loop, facts: Any):
    await loop.add(
        facts.experience("q-1", voice_response=BAD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    assert len(loop.pairs()) == 1
    assert len(loop.labels(desirable=True)) == 1
    await loop.add(facts.feedback("q-2", rating="down", at=20))
    assert [pair.rule for pair in loop.pairs()] == ["one_true"]
    assert loop.labels(desirable=True) == []
    assert any(isinstance(event, ExampleRetracted) for event in loop.emitted)
    await loop.add(facts.feedback("q-2", rating="up", at=30))
    assert [pair.rule for pair in loop.pairs()] == ["same_question"]


async def test_a_repeated_fact_changes_nothing(loop: Loop, facts: Any):
    fact = facts.feedback("q-1", rating="up")
    await loop.add(facts.experience("q-1"), fact)
    before = list(loop.emitted)
    await loop.add(fact)
    assert loop.emitted == before


async def test_an_answer_rated_good_and_bad_has_no_label(loop: Loop, facts: Any):
    await loop.add(
        facts.experience("q-1", voice_response=GOOD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="up"),
        facts.feedback("q-2", rating="down"),
    )
    assert [e for e in loop.live.values() if e.aspect == "voice"] == []


async def test_the_sign_of_a_plan_comes_from_the_judge_of_its_widgets(loop: Loop, facts: Any):
    good = [{"widget_index": i, "appropriateness_score": 0.95} for i in (1, 2)]
    bad = [{"widget_index": i, "appropriateness_score": 0.05} for i in (1, 2)]
    other_plan = {"heading": "x", "widgets": [{"scenario": "peopleview"}, {"scenario": "timeline"}]}
    await loop.add(
        facts.experience("q-1"),
        facts.experience("q-2", widget_plan=other_plan),
        facts.feedback("q-1", rating="down", per_widget_feedback=good),
        facts.feedback("q-2", rating="up", per_widget_feedback=bad, missing_widgets=["kpi"]),
    )
    [pair] = [pair for pair in loop.pairs("widget") if pair.rule == "same_question"]
    assert '"kpi"' in pair.chosen
    assert "peopleview" in pair.rejected


async def test_a_question_has_at_most_five_pairs(loop: Loop, facts: Any):
    for number in range(9):
        await loop.add(
            facts.experience(
                f"good-{number}",
                user_id=f"u-{number}",
                voice_response=f"{GOOD} Case {LETTERS[number]}.",
            ),
            facts.experience(
                f"bad-{number}",
                user_id=f"v-{number}",
                voice_response=f"{BAD} Case {LETTERS[number]}.",
            ),
            facts.feedback(f"good-{number}", rating="up"),
            facts.feedback(f"bad-{number}", rating="down"),
        )
    assert len(loop.pairs()) == 5


async def test_one_operators_part_of_a_question_is_capped(loop: Loop, facts: Any):
    for number in range(9):
        await loop.add(
            facts.experience(f"good-{number}", voice_response=f"{GOOD} Case {LETTERS[number]}."),
            facts.experience(f"bad-{number}", voice_response=f"{BAD} Case {LETTERS[number]}."),
            facts.feedback(f"good-{number}", rating="up"),
            facts.feedback(f"bad-{number}", rating="down"),
        )
    most = PairingRules().max_per_user
    assert len(loop.pairs()) == most
    assert len(loop.labels(desirable=True)) == most
    assert len(loop.labels(desirable=False)) == most


async def test_only_the_first_answers_of_an_operators_day_make_examples(facts: Any):
    loop = Loop(pairing=PairingRules(max_answers_per_user_per_day=2))
    for number in (3, 1, 2):
        await loop.add(
            facts.experience(
                f"q-{number}",
                timestamp=NOON + timedelta(hours=number),
                transcript=f"What is the power of pump {number}?",
            ),
            facts.feedback(f"q-{number}", rating="up"),
        )
    taught = {source.query_id for example in loop.live.values() for source in example.sources}
    assert taught == {"q-1", "q-2"}


async def test_labels_are_deduplicated_by_content_and_capped_per_question(facts: Any):
    loop = Loop(pairing=PairingRules(max_labels_per_question=4))
    for number in range(5):
        for twin in "ab":
            await loop.add(
                facts.experience(
                    f"{number}{twin}",
                    user_id=f"{number}{twin}",
                    voice_response=f"{GOOD} Case {LETTERS[number]}.",
                ),
                facts.feedback(f"{number}{twin}", rating="up"),
            )
    answers = [label.answer for label in loop.labels(desirable=True)]
    assert len(answers) == len(set(answers)) == 2


async def test_a_repaired_plan_is_preferred_to_the_shown_plan(loop: Loop, facts: Any):
    judged = [
        {"widget_index": 1, "appropriateness_score": 0.9, "size_appropriate": False},
        {"widget_index": 2, "appropriateness_score": 0.1},
    ]
    await loop.add(
        facts.experience("q-1"),
        facts.feedback("q-1", per_widget_feedback=judged, missing_widgets=["alerts"]),
    )
    [pair] = loop.pairs("widget")
    assert pair.rule == "repaired_plan"
    assert json.loads(pair.chosen)["widgets"] == [
        {"scenario": "kpi", "size": "expanded"},
        {"scenario": "alerts", "size": "normal"},
    ]
    assert json.loads(pair.rejected)["widgets"][0] == {"scenario": "kpi", "size": "hero"}
    assert [(source.query_id, source.revision) for source in pair.sources] == [("q-1", 2)]
    assert pair.gap > 0


async def test_a_corrected_request_answered_well_is_a_demonstration(loop: Loop, facts: Any):
    meant = "Pump 002 is consuming 31 kilowatts. That is normal for the time of day."
    intent = {"type": "query", "entities": {"devices": ["pump-002"], "metric": "power"}}
    readings = [{"equipment": "pump 002", "metric": "power", "value": 31.0, "unit": "kW"}]
    await loop.add(
        facts.experience("q-1", voice_response=GOOD),
        facts.experience(
            "q-2",
            timestamp=NOON + timedelta(seconds=40),
            transcript="no, I meant pump 002",
            parsed_intent=intent,
            available_data_summary={"readings": readings},
            voice_response=meant,
        ),
        facts.feedback("q-2", rating="up"),
    )
    voice = loop.demonstrations()[0]
    assert voice.rule == "corrected_request"
    assert "User question: What is the power of pump 002?" in voice.prompt
    assert voice.answer == meant
    assert [source.query_id for source in voice.sources] == ["q-2"]


async def test_a_badly_answered_correction_is_no_demonstration(loop: Loop, facts: Any):
    await loop.add(
        facts.experience("q-1"),
        facts.experience(
            "q-2", timestamp=NOON + timedelta(seconds=40), transcript="no, I meant pump 002"
        ),
        facts.feedback("q-2", rating="down"),
    )
    assert loop.demonstrations() == []


async def test_an_answer_that_the_judge_doubts_is_never_chosen(loop: Loop, facts: Any):
    other = {"heading": "x", "widgets": [{"scenario": "peopleview"}]}
    await loop.add(
        facts.experience("q-1"),
        facts.experience("q-2", widget_plan=other),
        facts.feedback("q-1", rating="up", evaluation_confidence=0.3),
        facts.feedback("q-2", rating="down"),
    )
    assert loop.pairs("widget") == []


async def test_answers_with_similar_rewards_are_not_paired(facts: Any):
    loop = Loop(pairing=PairingRules(min_gap=3, truth_weight=0))
    await loop.add(
        facts.experience("q-1", voice_response=BAD),
        facts.experience("q-2", voice_response=GOOD),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
    )
    assert loop.pairs() == []
    assert len(loop.labels(desirable=True)) == 1


async def test_plans_are_compared_across_different_readings(loop: Loop, facts: Any):
    """Which widgets fit does not hang on the values; which answer is right does."""
    other = {"heading": "x", "widgets": [{"scenario": "peopleview"}]}
    await loop.add(
        facts.experience("q-1"),
        facts.experience("q-2", widget_plan=other, available_data_summary={}),
        facts.feedback("q-1", rating="up"),
        facts.feedback("q-2", rating="down"),
    )
    assert len(loop.pairs("widget")) == 1
    assert loop.pairs("voice") == []


@pytest.mark.parametrize(("scope", "pairs"), [("question", 0), ("intent", 1)])
async def test_scope_intent_compares_answers_to_similar_questions(
    facts: Any, scope: Any, pairs: int
):
    loop = Loop(pairing=PairingRules(scope=scope))
    intent = {"type": "query", "domains": ["industrial"], "primary_characteristic": "energy"}
    for number, rating, answer in ((1, "up", GOOD), (2, "down", BAD)):
        await loop.add(
            facts.experience(
                f"q-{number}",
                transcript=f"What is the power of pump {number}?",
                parsed_intent={**intent, "entities": {"devices": [f"pump-{number}"]}},
                voice_response=answer,
            ),
            facts.feedback(f"q-{number}", rating=rating),
        )
    assert len(loop.pairs()) == pairs
    assert len(loop.labels(desirable=True)) == 1


async def test_scope_intent_requires_a_shared_domain(facts: Any):
    loop = Loop(pairing=PairingRules(scope="intent"))
    for number, rating, answer in ((1, "up", GOOD), (2, "down", BAD)):
        await loop.add(
            facts.experience(
                f"q-{number}",
                transcript=f"What is the power of pump {number}?",
                parsed_intent={"type": "query", "domains": [f"domain-{number}"]},
                voice_response=answer,
            ),
            facts.feedback(f"q-{number}", rating=rating),
        )
    assert loop.pairs() == []


async def test_questions_without_words_are_never_the_same_question(loop: Loop, facts: Any):
    await loop.add(
        facts.experience("q-1", transcript="", voice_response=GOOD),
        facts.experience("q-2", transcript="?!", voice_response=BAD),
        facts.feedback("q-1", rating="up"),
        facts.feedback("q-2", rating="down"),
    )
    assert loop.live == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("电机温度", "泵的压力"),
        ("泵2的功率", "泵3的功率"),
        ("तेल कितना है?", "तौल कितना है?"),
        ("पंप 2 का दबाव", "पंप 2 की गति"),
        ("pump 101B", "pump 101D"),
    ],
)
async def test_words_of_any_script_distinguish_questions(
    loop: Loop, facts: Any, one: str, other: str
):
    await loop.add(
        facts.experience("q-1", transcript=one, parsed_intent=None, voice_response=GOOD),
        facts.experience("q-2", transcript=other, parsed_intent=None, voice_response=BAD),
        facts.feedback("q-1", rating="up"),
        facts.feedback("q-2", rating="down"),
    )
    assert loop.pairs() == []


@pytest.mark.parametrize(
    ("text", "typed_otherwise"),
    [
        ("Kühlwasserdruck", unicodedata.normalize("NFD", "Kühlwasserdruck")),
        ("Power of pump 2", "Power of pump ２"),
        ("पंप 2 का दबाव", "पंप २ का दबाव"),
        ("泵2的功率", "泵 2 的功率？"),
    ],
)
async def test_spellings_of_one_question_are_the_same_question(
    loop: Loop, facts: Any, text: str, typed_otherwise: str
):
    def about(name: str) -> dict[str, Any]:
        reading = {"equipment": name, "metric": name, "value": 45, "unit": "kW"}
        return {
            "transcript": name,
            "parsed_intent": {"type": "query", "entities": {"devices": [name]}},
            "available_data_summary": {"readings": [reading]},
        }

    composed = {**about(text), "transcript": typed_otherwise}
    await loop.add(
        facts.experience("q-1", voice_response=BAD, **about(text)),
        facts.experience("q-2", voice_response=GOOD, **composed),
        facts.experience("q-3", voice_response=BETTER, **about(unicodedata.normalize("NFD", text))),
        facts.feedback("q-1", rating="down"),
        facts.feedback("q-2", rating="up"),
        facts.feedback("q-3", rating="up"),
    )
    assert {pair.chosen for pair in loop.pairs()} == {GOOD, BETTER}
