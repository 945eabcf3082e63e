"""The faults of the weights in a file."""

from collections.abc import Callable

import pytest

from exporter.domain.parity.weights import TensorDeviation, weight_fault

NOISE = 0.02


def deviation(tensor: str, error: float, from_base: float | None = None) -> TensorDeviation:
    """A tensor that was not trained or, with `from_base`, an adapted one."""
    adapted = from_base is not None
    return TensorDeviation(tensor, adapted, error, error if from_base is None else from_base, NOISE)


def resembles(**others: str) -> Callable[[str], str | None]:
    return others.get


SOUND = (
    deviation("norm", 0.0),
    deviation("up", 0.006, from_base=0.05),
    deviation("down", 0.006, from_base=0.03),
)


def test_rounding_is_not_a_fault():
    assert weight_fault(SOUND, resembles()) is None


@pytest.mark.parametrize(
    ("deviations", "other", "name"),
    [
        (
            (deviation("up", 1.4, 1.4), deviation("down", 1.4, 1.4)),
            {"up": "down"},
            "swapped tensors",
        ),
        ((deviation("up", 0.05, 0.006), deviation("down", 0.03, 0.006)), {}, "missing adapter"),
        ((deviation("up", 0.010, 0.006), deviation("norm", 0.0)), {}, "missing adapter"),
        ((deviation("norm", 0.4), deviation("up", 0.9, 0.91)), {}, "wrong base"),
        ((deviation("norm", 0.0), deviation("up", 0.9, 0.95)), {}, "changed tensor"),
        ((deviation("norm", float("inf")),), {}, "wrong base"),
        ((deviation("norm", float("nan")),), {}, "wrong base"),
    ],
)
def test_each_fault_has_its_name(
    deviations: tuple[TensorDeviation, ...], other: dict[str, str], name: str
):
    fault = weight_fault((*SOUND[:1], *deviations), resembles(**other))
    assert fault is not None
    assert fault.name == name


def test_the_first_few_tensors_are_named():
    fault = weight_fault([deviation(f"blk.{number}", 1.0) for number in range(9)], resembles())
    assert fault is not None
    assert "9 tensors" in fault.detail
    assert "blk.0, blk.1, blk.2 and 6 more" in fault.detail
