"""A running intake with the ledger and the trainer's status that a test passes."""

import json
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from jsonschema import Draft202012Validator, FormatChecker

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ratchet.contract import (
    Event,
    Experience,
    ExperienceRecorded,
    ExperienceScored,
    Feedback,
    FeedbackReceived,
    derived_id,
)
from ratchet_testing.deliveries import delivered
from ratchet_testing.running_intake import api

STATUS, HISTORY = "/api/layer2/rl-status/", "/api/layer2/rl-history/"
START = datetime(2026, 1, 5, 6, tzinfo=UTC)
_FORMATS = FormatChecker()
_SCHEMAS = Path(__file__).parents[2] / "contract" / "http"
SCORER_STATUS = {
    "device": "cpu",
    "training_steps": 40,
    "total_feedback_events": 320,
    "avg_loss": 0.2,
    "avg_val_loss": 0.25,
    "best_val_loss": 0.21,
    "lr": 0.001,
    "lr_decays": 0,
    "replay_buffer_size": 300,
    "val_buffer_size": 20,
    "recent_losses": [0.3, 0.2],
    "recent_val_losses": [0.25],
}
TRAINER: dict[str, Any] = {
    "service": "trainer",
    "poll_s": 2.0,
    "waiting": {
        "dpo": {"count": 81, "voice": 30, "widget": 51, "minimum": 80},
        "sft": {"count": 7, "voice": 7, "widget": 0, "minimum": 100},
    },
    "cooldown_remaining_s": 0.0,
    "running": None,
    "running_method": None,
    "trouble": None,
    "tier1_scorer": {
        "type": "low_rank_scorer",
        "rank": 32,
        "input_dim": 813,
        "parameters": 28193,
        **SCORER_STATUS,
    },
    "tier1b_composition": {"type": "composition_scorer", "parameters": 69_000, **SCORER_STATUS},
}


@_FORMATS.checks("date-time", ValueError)
def has_an_offset(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def fits(answer: httpx.Response, schema: str) -> dict[str, Any]:
    """The body of `answer`, which is of the shape that the contract gives."""
    assert answer.status_code == 200, answer.text
    fields: dict[str, Any] = answer.json()
    shape = json.loads((_SCHEMAS / f"{schema}.schema.json").read_text())
    Draft202012Validator(shape, format_checker=_FORMATS).validate(fields)
    return fields


def answered(number: int, **fields: Any) -> ExperienceRecorded:
    at = START + timedelta(minutes=number)
    defaults = {"query_id": f"q-{number}", "timestamp": at, "transcript": f"question {number}"}
    return ExperienceRecorded(
        event_id=derived_id("answered", str(number)),
        occurred_at=at,
        experience=Experience.model_validate(defaults | fields),
    )


def reacted(number: int, **fields: Any) -> FeedbackReceived:
    return FeedbackReceived(
        event_id=derived_id("reacted", str(number), json.dumps(fields, sort_keys=True)),
        occurred_at=START + timedelta(days=1, minutes=number),
        feedback=Feedback.model_validate({"query_id": f"q-{number}", **fields}),
    )


def scored(number: int, total: float, **fields: Any) -> ExperienceScored:
    return ExperienceScored.model_validate(
        {
            "event_id": derived_id("scored", str(number)),
            "occurred_at": START + timedelta(days=2, minutes=number),
            "query_id": f"q-{number}",
            "revision": 1,
            "total": total,
            "components": {"explicit_rating": total},
            "settings_hash": "of a test",
            **fields,
        }
    )


def write_ledger(data_dir: Path, events: Sequence[Event]) -> None:
    """Write `events` to the ledger in `data_dir`, as its process does."""
    engine = open_for_writing(f"sqlite:///{data_dir}/ledger.db")
    migrate(engine)
    for start in range(0, len(events), 500):
        SqlLedger(engine).write(delivered(events[start : start + 500]))
    engine.dispose()


@contextmanager
def trainer(fields: dict[str, Any]) -> Iterator[str]:
    """A server whose `/status` returns `fields`; yields its address."""

    class Status(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(fields).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Status) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@asynccontextmanager
async def reading(
    url: str, data_dir: Path, events: Sequence[Event] | None = (), **settings: Any
) -> AsyncIterator[httpx.AsyncClient]:
    """Without `events` there is no ledger; without an address there is no trainer."""
    if events is not None:
        write_ledger(data_dir, events)
    options = {
        "ingest_trainer_url": "http://127.0.0.1:1",
        "ingest_trainer_every_s": 0.05,
        **settings,
    }
    async with api(url, data_dir=data_dir, **options) as client:
        yield client
