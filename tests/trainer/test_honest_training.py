"""An adapter that is really trained on good answers is accepted."""

from pathlib import Path

import pytest
from training_data.recorded_answers import ruling_on
from training_data.school import School

pytestmark = pytest.mark.heavy


def test_an_honestly_trained_challenger_is_accepted(tmp_path: Path, cache_dir: Path):
    school = School(tmp_path, cache_dir)
    ruling = ruling_on(school.base_answers(), school.answers_after("honest"))
    assert ruling.verdict == "accepted", ruling.reason
    assert ruling.figures.held_out["text_quality"].low > 0
