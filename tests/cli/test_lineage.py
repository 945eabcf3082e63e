"""`ratchet lineage`: from a model to the experiences behind it, and from each of them back."""

from pathlib import Path

import pytest

from ledger.backends.database import open_for_writing
from ledger.backends.migration import migrate
from ledger.backends.writer import SqlLedger
from ratchet_testing.deliveries import delivered
from ratchet_testing.ledger_world import DAY

from .conftest import Ratchet


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    engine = open_for_writing(f"sqlite:///{tmp_path}/ledger.db")
    migrate(engine)
    SqlLedger(engine).write(delivered(DAY))
    engine.dispose()
    return tmp_path


async def test_a_model_leads_to_its_experiences_and_each_of_them_back(
    ratchet: Ratchet, data_dir: Path
):
    model = await ratchet("lineage", "v1", "--data-dir", str(data_dir), "--json")
    assert (model.code, model.value["kind"]) == (0, "model")
    assert model.value["run"]["run_id"] == "run-1"
    assert len(model.value["examples"]) == 5
    one = model.value["experiences"][0]
    back = await ratchet("lineage", one, "--data-dir", str(data_dir), "--json")
    assert back.value["kind"] == "experience"
    assert [each["version"] for each in back.value["models"]] == ["v1"]


async def test_a_name_that_nothing_has_ends_with_1_and_names_what_there_is(
    ratchet: Ratchet, data_dir: Path
):
    ended = await ratchet("lineage", "v9", "--data-dir", str(data_dir))
    assert ended.code == 1
    assert "The ledger has no model and no experience named v9. Newest models: " in ended.stderr
