"""Facts in, rewards and examples out: all state lives in Redis, read and written with the ack."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from ratchet.events.base import Event, Value, derived_id
from ratchet.events.reward import ExperienceScored
from ratchet.outcomes import Done, Outcome, State, Write
from reward.domain.answered import Answered, Fact, offers, query_id_of, revise
from reward.domain.live import QuestionState, offer
from reward.metrics import RewardMetrics
from reward.settings import RewardSettings

V = TypeVar("V", bound=Value)
_DAY_S = 86_400


class RewardHandlers:
    """One handler for both streams of facts: the same fold, whichever comes first."""

    def __init__(self, settings: RewardSettings, metrics: RewardMetrics) -> None:
        self._weights = settings.reward_weights
        self._rules = settings.reward_pairing
        self._ttl_s = settings.reward_window_days * _DAY_S
        self._settings_hash = derived_id(self._weights.model_dump_json())[:12]
        self._metrics = metrics

    async def handle(self, batch: Sequence[Fact], state: State) -> Sequence[Outcome]:
        query_ids = sorted({query_id_of(fact) for fact in batch})
        answered = await _read(state, {q: answer_key(q) for q in query_ids}, Answered)
        steps: list[tuple[Fact, Answered, Answered]] = []
        for fact in batch:
            before = answered.get(query_id_of(fact), Answered())
            after = revise(before, fact, self._weights)
            answered[query_id_of(fact)] = after
            steps.append((fact, before, after))
        keys = {a.question.key for _, *pair in steps for a in pair if a.question}
        questions = await _read(state, {key: question_key(key) for key in keys}, QuestionState)
        outcomes = [self._settle(*step, questions) for step in steps]
        self._metrics.count(outcomes)
        return outcomes

    def _settle(
        self,
        fact: Fact,
        before: Answered,
        after: Answered,
        questions: dict[str, QuestionState],
    ) -> Done:
        query_id = query_id_of(fact)
        writes = [self._write(answer_key(query_id), after)]
        if after.revision == before.revision or after.question is None:
            return Done(writes=tuple(writes))
        emits: list[Event] = [self._scored(fact, after)]
        moved = before.question is not None and before.question.key != after.question.key
        changes = [(before.question, ())] if moved and before.question else []
        for question, candidates in [*changes, (after.question, offers(after))]:
            known = questions.get(question.key, QuestionState(question=question))
            questions[question.key], events = offer(known, query_id, candidates, self._rules, fact)
            emits.extend(events)
            writes.append(self._write(question_key(question.key), questions[question.key]))
        return Done(emits=tuple(emits), writes=tuple(writes))

    def _scored(self, fact: Fact, answered: Answered) -> ExperienceScored:
        score, experience = answered.score, answered.facts.experience
        assert score is not None and experience is not None
        rating = answered.facts.said.get("rating")
        return ExperienceScored(
            event_id=derived_id(fact.event_id, "scored"),
            occurred_at=fact.occurred_at,
            caused_by=fact.event_id,
            query_id=experience.query_id,
            user_id=experience.user_id,
            revision=answered.revision,
            rating=rating.value if rating else None,
            total=score.total,
            components=score.components,
            widget_reward=score.widget_reward,
            voice_reward=score.voice_reward,
            voice_response_rating=score.voice_rating,
            text_quality=score.text_quality,
            settings_hash=self._settings_hash,
        )

    def _write(self, key: str, value: Value) -> Write:
        return Write(key, value.model_dump_json(exclude_defaults=True).encode(), self._ttl_s)


def answer_key(query_id: str) -> str:
    return f"ratchet:reward:answer:{query_id}"


def question_key(key: str) -> str:
    return f"ratchet:reward:question:{key}"


async def _read(state: State, keys: Mapping[str, str], model: type[V]) -> dict[str, V]:
    found = await state.read(list(keys.values()))
    return {
        name: model.model_validate_json(value)
        for name, key in keys.items()
        if (value := found[key]) is not None
    }
