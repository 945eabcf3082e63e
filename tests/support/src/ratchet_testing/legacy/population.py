"""Generates a plant's stored history as one `experience_buffer.json` of realistic size.

The numbers of rows with a plan, feedback or a judge are exact; everything else is drawn.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from ratchet_testing.legacy.feedback import (
    NO_REACTION,
    NOT_JUDGED,
    judged_fields,
    operator_fields,
    voice_judged_fields,
)
from ratchet_testing.legacy.plans import draw_widgets, plan_fields
from ratchet_testing.legacy.questions import LegacyQuestion, draw_question
from ratchet_testing.legacy.voices import draw_voice

_ROWS = 844
_WITHOUT_PLAN = 73
_WITHOUT_FEEDBACK = 114
_JUDGED = 167
_JUDGED_BY_WIDGET = 120
_UP = 230
_DOWN = 256
_OLDER = 150

_FIRST = "2026-01-20T07:10:00"
_OPERATORS = {
    f"op-{number}": weight for number, weight in enumerate((9, 8, 8, 6, 6, 5, 4, 3, 2), 1)
}
_SPOKEN = {"up": 0.86, "down": 0.86, None: 0.7}
_GOOD_VOICE = {"up": 0.85, "down": 0.15, None: 0.12}
_GOOD_PLAN = {"up": 0.75, "down": 0.3, None: 0.5}
_LACKING = 0.3
# Keys of later releases: older rows may lack them.
_LATER_KEYS = ("user_history", "query_understanding", "suggested_improvements", "computed_reward",
               "prompt_version")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Role:
    """The parts of a row, decided before its contents are drawn."""

    older: bool
    planned: bool
    rating: str | None = None
    silent: bool = False
    judged: bool = False
    judged_by_widget: bool = False


def population(seed: int) -> dict[str, object]:
    """A document `{"saved_at", "experiences"}` of 844 rows, oldest first, in naive local time.

    73 rows have no plan, 114 no feedback; 167 are judged, 120 of them widget by widget.
    """
    rng = Random(seed)
    now = datetime.fromisoformat(_FIRST)
    rows = []
    for role in _roles(rng):
        rows.append(_row(rng, role, now))
        now += timedelta(minutes=rng.randint(24, 36))
    return {"saved_at": now.isoformat(), "experiences": rows}


def _roles(rng: Random) -> list[_Role]:
    all_rows = range(_ROWS)
    planless = set(rng.sample(all_rows, _WITHOUT_PLAN))
    silent = set(rng.sample(all_rows, _WITHOUT_FEEDBACK))
    with_feedback = [row for row in all_rows if row not in silent]
    by_widget = set(
        rng.sample([row for row in with_feedback if row not in planless], _JUDGED_BY_WIDGET)
    )
    others = [row for row in with_feedback if row not in by_widget]
    judged = by_widget | set(rng.sample(others, _JUDGED - _JUDGED_BY_WIDGET))
    rated = rng.sample(with_feedback, _UP + _DOWN)
    ratings = dict.fromkeys(rated[:_UP], "up") | dict.fromkeys(rated[_UP:], "down")
    return [
        _Role(
            older=row < _OLDER,
            planned=row not in planless,
            rating=ratings.get(row),
            silent=row in silent,
            judged=row in judged,
            judged_by_widget=row in by_widget,
        )
        for row in all_rows
    ]


def _row(rng: Random, role: _Role, at: datetime) -> dict[str, object]:
    question = draw_question(rng)
    good_plan = rng.random() < _GOOD_PLAN[role.rating]
    widgets = draw_widgets(rng, question, good_plan) if role.planned else []
    row = {
        "query_id": str(UUID(int=rng.getrandbits(128), version=4)),
        "timestamp": at.isoformat(),
        "user_id": rng.choices(tuple(_OPERATORS), tuple(_OPERATORS.values()))[0],
        **_context(rng, question, role),
        **plan_fields(rng, question, widgets),
        **(
            NO_REACTION
            if role.silent
            else operator_fields(rng, role.rating, widgets, judged=role.judged)
        ),
        **_verdict(rng, question, role, widgets),
        **_voice(rng, question, role),
        "computed_reward": None,
        "prompt_version": None if role.older else "v3",
        "dashboard_build": rng.randint(40, 44),
    }
    lacking = [key for key in _LATER_KEYS if role.older and rng.random() < _LACKING]
    return {key: value for key, value in row.items() if key not in lacking}


def _context(rng: Random, question: LegacyQuestion, role: _Role) -> dict[str, object]:
    topic = question.topic
    entities: dict[str, object] = {"devices": question.devices}
    if topic.time is not None:
        entities["time"] = topic.time
    return {
        "transcript": question.text,
        "parsed_intent": {
            "type": "query",
            "domains": [topic.domain],
            "entities": entities,
            "confidence": round(rng.uniform(0.5, 0.99), 2),
            "primary_characteristic": topic.characteristic,
            "secondary_characteristics": [],
            "parse_method": "regex" if role.older else "llm",
        },
        "available_data_summary": {"tables": rng.randint(3, 40)},
        "user_history": None if rng.random() < 0.05 else [],
        "intent_confidence": round(rng.uniform(0.5, 0.99), 2),
        "processing_time_ms": int(rng.lognormvariate(8.3, 0.6)),
    }


def _verdict(
    rng: Random, question: LegacyQuestion, role: _Role, widgets: list[dict[str, object]]
) -> dict[str, object]:
    if not role.judged:
        return NOT_JUDGED
    viewed = widgets if role.judged_by_widget else []
    return judged_fields(rng, question, role.rating, viewed)


def _voice(rng: Random, question: LegacyQuestion, role: _Role) -> dict[str, object]:
    """The spoken text; rows without one have an empty text, `null`, or no such key."""
    if rng.random() >= _SPOKEN[role.rating]:
        silences: tuple[dict[str, object], ...] = (
            {}, {}, {"voice_response": None}, {"voice_response": ""},
        )  # fmt: skip
        return rng.choice(silences)
    text, quality = draw_voice(rng, question, rng.random() < _GOOD_VOICE[role.rating])
    judged = voice_judged_fields(rng, quality) if role.judged else {}
    unknown: dict[str, object] = {"voice_response_rating": None, "voice_quality_scores": {}}
    return {"voice_response": text, **unknown, **judged}
