"""The processes of one run: one, or several that `accelerate launch` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

_PATIENCE = timedelta(days=1)
"""The others wait while the first process evaluates, longer than PyTorch's 10 to 30 minutes."""


@contextmanager
def side_by_side(device: torch.device) -> Iterator[int]:
    """Join the processes that the environment names; yields their number.

    All leave together. A process that fails leaves at once, and the launcher ends the others.
    """
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        yield 1
        return
    if device.type == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=_PATIENCE)
    yield count
    wait_for_all()
    distributed.destroy_process_group()


def is_alone() -> bool:
    return not distributed.is_initialized()


def is_first() -> bool:
    """Whether this process evaluates, reports and writes for all of them."""
    return is_alone() or distributed.get_rank() == 0


def wait_for_all() -> None:
    """Wait until every process calls this."""
    if not is_alone():
        distributed.barrier()


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process runs the block before the others do."""
    if not is_first():
        wait_for_all()
    yield
    if is_first():
        wait_for_all()
