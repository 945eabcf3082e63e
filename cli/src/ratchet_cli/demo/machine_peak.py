"""The speed of the machine, beside which the times of a run can be read."""

import time

import numpy as np

_SIDE = 768
_SECONDS = 0.6


def matmul_gflops() -> float:
    """The best speed of a float32 matrix product in GFLOP/s, measured for under a second."""
    random = np.random.default_rng(0)
    left, right = (random.random((_SIDE, _SIDE), np.float32) for _ in range(2))
    product = np.empty_like(left)
    best, began = float("inf"), time.perf_counter()
    while (start := time.perf_counter()) - began < _SECONDS:
        np.matmul(left, right, out=product)
        best = min(best, time.perf_counter() - start)
    return 2 * _SIDE**3 / best / 1e9
