"""A version that the server of the alias has read and serves wrongly is taken out of service."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisDown

from exporter.domain.registry.alias_history import Move
from ratchet.contract import ModelRefused, ModelRolledBack, utc_now
from ratchet_testing.fakes import MemoryPublisher

from .one_model_server import OneModelServer
from .test_alias_server import WORDS, Watched
from .test_alias_server import watched as watched

WRONG = ("I", " am", " a", " plant", ".")


async def after_two_checks(watched: Watched) -> str | None:
    """The active version after two checks that the server was there for."""
    for _ in range(2):
        await watched.look(after_s=60)
    return await watched.records.active()


async def activate(watched: Watched, cause: str, version: str) -> None:
    """As by a command."""
    previous = await watched.records.active()
    move = Move(cause=cause, at=utc_now(), version=version, previous=previous)
    await watched.check.withdrawal.alias.carry_out(move, [watched.records])


def serve_wrongly(server: OneModelServer, version: str) -> None:
    server.words = {**server.words, version: WRONG}


@pytest.mark.parametrize("reload", [True, False])
async def test_the_version_before_becomes_active_again_and_the_model_is_refused(
    watched: Watched, reload: bool
) -> None:
    watched.restart(reload=reload)
    await watched.look()
    serve_wrongly(watched.server, "v2")
    await watched.records.move_alias("v2")
    if not reload:
        assert await after_two_checks(watched) == "v2", "it has not read v2 yet"
        watched.server.start()

    assert await after_two_checks(watched) == "v1"
    back, refused = watched.published.events
    assert isinstance(back, ModelRolledBack)
    assert (back.previous, back.version, back.registries) == ("v2", "v1", ("local",))
    assert isinstance(refused, ModelRefused)
    assert refused.run_id == "run-1"
    assert refused.reason.startswith("the server does not answer as v2: ")
    assert back.reason == refused.reason
    assert refused.served is not None
    assert refused.served.faults
    assert await watched.records.versions() == ("v1", "v3")

    if not reload:
        watched.server.start()
    assert (await watched.look(after_s=60)).version == "v1"
    assert watched.server.version == "v1"
    assert len(watched.server.reloads) == (2 if reload else 0)


async def test_another_chat_template_in_the_new_file_is_no_way_to_serve_it(
    watched: Watched,
) -> None:
    watched.restart(reload=True)
    await watched.look()
    await watched.records.move_alias("v2")
    await watched.look()
    assert watched.states[-1].version == "v2"

    watched.server.template = "Q: "
    await watched.records.move_alias("v3")
    assert await after_two_checks(watched) == "v2"
    refused = watched.published.events[-1]
    assert isinstance(refused, ModelRefused)
    assert "v3" in refused.reason


async def test_a_server_that_is_away_or_has_not_read_the_file_stays_pending(
    watched: Watched,
) -> None:
    await watched.look()
    await watched.records.move_alias("v2")
    await after_two_checks(watched)
    watched.server.loaded = None
    for _ in range(3):
        await watched.look(after_s=60)

    assert await watched.records.active() == "v2"
    assert watched.published.events == []


async def test_answers_of_two_versions_while_the_server_reloads_are_no_proof(
    watched: Watched,
) -> None:
    watched.restart(reload=True)
    await watched.look()
    serve_wrongly(watched.server, "v2")
    await watched.records.move_alias("v2")
    await watched.look()
    watched.server.words = WORDS

    assert (await watched.look(after_s=60)).version == "v2"
    assert watched.published.events == []


async def test_the_first_version_stays_and_the_remedy_is_shown(watched: Watched) -> None:
    serve_wrongly(watched.server, "v1")
    assert await after_two_checks(watched) == "v1"

    state = await watched.look(after_s=60)
    assert state.problem is not None
    assert "; correct its chat template and options, then restart it" in state.problem
    assert watched.published.events == []


async def test_a_server_that_served_the_version_before_wrongly_refuses_no_model(
    watched: Watched,
) -> None:
    await watched.look()
    watched.server.template = "Q: "
    watched.restart()
    await after_two_checks(watched)
    await watched.records.move_alias("v2")
    watched.server.start()

    assert await after_two_checks(watched) == "v2"
    assert watched.published.events == []


async def test_the_way_back_is_known_after_a_restart_of_the_exporter(watched: Watched) -> None:
    await watched.look()
    serve_wrongly(watched.server, "v2")
    await watched.records.move_alias("v2")
    watched.server.start()
    watched.restart()

    assert await after_two_checks(watched) == "v1"


async def test_a_version_that_was_in_service_before_is_not_removed(watched: Watched) -> None:
    watched.restart(reload=True)
    for at, version in enumerate(("v1", "v2", "v1")):
        await activate(watched, f"command-{at}", version)
        assert (await watched.look(after_s=60)).version == version
    serve_wrongly(watched.server, "v2")
    await activate(watched, "command-3", "v2")

    assert await after_two_checks(watched) == "v1"
    assert [type(event) for event in watched.published.events] == [ModelRolledBack]
    assert "v2" in await watched.records.versions()


async def test_a_version_that_an_operator_chose_meanwhile_stays_active(watched: Watched) -> None:
    await watched.look()
    serve_wrongly(watched.server, "v2")
    await watched.records.move_alias("v2")
    watched.server.start()
    await watched.look()
    parity = watched.states[-1].parity
    assert parity is not None
    await activate(watched, "command", "v3")
    await watched.check.withdrawal.withdraw("v2", "v1", parity, "wrong")

    assert await watched.records.active() == "v3"
    assert watched.published.events == []


class Down(MemoryPublisher):
    async def publish(self, *arguments: Any, **options: Any) -> Any:
        raise RedisDown("down")


@pytest.mark.parametrize("killed", [False, True])
async def test_what_redis_or_a_kill_interrupted_is_published_later(
    watched: Watched, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    watched.restart(reload=True)
    await watched.look()
    serve_wrongly(watched.server, "v2")
    await watched.records.move_alias("v2")
    kept = watched.published.publish
    monkeypatch.setattr(watched.published, "publish", Down().publish)
    with pytest.raises(RedisDown):
        await after_two_checks(watched)
    assert await watched.records.active() == "v1"
    monkeypatch.setattr(watched.published, "publish", kept)
    if killed:
        watched.restart(reload=True)

    assert (await watched.look(after_s=60)).version == "v1"
    back, refused = watched.published.events
    assert isinstance(back, ModelRolledBack)
    assert isinstance(refused, ModelRefused)
    assert refused.reason.startswith("the server does not answer as v2")
    assert (refused.served is None) is killed
    assert await watched.records.versions() == ("v1", "v3")
    watched.restart(reload=True)
    await watched.look(after_s=60)
    assert len(watched.published.events) == 2
