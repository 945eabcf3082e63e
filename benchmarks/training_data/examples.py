"""Examples from a simulated plant: pairs, the same texts as labels, and demonstrations."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random

from ratchet.contract import (
    Aspect,
    ChatMessage,
    DemonstrationBuilt,
    Experience,
    LabelBuilt,
    PairBuilt,
    Reading,
    Source,
    derived_id,
    prompt_of,
)
from ratchet.measures import plan_text, prompt_for
from reward.domain.answers.recorded_answer import RecordedAnswer, recorded_answer
from reward.domain.examples.question import question_keys, question_of
from simulator import Site, Turn, simulate
from simulator.plant import NUMBERED
from simulator.wording import Wording

START = datetime(2026, 1, 1, tzinfo=UTC)
Served = Callable[[Turn, Sequence[Reading]], tuple[ChatMessage, ...]]
"""The messages that an application sends for the question of a turn and its readings."""


def draw(
    seed: int,
    area: str,
    unseen: bool,
    voice: int,
    widget: int,
    *,
    site: Site = NUMBERED,
    absent_share: float = 0.0,
    wording: Wording = "all",
    served: Served | None = None,
) -> list[PairBuilt]:
    """Pairs about `area` if `unseen`, else about all other areas, in random order.

    With `wording` "taught" for training and "held_out" for evaluation, the questions asked have
    phrasings and their answers shapes that training never saw. With `served`, spoken answers were
    given to these messages; a question's facts and answers are the same as without.
    """
    results: dict[str, list[PairBuilt]] = {"voice": [], "widget": []}
    target = {"voice": voice, "widget": widget}
    plant = partial(simulate, start=START, site=site, absent_share=absent_share, wording=wording)
    for turns in _situations(plant, seed, area, unseen):
        for pair in (_voice_pair(turns, served), _widget_pair(turns)):
            if pair is not None and len(results[pair.aspect]) < target[pair.aspect]:
                results[pair.aspect].append(pair)
        if all(len(results[aspect]) >= target[aspect] for aspect in results):
            break
    chosen = [*results["voice"], *results["widget"]]
    Random(seed).shuffle(chosen)
    return chosen


def labels_of(pairs: Sequence[PairBuilt], seed: int) -> list[LabelBuilt]:
    """Both texts of each pair as labels, in random order."""
    labels = [
        LabelBuilt.model_validate(
            {
                **pair.model_dump(exclude={"type", "chosen", "rejected"}),
                "example_id": derived_id(pair.example_id, answer),
                "answer": answer,
                "desirable": desirable,
                "reward": 1.0 if desirable else -1.0,
            }
        )
        for pair in pairs
        for answer, desirable in ((pair.chosen, True), (pair.rejected, False))
    ]
    Random(seed).shuffle(labels)
    return labels


def demonstrations_of(pairs: Sequence[PairBuilt]) -> list[DemonstrationBuilt]:
    """The better answer of each pair as a demonstration."""
    return [
        DemonstrationBuilt.model_validate(
            {
                **pair.model_dump(exclude={"type", "chosen", "rejected"}),
                "answer": pair.chosen,
                "reward": 1.0,
            }
        )
        for pair in pairs
    ]


def _situations(
    plant: Callable[[int, int, int], Iterable[Turn]], seed: int, area: str, unseen: bool
) -> Iterator[list[Turn]]:
    """Endless turns, grouped by question."""
    while True:
        turns: dict[int, list[Turn]] = {}
        for turn in plant(seed, 400, 4):
            if (turn.truth.area == area) == unseen:
                turns.setdefault(turn.truth.situation, []).append(turn)
        yield from turns.values()
        seed += 1


def _voice_pair(turns: list[Turn], served: Served | None) -> PairBuilt | None:
    good = [turn for turn in turns if turn.truth.voice == "good"]
    bad = [turn for turn in turns if turn.truth.voice != "good"]
    if not good or not bad:
        return None
    chosen, rejected = (str(turn.experience["voice_response"]) for turn in (good[0], bad[0]))
    messages = served(good[0], _answered(good[0]).readings) if served else ()
    return _pair("voice", good[0], bad[0], chosen, rejected, messages)


def _widget_pair(turns: list[Turn]) -> PairBuilt | None:
    best = max(turns, key=lambda turn: turn.truth.plan_quality)
    worst = min(turns, key=lambda turn: turn.truth.plan_quality)
    if best.truth.plan_quality - worst.truth.plan_quality < 0.4:
        return None
    return _pair("widget", best, worst, _plan(best), _plan(worst))


def _answered(turn: Turn) -> RecordedAnswer:
    return recorded_answer(Experience.model_validate(turn.experience))


def _plan(turn: Turn) -> str:
    answer = _answered(turn)
    return plan_text(answer.heading, [(w.scenario, w.size) for w in answer.widgets])


def _pair(
    aspect: Aspect,
    best: Turn,
    worst: Turn,
    chosen: str,
    rejected: str,
    messages: tuple[ChatMessage, ...] = (),
) -> PairBuilt:
    answered = _answered(best).served_with(messages)
    own = prompt_for(aspect, answered.transcript, answered.readings)
    prompt = prompt_of(messages) if messages else own
    keys = question_keys(answered, "question", {aspect: messages} if messages else None)
    example_id = derived_id(aspect, prompt, chosen, rejected)
    return PairBuilt(
        event_id=example_id,
        occurred_at=datetime.fromisoformat(str(best.experience["timestamp"])),
        example_id=example_id,
        revision=1,
        aspect=aspect,
        rule="same_question",
        question=question_of(answered, keys[aspect]),
        prompt=prompt,
        messages=messages,
        sources=(_source(best), _source(worst)),
        chosen=chosen,
        rejected=rejected,
        chosen_reward=1.0,
        rejected_reward=-1.0,
    )


def _source(turn: Turn) -> Source:
    experience = turn.experience
    return Source(
        query_id=str(experience["query_id"]), revision=1, user_id=str(experience["user_id"])
    )
