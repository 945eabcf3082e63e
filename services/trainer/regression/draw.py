"""Draw the fixed regression set from the simulated plant and write `trainer/regression.json`.

    .venv/bin/python services/trainer/regression/draw.py

The file is kept in git and changes only on purpose: figures over different sets do not compare.
Its devices have numbers the simulator never draws, so no simulated run has trained on them.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from ratchet.contract import Aspect, Question, Reading, derived_id
from ratchet.measures import plan_text, prompt_for
from ratchet_truth import RequestedReading, Topic
from simulator.answers import bad_answer, capitalized, good_answer, written
from simulator.plant.sites import DeviceName
from simulator.situations import Situation, draw_situation
from simulator.widgets import Plan, draw_plan

SEED = 20_260_101
DEVICES = ("pump", "chiller", "generator", "extruder")
"""One of each area: with eight spoken questions to each, a device is a slice large enough."""

_PATH = Path(__file__).parents[1] / "src" / "trainer" / "regression.json"
_QUERIES, _GREETINGS, _GERMAN, _PLANS = 18, 6, 6, 6
_UNUSED_NUMBERS = 40
_FALSE = ("invented", "wrong_reading")
_GREETING = "Hello, I have just taken over this shift. {transcript}"
_GERMAN_DEVICES = {
    "pump": "von Pumpe",
    "chiller": "von Kältemaschine",
    "generator": "von Generator",
    "extruder": "von Extruder",
}
_GERMAN_METRICS = {
    "power": "die Leistung", "pressure": "der Druck", "flow": "der Durchfluss",
    "vibration": "die Vibration", "speed": "die Drehzahl", "temperature": "die Temperatur",
    "load": "die Last", "voltage": "die Spannung", "current": "der Strom",
    "energy": "die Energie",
}  # fmt: skip


def regression_set() -> list[dict[str, object]]:
    """Spoken questions in English, some with a greeting, and in German; then widget questions."""
    rng = Random(SEED)
    situations = _situations(rng)
    rows = [_spoken(rng, next(situations), "query") for _ in range(_QUERIES)]
    for _ in range(_GREETINGS):
        situation = next(situations)
        greeting = _GREETING.format(transcript=situation.transcript)
        rows.append(_spoken(rng, replace(situation, transcript=greeting), "conversation"))
    rows += [_german(rng, next(situations)) for _ in range(_GERMAN)]
    rows += [_planned(rng, next(situations)) for _ in range(_PLANS)]
    return rows


def _situations(rng: Random) -> Iterator[Situation]:
    """Situations of `DEVICES` in turn."""
    while True:
        for device in DEVICES:
            while not (situation := draw_situation(rng, absent_share=0)).here.text.startswith(
                device
            ):
                pass
            yield _elsewhere_in_the_plant(situation)


def _elsewhere_in_the_plant(situation: Situation) -> Situation:
    """The same situation, each device with a number above those the simulator draws."""
    renamed = {row.equipment: _renumbered(row.equipment) for row in situation.readings}

    def moved(row: RequestedReading) -> RequestedReading:
        return replace(row, equipment=renamed[row.equipment])

    here, rows = situation.asked.equipment, situation.rows
    return replace(
        situation,
        transcript=situation.transcript.replace(here, renamed[here]),
        here=DeviceName(renamed[here]),
        there=DeviceName(renamed[situation.there.text]),
        asked=Topic(renamed[here], situation.asked.metric),
        rows=replace(
            rows,
            requested=moved(_listed(rows.requested)),
            average=moved(_listed(rows.average)),
            limit=moved(_listed(rows.limit)),
            earlier=moved(rows.earlier) if rows.earlier is not None else None,
            elsewhere=moved(rows.elsewhere),
            listed=tuple(map(moved, rows.listed)),
        ),
    )


def _listed(row: RequestedReading | None) -> RequestedReading:
    """A reading that every situation of this set has."""
    if row is None:
        raise ValueError("The situation lacks the asked reading, its average or its limit.")
    return row


def _renumbered(equipment: str) -> str:
    name, number = equipment.rsplit(" ", 1)
    return f"{name} {int(number) + _UNUSED_NUMBERS:03d}"


def _spoken(rng: Random, situation: Situation, intent: str) -> dict[str, object]:
    false = bad_answer(rng, situation)
    while false.kind not in _FALSE:
        false = bad_answer(rng, situation)
    return _row("voice", situation, intent, good_answer(rng, situation).text, false.text)


def _german(rng: Random, situation: Situation) -> dict[str, object]:
    requested, average_row = (_listed(row) for row in (situation.requested, situation.rows.average))
    device, number = requested.equipment.rsplit(" ", 1)
    name = f"{_GERMAN_DEVICES[device]} {number}"
    metric = _GERMAN_METRICS[requested.metric]
    average = written(average_row.value, requested.unit)
    true, false = (
        f"{capitalized(metric)} {name} beträgt {written(row.value, requested.unit)}. "
        f"Im Mittel sind es {average}."
        for row in (requested, situation.rows.elsewhere)
    )
    forms = (f"Wie hoch ist {metric} {name}?", f"Was ist gerade {metric} {name}?")
    transcript = rng.choice(forms)
    return _row("voice", replace(situation, transcript=transcript), "query", true, false)


def _planned(rng: Random, situation: Situation) -> dict[str, object]:
    good, bad = (_text(draw_plan(rng, good=good), situation) for good in (True, False))
    return _row("widget", situation, "query", good, bad)


def _text(plan: Plan, situation: Situation) -> str:
    heading = f"{situation.asked.equipment} {situation.asked.metric}"
    return plan_text(heading, [(widget.scenario, widget.size) for widget in plan.placed])


def _row(
    aspect: Aspect, situation: Situation, intent: str, chosen: str, rejected: str
) -> dict[str, object]:
    requested = _listed(situation.requested)
    prompt = prompt_for(aspect, situation.transcript, situation.readings)
    question = Question(
        key=derived_id("regression", aspect, prompt)[:24],
        text=situation.transcript,
        intent=intent,
        device_type=requested.equipment.rsplit(" ", 1)[0],
        characteristic=situation.metric.characteristic,
        asked=Reading(
            equipment=requested.equipment,
            metric=requested.metric,
            value=requested.value,
            unit=requested.unit,
        ),
    )
    return {
        "aspect": aspect,
        "question": question.model_dump(mode="json", exclude_defaults=True),
        "prompt": prompt,
        "chosen": chosen,
        "rejected": rejected,
    }


if __name__ == "__main__":
    rows = [json.dumps(row, ensure_ascii=False) for row in regression_set()]
    _PATH.write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")
    print(f"{len(rows)} questions in {_PATH}")  # noqa: T201
