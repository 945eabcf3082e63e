"""The 813 inputs of the low-rank scorer, as the product's contract lays them out."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ratchet.contract import SAFETY_SCENARIOS, RankingQuery
from ratchet.measures import CORE_SCENARIOS

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]

TEXT = slice(0, 768)
SCENARIO = slice(768, 787)
QUERY = slice(787, 796)
INTENT = slice(796, 803)
WIDGET = slice(803, 808)
CHARACTERISTIC = slice(808, 813)
WIDTH = 813

TEXT_SCALE = 0.3
STRUCTURE_SCALE = 3.0
MOST_WIDGETS = 24

INTENTS = (
    "query", "action_reminder", "action_message", "action_control", "action_task",
    "conversation", "out_of_scope",
)  # fmt: skip
CHARACTERISTICS = ("comparison", "trend", "energy", "health_status", "alerts")

_SCENARIO_AT = {name: SCENARIO.start + at for at, name in enumerate(CORE_SCENARIOS)}
_INTENT_AT = {name: INTENT.start + at for at, name in enumerate(INTENTS)}
_CHARACTERISTIC_AT = {name: CHARACTERISTIC.start + at for at, name in enumerate(CHARACTERISTICS)}
_COUNT, _POSITION, _SAFETY = range(WIDGET.start, WIDGET.start + 3)
_QUERY_FACTS = slice(QUERY.start - TEXT.stop, QUERY.stop - TEXT.stop)


def structure_of(query: RankingQuery, widgets: int) -> Vector:
    """The inputs behind the text (45,) that the `widgets` of one question share.

    They are those of a widget on top that has no scenario. So are candidates scored at serving
    time, each as if on top: what the scorer learnt about places then stays behind in the input
    for the position (Guo et al. 2019, "PAL"), and nothing of the order in which candidates came
    gets in.
    """
    row = [0.0] * (WIDTH - TEXT.stop)
    named = query.characteristics
    facts = (
        max(query.confidence, 0.0),
        len(query.domains) / 5,
        min(max(query.devices, 0), 10) / 10,
        len(query.transcript.split()) / 30,
        query.devices > 0,
        query.timed,
        "comparison" in named,
        "alerts" in named or "alerts" in query.domains,
        len(named[1:]) / 5,
    )
    row[_QUERY_FACTS] = [STRUCTURE_SCALE * fact if fact < 1 else STRUCTURE_SCALE for fact in facts]
    row[_COUNT - TEXT.stop] = min(widgets / MOST_WIDGETS, 1.0)
    if query.intent in _INTENT_AT:
        row[_INTENT_AT[query.intent] - TEXT.stop] = STRUCTURE_SCALE
    if named and named[0] in _CHARACTERISTIC_AT:
        row[_CHARACTERISTIC_AT[named[0]] - TEXT.stop] = STRUCTURE_SCALE
    return np.array(row, np.float32)


def widget_rows(structure: Vector, scenarios: Sequence[str]) -> Matrix:
    """The inputs behind the text (n, 45) of `scenarios` shown together, in their order.

    An unknown scenario has no input of its own: only its question and its place speak for it.
    """
    rows = np.repeat(structure[None, :], len(scenarios), axis=0)
    for position, scenario in enumerate(scenarios):
        rows[position, _POSITION - TEXT.stop] = min(position / MOST_WIDGETS, 1.0)
        rows[position, _SAFETY - TEXT.stop] = scenario in SAFETY_SCENARIOS
        if scenario in _SCENARIO_AT:
            rows[position, _SCENARIO_AT[scenario] - TEXT.stop] = STRUCTURE_SCALE
    return rows


def as_others(rows: Matrix, places: NDArray[np.int64]) -> Matrix:
    """The inputs (n, 45) of other scenarios (19 places) on top, each in the question of its row."""
    others = rows.copy()
    others[:, : SCENARIO.stop - TEXT.stop] = 0.0
    others[np.arange(len(others)), places] = STRUCTURE_SCALE
    others[:, _POSITION - TEXT.stop] = 0.0
    others[:, _SAFETY - TEXT.stop] = _IS_SAFETY[places]
    return others


def scenario_table(first_layer: Matrix) -> Matrix:
    """What each known scenario adds to the hidden layer (20, rank); the last row is for others.

    `first_layer` is the weight (rank, 813) that the inputs meet.
    """
    table = np.zeros((len(CORE_SCENARIOS) + 1, len(first_layer)), np.float32)
    for at, scenario in enumerate(CORE_SCENARIOS):
        table[at] = STRUCTURE_SCALE * first_layer[:, _SCENARIO_AT[scenario]]
        if scenario in SAFETY_SCENARIOS:
            table[at] += first_layer[:, _SAFETY]
    return table


_IS_SAFETY = np.array([name in SAFETY_SCENARIOS for name in CORE_SCENARIOS], np.float32)

SCENARIO_ROW = {name: at for at, name in enumerate(CORE_SCENARIOS)}
"""The place of a scenario in tables of scenarios; others share the place after the last."""
OTHER_SCENARIO = len(CORE_SCENARIOS)
