"""A wall clock that is set while the trainer runs, or was wrong before, holds nothing up."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, update

from ratchet.contract import CancelRequested, utc_now
from ratchet_testing.deliveries import delivered
from trainer.backends.sql.tables import runs
from trainer.domain.runs.ages import Ages
from trainer.domain.runs.readiness import TrainLater
from trainer.domain.runs.run import RunEnd
from trainer.training.planner import Planner

from .conftest import NOW, built
from .test_planning import Plant

YEAR = timedelta(days=365)
COOLDOWN_S = 1800.0


@dataclass
class Clocks:
    """The wall clock is `off` from the right time; the other counts seconds."""

    off: timedelta = timedelta()
    seconds: float = 0.0

    def wall(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds) + self.off

    def steady(self) -> float:
        return self.seconds

    def ages(self) -> Ages:
        return Ages(self.wall, self.steady)


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


def planner_of(plant: Plant, clocks: Clocks) -> Planner:
    planner = plant.planner(trainer_cooldown_s=COOLDOWN_S)
    planner.ages = clocks.ages()
    return planner


def run_ended(plant: Plant, at: datetime) -> None:
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    run = plant.planner().open_run()
    assert run is not None
    plant.runs.finish(run.run_id, RunEnd(verdict="refused", reason="", ended_at=at), [])
    plant.examples.keep(delivered([built(number) for number in range(100, 120)]))


@pytest.fixture
def plant(engine: Engine, tmp_path: Path) -> Plant:
    return Plant(engine, tmp_path)


def test_a_run_that_ended_under_a_clock_a_year_ahead_cools_down_once(plant: Plant, clocks: Clocks):
    run_ended(plant, NOW + YEAR)
    planner = planner_of(plant, clocks)
    assert planner.open_run() is None
    assert isinstance(planner.decision, TrainLater)
    assert "cool-down for another 1800 s" in planner.decision.reason
    clocks.seconds = COOLDOWN_S + 1
    assert planner.open_run() is not None


@pytest.mark.parametrize("off", [YEAR, -YEAR])
def test_a_clock_that_jumps_neither_ends_a_cool_down_nor_prolongs_it(
    plant: Plant, clocks: Clocks, off: timedelta
):
    run_ended(plant, NOW)
    planner = planner_of(plant, clocks)
    assert planner.open_run() is None
    clocks.off, clocks.seconds = off, 600.0
    assert planner.open_run() is None
    clocks.off, clocks.seconds = timedelta(), COOLDOWN_S + 1
    assert planner.open_run() is not None


def test_a_run_planned_under_a_clock_ahead_can_be_cancelled(plant: Plant, engine: Engine):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    run = plant.planner().open_run()
    assert run is not None
    ahead = (utc_now() + YEAR).isoformat()
    plan = func.json_set(runs.c.plan, "$.planned_at", ahead)
    with engine.begin() as connection:
        connection.execute(update(runs).values(plan=plan))
    plant.examples.add_requests(
        [CancelRequested(event_id="cancel-0001", occurred_at=NOW, requested_by="anna")]
    )
    assert plant.runs.cancelled_by(run.run_id) == "anna"


@pytest.mark.parametrize(
    ("off", "at", "age"),
    [
        (timedelta(), lambda now: now - timedelta(hours=1), 3600.0),
        (timedelta(), lambda now: now + YEAR, 0.0),
        (-YEAR, lambda now: now, 0.0),
    ],
)
def test_an_age_grows_by_the_steady_clock_from_the_first_look_on(
    clocks: Clocks, off: timedelta, at: Callable[[datetime], datetime], age: float
):
    clocks.off = off
    ages, recorded = clocks.ages(), at(NOW)
    assert ages.since_s(recorded) == age
    for number in range(100):
        ages.since_s(NOW - timedelta(days=number))
        clocks.off, clocks.seconds = YEAR * (number % 3 - 1), float(number)
        assert ages.since_s(recorded) == age + number
