"""The register of published scorers, with one event per change."""

from sqlalchemy import Engine

from ratchet.contract import ArtifactRef, Evidence, RankingPolicy, ScorerPublished, ScorerWithdrawn
from trainer.backends.sql.outbox import SqlOutbox
from trainer.backends.sql.scorer_register import SqlScorerRegister

from .conftest import MORNING


def published(version: str) -> ScorerPublished:
    return ScorerPublished(
        event_id=f"published-{version}",
        occurred_at=MORNING,
        version=version,
        trained_on=1,
        reason="at least as good",
        evidence=Evidence(basis="held-out plans"),
        artifact=ArtifactRef(sha256="0" * 64, size=1, name="scorer.safetensors"),
        parameters=28_193,
        embedding="hashing",
        policy=RankingPolicy(),
    )


def test_the_last_published_scorer_serves_until_it_is_withdrawn(
    register: SqlScorerRegister, engine: Engine
) -> None:
    assert register.in_service() is None
    for version in ("s1", "s2"):
        register.publish(published(version))
    assert register.in_service() == published("s2")
    withdrawn = ScorerWithdrawn(
        event_id="withdrawn-s2",
        occurred_at=MORNING,
        version="s2",
        trained_on=1,
        reason="worse",
        evidence=Evidence(basis="logged decisions"),
    )
    register.withdraw("s2", withdrawn)
    assert register.in_service() is None
    assert SqlOutbox(engine).unpublished() == [published("s1"), published("s2"), withdrawn]
    register.publish(published("s3"))
    assert register.in_service() == published("s3")


def test_publishing_the_same_scorer_twice_has_one_effect(
    register: SqlScorerRegister, engine: Engine
) -> None:
    for _ in range(2):
        register.publish(published("s1"))
    assert SqlOutbox(engine).unpublished() == [published("s1")]
    assert register.superseded(0) == [published("s1")]


def test_older_scorers_are_superseded_until_they_are_removed(
    register: SqlScorerRegister,
) -> None:
    for number in range(5):
        register.publish(published(f"s{number}"))
    assert [event.version for event in register.superseded(2)] == ["s2", "s1", "s0"]
    for version in ("s0", "s1", "s2"):
        register.remove(version)
    assert register.superseded(2) == []
    assert register.in_service() == published("s4")
