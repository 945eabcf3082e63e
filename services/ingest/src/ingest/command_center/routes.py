"""The routers of the Command Center's page and evaluator."""

from collections.abc import Iterator

from fastapi import APIRouter
from redis.asyncio import Redis

from ingest.command_center.approval_routes import create_approval_router
from ingest.command_center.feedback_routes import create_feedback_router
from ingest.command_center.history import HistoryPage, create_history_router
from ingest.command_center.status import StatusPage, create_status_router
from ingest.command_center.trainer_watch import TrainerWatch
from ingest.feedback_windows import FeedbackWindows
from ingest.intake import Intake
from ingest.settings import IngestSettings
from ledger.reading import AsyncLedger
from ratchet_edge.call_limit import CallLimit
from ratchet_edge.rate_limit import RateLimit
from ratchet_edge.room import ClientPublishers


def command_center_routers(
    settings: IngestSettings,
    intake: Intake,
    publishers: ClientPublishers,
    redis: Redis,
    ledger: AsyncLedger,
    trainer: TrainerWatch,
    windows: FeedbackWindows,
) -> Iterator[APIRouter]:
    per_minute = settings.ingest_feedback_per_minute
    feedback_limit = CallLimit(RateLimit(redis, "feedback"), per_minute)
    yield create_feedback_router(intake, feedback_limit, windows)
    yield create_approval_router(publishers, CallLimit(RateLimit(redis, "approvals"), per_minute))
    yield create_status_router(StatusPage(ledger, trainer, redis))
    yield create_history_router(HistoryPage(ledger, trainer))
