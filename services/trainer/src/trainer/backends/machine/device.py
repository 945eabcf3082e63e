"""Chooses the device and the number format to compute in."""

import hashlib
import os
import platform
import time
from pathlib import Path

import torch

from ratchet.storage import write_whole
from trainer.domain.runs.recipe import Device, Precision

_DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_ROWS, _WIDTH, _ROUNDS = 512, 1024, 4
_CLEARLY_FASTER = 1.25


def choose_device(requested: Device) -> torch.device:
    """The requested device; "auto" is the first GPU, or the CPU without one."""
    if requested == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(requested)


def choose_dtype(requested: Precision, device: torch.device, cache_dir: Path) -> torch.dtype:
    """The requested format; "auto" is bfloat16 on GPUs, and on CPUs that are faster in it.

    Some CPUs multiply bfloat16 twice as fast as float32 and others half as fast, whatever
    instructions they report, so "auto" measures for some milliseconds. The result is stored in
    `cache_dir`: this machine computes a resumed run in the same format again.
    """
    if requested != "auto":
        return _DTYPES[requested]
    if device.type == "cuda":
        return torch.bfloat16
    known = cache_dir / f"cpu-precision-{_machine()}"
    if not known.is_file():
        faster = _seconds(torch.float32) > _CLEARLY_FASTER * _seconds(torch.bfloat16)
        cache_dir.mkdir(parents=True, exist_ok=True)
        write_whole(known, b"bfloat16" if faster else b"float32")
    return _DTYPES[known.read_text()]


def _machine() -> str:
    """8 hex characters for the kind of CPU and the release of torch."""
    cpuinfo = Path("/proc/cpuinfo")
    names = cpuinfo.read_text().splitlines() if cpuinfo.is_file() else [platform.processor()]
    name = next((line for line in names if line.startswith("model name")), names[0])
    return hashlib.sha256(f"{name} {torch.__version__}".encode()).hexdigest()[:8]


def use_all_cores() -> None:
    """Use one thread for each core that this process may use.

    Processes that a launcher started side by side share the cores.
    """
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // beside))


def name_of(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")


def _seconds(dtype: torch.dtype) -> float:
    rows, weight = torch.ones(_ROWS, _WIDTH, dtype=dtype), torch.ones(_WIDTH, _WIDTH, dtype=dtype)
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        torch.nn.functional.linear(rows, weight)
        best = min(best, time.perf_counter() - started)
    return best
