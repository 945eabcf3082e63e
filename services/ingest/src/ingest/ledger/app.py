"""The only wiring of the ledger's process."""

from faststream.asgi import AsgiFastStream
from prometheus_client import CollectorRegistry

from ingest.archive.archivist import Archivist
from ingest.archive.metrics import ArchiveMetrics
from ingest.archive.store import ArchiveStore
from ingest.ledger.backends.database import open_for_reading, open_for_writing
from ingest.ledger.backends.forgetting import SqlForgetting
from ingest.ledger.backends.migration import migrate
from ingest.ledger.backends.reader import SqlLedgerReader
from ingest.ledger.backends.writer import SqlLedger
from ingest.ledger.backlog import Backlog
from ingest.ledger.backlog_metrics import BacklogMetrics
from ingest.ledger.forgetting import CommandHandler
from ingest.ledger.handlers import LedgerHandlers
from ingest.ledger.metrics import LedgerMetrics
from ingest.ledger.settings import LedgerSettings
from ingest.ledger.status import LedgerStatus
from ratchet.broker import create_broker, create_redis
from ratchet.delivery.consumer import Consumer, RetryPolicy
from ratchet.host import create_host
from ratchet.service import Service
from ratchet.streams import COMMANDS, FORGOTTEN, STREAMS
from ratchet.tracing.tracer import create_tracer


def create_app(settings: LedgerSettings) -> AsgiFastStream:
    """The database is brought up to date first.

    Raises `WrongSchema` and `Unavailable`, and `CannotOpen` where the archive's URL names no place.
    """
    registry = CollectorRegistry()
    engine = open_for_writing(settings.ledger_database)
    migrate(engine)
    ledger = SqlLedger(engine)
    handlers = LedgerHandlers(ledger, LedgerMetrics(registry), settings.ledger_pause_s)
    commands = CommandHandler(SqlForgetting(engine, ledger), handlers)
    reader = SqlLedgerReader(open_for_reading(settings.ledger_database))
    redis = create_redis(settings)
    archivist = Archivist(
        redis, ArchiveStore(settings.archive_place), settings, ArchiveMetrics(registry)
    )
    retry = RetryPolicy(settings.retry_max_attempts, settings.retry_base_s)
    service = Service(
        name="ledger",
        settings=settings,
        broker=create_broker(settings),
        redis=redis,
        registry=registry,
        tracer=create_tracer("ledger", settings),
        consumers=[
            Consumer(
                stream, "ledger", handlers.handle, settings.ledger_batch, retry, marks_seen=False
            )
            for stream in STREAMS
            if stream is not COMMANDS
        ]
        + [Consumer(COMMANDS, "ledger", commands.handle, 1, retry, marks_seen=False)],
        publishes=[FORGOTTEN],
        background=[archivist.run, Backlog(redis, BacklogMetrics(registry)).run],
        status=LedgerStatus(handlers, reader).facts,
    )
    return create_host(service)
