"""What a simulated plant gives to learn from: pairs, the same texts as labels, demonstrations."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from random import Random

from ratchet.contract import Aspect, Experience, derived_id
from ratchet.measures import plan_text, prompt_for
from reward.domain.examples.question import question_keys, question_of
from reward.domain.state.answer import Answer, answer_of
from simulator import Turn, simulate
from trainer.domain.examples.training_example import (
    TrainingDemonstration,
    TrainingLabel,
    TrainingPair,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


def draw(seed: int, area: str, unseen: bool, voice: int, widget: int) -> list[TrainingPair]:
    """Pairs about `area` alone if `unseen`, else about all other areas, in random order."""
    found: dict[str, list[TrainingPair]] = {"voice": [], "widget": []}
    wanted = {"voice": voice, "widget": widget}
    for turns in _situations(seed, area, unseen):
        for pair in (_voice_pair(turns), _widget_pair(turns)):
            if pair is not None and len(found[pair.aspect]) < wanted[pair.aspect]:
                found[pair.aspect].append(pair)
        if all(len(found[aspect]) >= wanted[aspect] for aspect in found):
            break
    chosen = [*found["voice"], *found["widget"]]
    Random(seed).shuffle(chosen)
    return chosen


def labels_of(pairs: Sequence[TrainingPair], seed: int) -> list[TrainingLabel]:
    """Both texts of each pair as single labels, in random order."""
    labels = [
        TrainingLabel.model_validate(
            {
                **pair.model_dump(exclude={"kind", "chosen", "rejected"}),
                "example_id": derived_id(pair.example_id, answer),
                "answer": answer,
                "desirable": desirable,
            }
        )
        for pair in pairs
        for answer, desirable in ((pair.chosen, True), (pair.rejected, False))
    ]
    Random(seed).shuffle(labels)
    return labels


def demonstrations_of(pairs: Sequence[TrainingPair]) -> list[TrainingDemonstration]:
    """The better side of each pair as an answer to imitate."""
    return [
        TrainingDemonstration.model_validate(
            {**pair.model_dump(exclude={"kind", "chosen", "rejected"}), "answer": pair.chosen}
        )
        for pair in pairs
    ]


def _situations(seed: int, area: str, unseen: bool) -> Iterator[list[Turn]]:
    """Turns that answer one question, situation by situation, without end."""
    while True:
        turns: dict[int, list[Turn]] = {}
        for turn in simulate(seed, 400, 4, start=START):
            if (turn.truth.area == area) == unseen:
                turns.setdefault(turn.truth.situation, []).append(turn)
        yield from turns.values()
        seed += 1


def _voice_pair(turns: list[Turn]) -> TrainingPair | None:
    good = [turn for turn in turns if turn.truth.voice == "good"]
    bad = [turn for turn in turns if turn.truth.voice != "good"]
    if not good or not bad:
        return None
    chosen, rejected = (str(turn.experience["voice_response"]) for turn in (good[0], bad[0]))
    return _pair("voice", good[0], bad[0], chosen, rejected)


def _widget_pair(turns: list[Turn]) -> TrainingPair | None:
    best = max(turns, key=lambda turn: turn.truth.plan_quality)
    worst = min(turns, key=lambda turn: turn.truth.plan_quality)
    if best.truth.plan_quality - worst.truth.plan_quality < 0.4:
        return None
    return _pair("widget", best, worst, _plan(best), _plan(worst))


def _answered(turn: Turn) -> Answer:
    return answer_of(Experience.model_validate(turn.experience))


def _plan(turn: Turn) -> str:
    answer = _answered(turn)
    return plan_text(answer.heading, [(w.scenario, w.size) for w in answer.widgets])


def _pair(aspect: Aspect, best: Turn, worst: Turn, chosen: str, rejected: str) -> TrainingPair:
    asked = _answered(best)
    prompt = prompt_for(aspect, asked.transcript, asked.readings)
    users = {str(turn.experience["user_id"]) for turn in (best, worst)}
    return TrainingPair(
        example_id=derived_id(aspect, prompt, chosen, rejected),
        revision=1,
        aspect=aspect,
        rule="same_question",
        question=question_of(asked, question_keys(asked, "question")[aspect]),
        prompt=prompt,
        users=tuple(sorted(users)),
        at=datetime.fromisoformat(str(best.experience["timestamp"])),
        chosen=chosen,
        rejected=rejected,
    )
