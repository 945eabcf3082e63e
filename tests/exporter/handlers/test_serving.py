"""The alias moves to a model only after the server has answered like the trained model."""

from typing import Any

import pytest

from ratchet.contract import Done, Later, ModelActivated, ModelRefused, ModelRegistered, Outcome

from .conftest import Checkpoints
from .stand_ins import GOOD, OTHER, REFERENCE, FixedAnswers


@pytest.fixture
def server(checkpoints: Checkpoints) -> FixedAnswers:
    """Answers for the handler's Ollama; exports have reference answers."""
    checkpoints.exporter.change(references=(REFERENCE,) * 3)
    server = FixedAnswers(checkpoints.registries.ollama)
    checkpoints.handler.server = server
    return server


def only(outcome: Outcome, kind: type) -> Any:
    assert isinstance(outcome, Done), outcome
    [event] = [event for event in outcome.emits if isinstance(event, kind)]
    return event


async def test_the_answers_are_compared_before_the_alias_moves(
    checkpoints: Checkpoints, server: FixedAnswers
) -> None:
    first = await checkpoints.deliver(checkpoints.checkpoint(1))
    second = await checkpoints.deliver(checkpoints.checkpoint(2))

    versions = await checkpoints.versions()
    prompts = (REFERENCE.turns,) * 3
    assert server.requests == [(versions[0], prompts, None), (versions[1], prompts, versions[0])]
    served = only(first, ModelRegistered).served
    assert (served.target, served.top1, served.tokens, served.kl_mean) == ("ollama", 1.0, 15, 0.0)
    assert only(second, ModelActivated).version == versions[1]
    metrics = checkpoints.handler.metrics
    assert metrics.served_top1.labels("ollama")._value.get() == 1.0
    assert metrics.served_kl.labels("ollama", "p99")._value.get() == 0.0


async def test_a_model_that_answers_differently_is_removed_and_refused_with_its_figures(
    checkpoints: Checkpoints, server: FixedAnswers, ollama: Any
) -> None:
    await checkpoints.deliver(checkpoints.checkpoint(1))
    [before] = await checkpoints.versions()
    server.answer = OTHER
    refused = only(await checkpoints.deliver(checkpoints.checkpoint(2)), ModelRefused)

    assert [fault.name for fault in refused.served.faults] == ["agreement"]
    assert "ollama does not serve the trained model: agreement: " in refused.reason
    assert refused.served.top1 == 0.0
    assert set(ollama.tags) == {"m:latest", f"m:{before}"}
    assert await checkpoints.versions() == (before,)
    assert await server.active() == await checkpoints.active() == before


async def test_a_redelivery_publishes_the_same_refusal(
    checkpoints: Checkpoints, server: FixedAnswers
) -> None:
    server.answer = OTHER
    first, again = [
        only(await checkpoints.deliver(checkpoints.checkpoint()), ModelRefused) for _ in range(2)
    ]

    assert (first.event_id, first.served) == (again.event_id, again.served)


async def test_a_connection_lost_while_the_server_answers_is_retried(
    checkpoints: Checkpoints, server: FixedAnswers
) -> None:
    server.answer = None
    outcome = await checkpoints.deliver(checkpoints.checkpoint())
    assert isinstance(outcome, Later)
    assert "connection lost" in outcome.reason
    assert await checkpoints.active() is None

    server.answer = GOOD
    only(await checkpoints.deliver(checkpoints.checkpoint()), ModelActivated)
    assert checkpoints.exporter.calls == 1


async def test_an_active_version_is_never_removed(
    checkpoints: Checkpoints, server: FixedAnswers
) -> None:
    await checkpoints.deliver(checkpoints.checkpoint())
    server.answer = OTHER
    outcome = await checkpoints.deliver(checkpoints.checkpoint())

    assert isinstance(outcome, Later)
    assert "is active already, but ollama does not serve" in outcome.reason
    assert await server.active() == await checkpoints.active() is not None


async def test_without_references_no_answers_are_requested(
    checkpoints: Checkpoints, server: FixedAnswers
) -> None:
    checkpoints.exporter.change(references=())
    registered = only(await checkpoints.deliver(checkpoints.checkpoint()), ModelRegistered)

    assert (registered.served, server.requests) == (None, [])


async def test_a_model_whose_chats_the_server_renders_otherwise_is_refused_without_answers(
    checkpoints: Checkpoints, server: FixedAnswers, ollama: Any
) -> None:
    server.rendered = "another chat"
    refused = only(await checkpoints.deliver(checkpoints.checkpoint()), ModelRefused)

    assert [fault.name for fault in refused.served.faults] == ["template"]
    assert "update Ollama to 0.30 or later" in refused.reason
    assert (ollama.creations, ollama.tags, server.requests) == (2, {}, [])


async def test_a_server_that_does_not_report_what_it_renders_is_judged_by_its_answers(
    checkpoints: Checkpoints, server: FixedAnswers, ollama: Any
) -> None:
    server.rendered = None
    only(await checkpoints.deliver(checkpoints.checkpoint(1)), ModelActivated)
    assert ollama.creations == 1

    server.answer = OTHER
    only(await checkpoints.deliver(checkpoints.checkpoint(2)), ModelRefused)
    assert ollama.creations == 3, "without a template, then with the known one"
