"""`trainer.run` on a disk that is full when a checkpoint's optimizer is saved."""

import runpy
from pathlib import Path
from typing import Any

import torch

_save = torch.save


def _save_where_there_is_room(content: Any, path: Any, *rest: Any) -> None:
    _save(content, "/dev/full" if Path(path).name == "optimizer.pt" else path, *rest)


torch.save = _save_where_there_is_room
runpy.run_module("trainer.run", run_name="__main__")
