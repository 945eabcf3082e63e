"""Facts for the reward tests: questions about a pump's power, and several answers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ratchet.contract import (
    CallServed,
    Experience,
    ExperienceRecorded,
    Feedback,
    FeedbackReceived,
    derived_id,
)

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
READINGS = [
    {"equipment": "pump 001", "metric": "power", "value": 45.0, "unit": "kW"},
    {"equipment": "pump 001", "metric": "average power", "value": 40.0, "unit": "kW"},
]
GOOD = (
    "Pump 001 is consuming 45 kilowatts. That is 5 kilowatts above its daily average of "
    "40 kilowatts."
)
BAD = "Well, let me think. **The pump** seems to be running, see https://plant.example/pump."

SERVED = [
    {
        "role": "system",
        "content": "You are the voice of the Command Center. Two sentences.\n"
        "- pump 001 power: 45 kW\n- pump 001 average power: 40 kW",
    },
    {"role": "user", "content": "What is the power of pump 001?"},
]
PLAN = """```json
{"heading": "Pump 001", "widgets": [
  {"scenario": "kpi", "size": "hero", "relevance": 0.9, "why": "asked"},
  {"scenario": "trend", "size": "normal"}]}
```"""


class Facts:
    """Builds events; `at` counts seconds after noon and makes the id unique."""

    def experience(
        self, query_id: str = "q-1", at: float = 0, **changes: Any
    ) -> ExperienceRecorded:
        row = {
            "query_id": query_id,
            "timestamp": NOON,
            "user_id": "maria",
            "transcript": "What is the power of pump 001?",
            "parsed_intent": {
                "type": "query",
                "entities": {"devices": ["pump-001"], "metric": "power"},
                "primary_characteristic": "energy",
            },
            "available_data_summary": {"readings": READINGS},
            "widget_plan": {
                "heading": "Pump 001",
                "widgets": [
                    {"scenario": "kpi", "size": "hero"},
                    {"scenario": "trend", "size": "normal"},
                ],
            },
            "processing_time_ms": 1500,
            "voice_response": GOOD,
            **changes,
        }
        return ExperienceRecorded(
            event_id=derived_id("experience", query_id, str(at), str(sorted(changes.items()))),
            occurred_at=NOON + timedelta(seconds=at),
            experience=Experience.model_validate(row),
        )

    def feedback(self, query_id: str = "q-1", at: float = 10, **content: Any) -> FeedbackReceived:
        return FeedbackReceived(
            event_id=derived_id("feedback", query_id, str(at), str(sorted(content.items()))),
            occurred_at=NOON + timedelta(seconds=at),
            feedback=Feedback.model_validate({"query_id": query_id, **content}),
        )

    def call(self, call_id: str = "c-1", at: float = 0, **changes: Any) -> CallServed:
        """A call that answered GOOD to SERVED."""
        body = {
            "event_id": derived_id("call", call_id),
            "occurred_at": NOON + timedelta(seconds=at),
            "call_id": call_id,
            "interface": "ollama",
            "messages": SERVED,
            "model": "plant",
            "text": GOOD,
            **changes,
        }
        return CallServed.model_validate(body)


@pytest.fixture
def facts() -> Facts:
    return Facts()
