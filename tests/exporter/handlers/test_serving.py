"""No alias moves to a model before it has answered like the trained one where it is served."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from exporter.domain.parity.answers import AnswerToken, ReferenceAnswer, ServerAnswer
from exporter.ports import Registry, RegistryError
from ratchet.contract import Done, Later, ModelActivated, ModelRefused, ModelRegistered, Outcome

WORDS = ("All", " is", " well", ".")
TOKENS = tuple(AnswerToken(text=word, logprob=0.0, top=((word, 0.0),)) for word in WORDS)
REFERENCE = ReferenceAnswer(prompt="Any alarm?", rendered="chat", tokens=TOKENS, ended=True)
GOOD = ServerAnswer(text="All is well.", tokens=TOKENS, ended=True, rendered="chat")
OTHER = ServerAnswer(text="I am a helpful assistant.", ended=True, rendered="another chat")


@dataclass
class Answers:
    """A registry whose models say `said`, or whose server is away when it should answer."""

    registry: Registry
    said: ServerAnswer | None
    asked: list[tuple[str, tuple[str, ...], str | None]] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.registry, name)

    async def answers(
        self, version: str, prompts: Sequence[str], limit: int
    ) -> tuple[ServerAnswer, ...]:
        self.asked.append((version, tuple(prompts), await self.registry.active()))
        if self.said is None:
            raise RegistryError("Ollama, generate: connection lost")
        return tuple(self.said for _ in prompts)


@pytest.fixture
def serving(place: Any) -> Answers:
    """What the place's Ollama answers; exports know how the trained model answers."""
    export = place.exporter.export_
    place.exporter.export_ = export.model_copy(update={"references": (REFERENCE,) * 3})
    place.handler.server = Answers(place.handler.server, GOOD)
    return place.handler.server


def only(outcome: Outcome, kind: type) -> Any:
    assert isinstance(outcome, Done), outcome
    [event] = [event for event in outcome.emits if isinstance(event, kind)]
    return event


async def test_it_answers_before_the_alias_moves_and_the_figures_are_told(
    place: Any, serving: Answers
) -> None:
    first = await place.deliver(place.checkpoint(1))
    second = await place.deliver(place.checkpoint(2))

    versions = await place.handler.records.versions()
    prompts = (REFERENCE.prompt,) * 3
    assert serving.asked == [(versions[0], prompts, None), (versions[1], prompts, versions[0])]
    served = only(first, ModelRegistered).served
    assert (served.target, served.top1, served.tokens, served.kl_mean) == ("ollama", 1.0, 15, 0.0)
    assert only(second, ModelActivated).version == versions[1]
    metrics = place.handler.metrics
    assert metrics.served_top1.labels("ollama")._value.get() == 1.0
    assert metrics.served_kl.labels("ollama", "p99")._value.get() == 0.0


async def test_a_model_that_answers_otherwise_is_withdrawn_and_refused_with_the_table(
    place: Any, serving: Answers, ollama: Any
) -> None:
    await place.deliver(place.checkpoint(1))
    [before] = await place.handler.records.versions()
    serving.said = OTHER
    refused = only(await place.deliver(place.checkpoint(2)), ModelRefused)

    assert [fault.name for fault in refused.served.faults] == ["template", "agreement"]
    assert "ollama does not serve the trained model: template: " in refused.reason
    assert refused.served.top1 == 0.0
    assert set(ollama.tags) == {"m:latest", f"m:{before}"}
    assert await place.handler.records.versions() == (before,)
    assert await serving.active() == await place.handler.records.active() == before


async def test_a_refusal_is_the_same_event_when_it_is_delivered_again(
    place: Any, serving: Answers
) -> None:
    serving.said = OTHER
    first, again = [only(await place.deliver(place.checkpoint()), ModelRefused) for _ in range(2)]

    assert (first.event_id, first.served) == (again.event_id, again.served)


async def test_a_server_that_goes_away_while_it_answers_is_asked_later(
    place: Any, serving: Answers
) -> None:
    serving.said = None
    outcome = await place.deliver(place.checkpoint())
    assert isinstance(outcome, Later)
    assert "connection lost" in outcome.reason
    assert await place.handler.records.active() is None

    serving.said = GOOD
    only(await place.deliver(place.checkpoint()), ModelActivated)
    assert place.exporter.calls == 1


async def test_what_serves_already_is_never_taken_away(place: Any, serving: Answers) -> None:
    await place.deliver(place.checkpoint())
    serving.said = OTHER
    outcome = await place.deliver(place.checkpoint())

    assert isinstance(outcome, Later)
    assert "is active already, but ollama does not serve" in outcome.reason
    assert await serving.active() == await place.handler.records.active() is not None


async def test_without_references_nothing_is_asked(place: Any, serving: Answers) -> None:
    export = place.exporter.export_
    place.exporter.export_ = export.model_copy(update={"references": ()})
    registered = only(await place.deliver(place.checkpoint()), ModelRegistered)

    assert (registered.served, serving.asked) == (None, [])


async def test_a_server_that_keeps_another_template_is_refused_by_its_name(
    place: Any, ollama: Any
) -> None:
    ollama.template = "{{ .Prompt }}"
    refused = only(await place.deliver(place.checkpoint()), ModelRefused)

    assert "with another template than was sent" in refused.reason
    assert ollama.tags == {}
