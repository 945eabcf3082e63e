"""The processes of one run: a single one, or several that `accelerate launch` started."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

_PATIENCE = timedelta(days=1)
"""The others wait while the first one judges, which takes longer than any collective's default."""


@contextmanager
def side_by_side(device: torch.device) -> Iterator[int]:
    """Join the processes that the environment tells of; yields how many there are.

    All leave together. Who fails leaves at once, and the launcher ends the others.
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
    """Whether this process judges, reports and writes for all of them."""
    return is_alone() or distributed.get_rank() == 0


def wait_for_all() -> None:
    """Until every process has come to this line."""
    if not is_alone():
        distributed.barrier()


@contextmanager
def first_alone() -> Iterator[None]:
    """The first process goes through the block before the others do."""
    if not is_first():
        wait_for_all()
    yield
    if is_first():
        wait_for_all()
