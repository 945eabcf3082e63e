"""Wires the ledger service."""

import asyncio
from functools import partial

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ledger.archive.archivist import Archivist
from ledger.archive.metrics import ArchiveMetrics
from ledger.archive.store import ArchiveStore
from ledger.backends.database import open_for_reading
from ledger.backends.disk_reserve import DiskReserve
from ledger.backends.erasure import SqlLedgerErasure
from ledger.backends.sound_database import open_sound
from ledger.backends.stream_ends import StreamEnds
from ledger.backends.writer import SqlLedger
from ledger.backlog import BacklogMetrics, BacklogMonitor
from ledger.handlers import LedgerHandlers, erase
from ledger.metrics import LedgerMetrics
from ledger.reading import LedgerReader
from ledger.repair.clock_watch import ClockWatch
from ledger.repair.stream_watch import StreamWatch
from ledger.replay.rebuilding import LedgerRebuilding
from ledger.settings import LedgerSettings
from ledger.status import ledger_facts
from ratchet.contract import COMMANDS, FORGOTTEN, STREAMS, ForgetRequested, Handlers, Stream
from ratchet.delivery import Consumer, RetryPolicy, has_read, one_by_one
from ratchet.service import Service, create_broker, create_host, create_redis
from ratchet.telemetry import create_tracing


def create_app(settings: LedgerSettings) -> AsgiFastStream:
    """The service, after migrating its database.

    Raises `WrongSchema`, `Unavailable`, and `InvalidArchiveUrl`.
    """
    registry = CollectorRegistry()
    window_days = settings.reward_window_days
    engine = open_sound(settings.ledger_database, window_days)
    ledger = SqlLedger(engine, window_days)
    redis, metrics = create_redis(settings), LedgerMetrics(registry)
    watch = StreamWatch(redis, StreamEnds(engine), metrics)
    clock = ClockWatch(redis, metrics)
    reserve = DiskReserve(settings.data_dir, settings.ledger_disk_reserve_bytes)

    async def before_writing(stream: Stream) -> None:
        if settings.is_on_its_disk:
            reserve.check()
        await watch.compare(stream)

    handlers = LedgerHandlers(ledger, metrics, settings.ledger_pause_s, before_writing)
    erasure = one_by_one(partial(erase, SqlLedgerErasure(engine, ledger)))
    reader = LedgerReader(open_for_reading(settings.ledger_database))
    store = ArchiveStore(settings.archive_place)
    rebuilding = LedgerRebuilding(
        redis, store, settings.ledger_database, settings.data_dir / "ledger.rebuild", window_days
    )
    is_empty = not reader.counts().events
    if is_empty and has_read(str(settings.redis_url), STREAMS, "ledger"):
        rebuilding.request()
    archivist = Archivist(
        redis,
        store,
        settings.retention,
        ArchiveMetrics(registry),
        settings.archive_period_s,
    )
    special: dict[Stream, Handlers] = {COMMANDS: {ForgetRequested: erasure}}
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    service = Service(
        name="ledger",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        tracing=create_tracing("ledger", settings),
        consumers=[
            Consumer(
                stream,
                "ledger",
                {**dict.fromkeys(stream.events, handlers.handle), **special.get(stream, {})},
                1 if stream in special else settings.ledger_batch,
                retry,
                marks_seen=False,
            )
            for stream in STREAMS
        ],
        publishes=[FORGOTTEN],
        background=[
            archivist.run,
            BacklogMonitor(redis, BacklogMetrics(registry)).run,
            watch.run,
            clock.run,
            rebuilding.run,
            rebuilding.end_when_damaged,
        ],
        storage=partial(asyncio.to_thread, reader.problem),
        status=partial(ledger_facts, handlers, reader, watch, lambda: rebuilding.problem, clock),
    )
    return create_host(service)
