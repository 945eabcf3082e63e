"""The 813 inputs of the low-rank scorer, in the order that the contract defines."""

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


def structure_inputs(query: RankingQuery, widgets: int) -> Vector:
    """The inputs after the text (45,) that all `widgets` of one question share.

    They are those of a widget at the top without a scenario. Candidates are scored this way at
    serving time, each as if at the top: position bias stays in the position input (Guo et al. 2019,
    "PAL"), and the caller's order has no influence.
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
    """The inputs after the text (n, 45) of `scenarios` shown together, in order.

    An unknown scenario has no input: only its question and position are encoded.
    """
    rows = np.repeat(structure[None, :], len(scenarios), axis=0)
    for position, scenario in enumerate(scenarios):
        rows[position, _POSITION - TEXT.stop] = min(position / MOST_WIDGETS, 1.0)
        rows[position, _SAFETY - TEXT.stop] = scenario in SAFETY_SCENARIOS
        if scenario in _SCENARIO_AT:
            rows[position, _SCENARIO_AT[scenario] - TEXT.stop] = STRUCTURE_SCALE
    return rows


def with_scenarios(rows: Matrix, indices: NDArray[np.int64]) -> Matrix:
    """Copies of `rows` (n, 45) for other scenarios (indices below 19), each at the top."""
    others = rows.copy()
    others[:, : SCENARIO.stop - TEXT.stop] = 0.0
    others[np.arange(len(others)), indices] = STRUCTURE_SCALE
    others[:, _POSITION - TEXT.stop] = 0.0
    others[:, _SAFETY - TEXT.stop] = _IS_SAFETY[indices]
    return others


def scenario_table(first_layer: Matrix) -> Matrix:
    """The contribution of each scenario to the hidden layer (20, rank); the last row is 0.

    `first_layer` (rank, 813) is the weight matrix of the inputs.
    """
    table = np.zeros((len(CORE_SCENARIOS) + 1, len(first_layer)), np.float32)
    for at, scenario in enumerate(CORE_SCENARIOS):
        table[at] = STRUCTURE_SCALE * first_layer[:, _SCENARIO_AT[scenario]]
        if scenario in SAFETY_SCENARIOS:
            table[at] += first_layer[:, _SAFETY]
    return table


_IS_SAFETY = np.array([name in SAFETY_SCENARIOS for name in CORE_SCENARIOS], np.float32)

SCENARIO_ROW = {name: at for at, name in enumerate(CORE_SCENARIOS)}
"""The row of a scenario in tables of scenarios; unknown ones share `OTHER_SCENARIO`."""
OTHER_SCENARIO = len(CORE_SCENARIOS)
