"""The inputs of a run are decided, selected, split, hashed and stored before it starts."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import ArtifactRef, ExampleRetracted, TrainingRequested
from ratchet.storage import ArtifactStore
from ratchet_testing.deliveries import delivered
from trainer.backends.regression_file import PACKAGED
from trainer.backends.run_process.run_files import RunFiles
from trainer.backends.sql.database import open_database
from trainer.backends.sql.example_store import SqlExampleStore
from trainer.backends.sql.model_store import SqlModelStore
from trainer.backends.sql.run_store import SqlRunStore
from trainer.domain.examples.dataset import Dataset
from trainer.domain.runs.readiness import TrainLater
from trainer.domain.runs.run import Run, RunEnd
from trainer.settings import TrainerSettings
from trainer.training.planner import Planner

from .conftest import NOW, LargeMachine, built, captured, label


class Plant:
    """A trainer's stores, and a planner on them with changed settings."""

    def __init__(self, engine: Engine, directory: Path) -> None:
        self.directory = directory
        self.examples = SqlExampleStore(engine)
        self.files = RunFiles(directory / "runs", ArtifactStore(directory / "artifacts"), PACKAGED)
        self.runs = SqlRunStore(engine, self.files)
        self.models = SqlModelStore(engine)

    def planner(self, **changed: Any) -> Planner:
        settings = TrainerSettings(
            **{
                "data_dir": self.directory,
                "trainer_min_pairs": 20,
                "trainer_min_labels": 20,
                "trainer_min_demonstrations": 20,
                "trainer_min_held_out": 3,
                "trainer_held_out_share": 0.2,
                "trainer_settle_s": 0,
                "trainer_cooldown_s": 0,
                **changed,
            }
        )
        return Planner(settings, self.examples, self.runs, self.models, LargeMachine())

    def dataset(self, run: Run | None) -> Dataset:
        assert run is not None
        return self.files.dataset(run)

    def ends(self, run_id: str, verdict: str) -> None:
        manifest = ArtifactRef(sha256="a" * 64, size=1, name="manifest.json")
        end = RunEnd(verdict=verdict, reason="", ended_at=NOW, manifest=manifest)
        self.runs.finish(run_id, end, [])

    def request(self, name: str = "request-1", method: str | None = None) -> None:
        self.examples.add_requests(
            [TrainingRequested(event_id=name, occurred_at=NOW, requested_by="anna", method=method)]
        )


@pytest.fixture
def plant(engine: Engine, tmp_path: Path) -> Plant:
    return Plant(engine, tmp_path)


def test_the_dataset_has_every_waiting_pair_on_one_side(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    run = plant.planner().open_run()
    assert run.method == "dpo"
    dataset = plant.dataset(run)
    assert sorted(dataset.example_ids) == [f"example-{n:04d}" for n in range(20)]
    assert dataset.held_out
    assert plant.runs.unfinished() == run


def test_a_retracted_example_is_in_no_dataset(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(21)]))
    gone = ExampleRetracted(
        event_id="gone-0001", occurred_at=NOW, example_id="example-0004", revision=2, reason=""
    )
    plant.examples.keep(delivered([gone]))
    assert "example-0004" not in plant.dataset(plant.planner().open_run()).example_ids


def test_labels_and_demonstrations_start_runs_of_their_methods(plant: Plant):
    plant.examples.keep(delivered([label(n, sign) for n in range(10) for sign in (True, False)]))
    run = plant.planner().open_run()
    assert (run.method, {e.type for e in plant.dataset(run).train}) == ("kto", {"LabelBuilt"})
    plant.ends(run.run_id, "refused")
    plant.examples.keep(delivered([captured(number) for number in range(20)]))
    run = plant.planner().open_run()
    assert (run.method, {e.type for e in plant.dataset(run).train}) == ("sft", {"TraceCaptured"})


