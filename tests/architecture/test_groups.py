"""The groups that streams declare are those that services read in: trimming depends on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from faststream.asgi import AsgiFastStream

from exporter.app import create_app as exporter
from exporter.settings import ExporterSettings
from ingest.ranking.scorer_watch import CHANGES
from ledger.app import create_app as ledger
from ledger.settings import LedgerSettings
from ratchet.contract import SCORERS, STREAMS
from reward.app import create_app as reward
from reward.settings import RewardSettings
from trainer.app import create_app as trainer
from trainer.settings import TrainerSettings


@pytest.fixture
def services(tmp_path: Path) -> list[AsgiFastStream]:
    common = {"data_dir": tmp_path}
    teacher = {"trainer_teacher_url": "http://127.0.0.1:1/v1", "trainer_teacher_model": "m"}
    return [
        reward(RewardSettings.model_validate(common)),
        trainer(TrainerSettings.model_validate(common | teacher)),
        exporter(ExporterSettings.model_validate(common)),
        ledger(LedgerSettings.model_validate(common)),
    ]


def groups_read(services: list[AsgiFastStream]) -> Iterator[tuple[str, str]]:
    """The key of a stream and the group of each consumer."""
    for service in services:
        assert service.broker is not None
        for subscriber in service.broker.subscribers:
            stream = subscriber.stream_sub  # type: ignore[attr-defined]
            yield stream.name, stream.group


def test_streams_declare_the_groups_that_services_read_in(services: list[AsgiFastStream]):
    declared = {(stream.key, group) for stream in STREAMS for group in stream.groups}
    assert set(groups_read(services)) == declared


def test_scorer_events_that_a_new_reader_needs_are_kept_for_it():
    assert SCORERS.tails == ("ingest",)
    assert SCORERS.keeps == CHANGES
