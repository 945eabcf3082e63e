"""The ledger leaves a part of the disk to Redis: it pauses, and its events wait."""

import shutil
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ledger.backends.database import open_for_writing
from ledger.backends.disk_reserve import DiskReserve
from ledger.backends.writer import SqlLedger
from ledger.handlers import LedgerHandlers
from ledger.metrics import LedgerMetrics
from ledger.settings import LedgerSettings
from ratchet.contract import Stream, TrainingRequested, Unavailable, utc_now
from ratchet.delivery import new_id
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState


async def test_a_batch_waits_while_the_disk_has_less_than_the_reserve(tmp_path: Path):
    engine = open_for_writing(f"sqlite:///{tmp_path}/ledger.db")
    reserve = DiskReserve(tmp_path, shutil.disk_usage(tmp_path).total)

    async def before_writing(stream: Stream) -> None:
        reserve.check()

    metrics = LedgerMetrics(CollectorRegistry())
    handlers = LedgerHandlers(SqlLedger(engine), metrics, 0, before_writing)
    event = TrainingRequested(event_id=new_id(), occurred_at=utc_now(), requested_by="a")
    with pytest.raises(Unavailable, match="RATCHET_LEDGER_DISK_RESERVE_BYTES"):
        await handlers.handle(delivered([event]), MemoryState())
    assert "pauses" in (handlers.trouble or "")


def test_a_disk_with_more_is_used(tmp_path: Path):
    DiskReserve(tmp_path, 1).check()


def test_a_database_on_a_server_needs_no_reserve(tmp_path: Path):
    assert LedgerSettings(data_dir=tmp_path).is_on_its_disk
    elsewhere = "postgresql+psycopg://ratchet:x@db/ratchet"
    assert not LedgerSettings(data_dir=tmp_path, ledger_url=elsewhere).is_on_its_disk
