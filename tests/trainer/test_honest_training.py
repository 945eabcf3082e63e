"""An adapter that is really trained on good answers learns from them.

The verdict is that of recorded answers, in `test_planted.py`: whether the small model copies names
that it has never seen depends on the machine's arithmetic.
"""

from pathlib import Path

import pytest
from training_data.recorded_answers import ruling_on
from training_data.school import School

pytestmark = pytest.mark.heavy


def test_an_honestly_trained_challenger_answers_better(tmp_path: Path, cache_dir: Path):
    school = School(tmp_path, cache_dir)
    ruling = ruling_on(school.base_answers(), school.answers_after("honest"))
    assert ruling.figures.held_out["text_quality"].low > 0
