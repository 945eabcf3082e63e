"""The dataset that a TRL trainer reads."""

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from datasets import Dataset  # type: ignore[import-untyped]

from trainer.backends.language_model.distributed import first_alone, is_alone, is_first


def train_dataset(rows: Iterable[dict[str, Any]], work_dir: Path) -> Any:
    """A `Dataset` in memory, or for several processes in a directory that all of them read.

    TRL computes the reference log-probabilities in the first process and caches them in a file
    next to the rows. An in-memory dataset has no such file, and the others would miss them.
    """
    if is_alone():
        return Dataset.from_list(list(rows))
    directory = work_dir / "rows"
    with first_alone():
        if is_first():
            shutil.rmtree(directory, ignore_errors=True)
            Dataset.from_list(list(rows)).save_to_disk(directory)
        return Dataset.load_from_disk(directory)