def test_near_copies_are_left_out_and_counted(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    copy = built(3).model_copy(update={"example_id": "copy", "chosen": built(3).chosen + "!"})
    plant.examples.keep(delivered([copy]))
    run = plant.planner().open_run()
    dataset = plant.dataset(run)
    assert dataset.left_out == {"near_duplicate": 1}
    assert len(dataset.example_ids) == 20


def test_too_few_usable_examples_wait_with_a_reason(plant: Plant):
    plant.examples.keep(
        delivered(built(3).model_copy(update={"example_id": f"copy-{n}"}) for n in range(20))
    )
    planner = plant.planner()
    assert planner.open_run() is None
    assert planner.decision == TrainLater(
        "only 1 of 20 waiting pairs are usable (19 near duplicate left out)"
    )


def test_labels_of_one_sign_in_the_training_set_wait(plant: Plant):
    plant.examples.keep(delivered(label(n, desirable=n % 5 == 0) for n in range(20)))
    reasons = set()
    for seed in range(8):
        planner = plant.planner(trainer_seed=seed)
        run = planner.open_run()
        if run is None:
            reasons.add(planner.decision.reason)
        else:
            plant.ends(run.run_id, "failed")
    assert reasons == {"all labels that are not held out have the same sign"}


@pytest.mark.parametrize("verdict", ["failed", "cancelled"])
def test_a_run_without_a_judgement_is_not_repeated_without_a_request(plant: Plant, verdict: str):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    first = plant.planner().open_run()
    plant.ends(first.run_id, verdict)
    planner = plant.planner()
    assert planner.open_run() is None
    assert "nothing has changed" in planner.decision.reason
    assert plant.planner(trainer_dpo={"beta": 0.2}).open_run() is not None, "the recipe has"


@pytest.mark.parametrize("change", ["new examples", "a request"])
def test_a_change_or_a_request_repeats_a_run_without_a_judgement(plant: Plant, change: str):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    first = plant.planner().open_run()
    plant.ends(first.run_id, "failed")
    if change == "a request":
        plant.request()
    else:
        plant.examples.keep(delivered([built(20)]))
    again = plant.planner().open_run()
    assert again.run_id != first.run_id


def test_a_request_starts_the_named_method(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    plant.examples.keep(delivered([label(n, sign) for n in range(5) for sign in (True, False)]))
    plant.request(method="kto")
    assert plant.planner().open_run().method == "kto"


def test_a_request_for_a_method_waits_for_a_run_by_it(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    plant.request(method="kto")
    assert plant.planner().open_run().method == "dpo"
    assert plant.examples.open_request() is not None


def test_unusable_pairs_do_not_delay_labels(plant: Plant):
    question = built(0).question
    for number in range(40):
        words = f"{number} {number * 7} {number * 13}"
        alike = {"question": question, "chosen": words, "rejected": f"not {words}"}
        plant.examples.keep(delivered([built(number).model_copy(update=alike)]))
    plant.examples.keep(
        delivered([label(50 + n, sign) for n in range(15) for sign in (True, False)])
    )
    planner = plant.planner()
    assert planner.open_run().method == "kto"


@pytest.mark.parametrize("start", ["champion", "base"])
def test_a_run_continues_from_the_champion_or_starts_from_the_base(plant: Plant, start: str):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    plant.ends(plant.planner().open_run().run_id, "accepted")
    plant.examples.keep(delivered([built(number) for number in range(20, 45)]))
    run = plant.planner(trainer_continue_from=start).open_run()
    assert run.champion is not None
    assert run.parent == (run.champion if start == "champion" else None)


def test_an_adapter_of_another_base_is_no_champion(plant: Plant):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    plant.ends(plant.planner().open_run().run_id, "accepted")
    plant.examples.keep(delivered([built(number) for number in range(20, 45)]))
    run = plant.planner(trainer_base_model="another").open_run()
    assert (run.champion, run.parent) == (None, None)


def test_a_run_refused_for_its_base_is_not_repeated_with_other_examples(
    plant: Plant, tmp_path: Path
):
    """The reason is the base's chat template, and more examples change nothing about it."""
    base = tmp_path / "base"
    base.mkdir()
    settings = {"trainer_base_model": str(base)}

    def refused(run: Run | None) -> None:
        assert run is not None
        end = RunEnd(verdict="failed", reason="no chat template", ended_at=NOW, of_base=True)
        plant.runs.finish(run.run_id, end, [])

    plant.examples.keep(delivered([built(number) for number in range(20)]))
    refused(plant.planner(**settings).open_run())
    plant.examples.keep(delivered([built(number) for number in range(20, 40)]))
    planner = plant.planner(**settings)
    assert planner.open_run() is None
    assert planner.decision.reason.endswith("the last run refused the base: no chat template")

    plant.request()
    refused(plant.planner(**settings).open_run())
    assert plant.planner(**settings).open_run() is None, "a request is good for one attempt"
    (base / "chat_template.jinja").write_text("text")
    assert plant.planner(**settings).open_run() is not None


def test_a_changed_template_makes_the_same_examples_worth_another_attempt(
    plant: Plant, tmp_path: Path
):
    plant.examples.keep(delivered([built(number) for number in range(20)]))
    plant.ends(plant.planner().open_run().run_id, "failed")
    assert plant.planner().open_run() is None
    (tmp_path / "given.jinja").write_text("text")
    assert plant.planner(trainer_chat_template_file=tmp_path / "given.jinja").open_run() is not None


def test_the_same_inputs_are_the_same_run(plant: Plant, tmp_path: Path):
    other = Plant(open_database(tmp_path / "other.db"), tmp_path)
    for some, order in ((plant, 1), (other, -1)):
        some.examples.keep(delivered([built(number) for number in range(20)][::order]))
    one, two = plant.planner().open_run(), other.planner().open_run()
    assert (one.run_id, one.dataset) == (two.run_id, two.dataset)
    assert plant.planner().open_run() == one, "an unfinished run stays the open one"
