"""Names the fault of a file from how far its tensors deviate from the expected ones."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Literal

from ratchet.contract import Value

_NAMED = 3

FaultName = Literal[
    "truncated file",
    "missing tensor",
    "swapped tensors",
    "missing adapter",
    "wrong base",
    "changed tensor",
    "wrong template",
    "wrong tokenizer",
    "wrong stop token",
    "lost plan",
]


class ParityFault(Value):
    """A named fault of an exported file."""

    name: FaultName
    detail: str

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}"


@dataclass(frozen=True)
class TensorDeviation:
    """`error` is a tensor's distance from the expected one, as a share of its root mean square.

    `from_base` is its distance from the base's; `noise` is the error its number format explains.
    """

    tensor: str
    adapted: bool
    error: float
    from_base: float
    noise: float

    @property
    def is_foreign(self) -> bool:
        return not self.error <= self.noise


def weight_fault(
    deviations: Sequence[TensorDeviation], resembles: Callable[[str], str | None]
) -> ParityFault | None:
    """`resembles` returns the name of the expected tensor that a foreign one equals, if any."""
    foreign = [d for d in deviations if d.is_foreign]
    for deviation in foreign:
        other = resembles(deviation.tensor)
        if other is not None:
            return ParityFault(
                name="swapped tensors", detail=f"{deviation.tensor} has the weights of {other}"
            )
    adapted = [d for d in deviations if d.adapted]
    if _squares(d.from_base for d in adapted) < _squares(d.error for d in adapted):
        detail = f"{len(adapted)} adapted tensors are nearer to the base's than to the trained ones"
        return ParityFault(name="missing adapter", detail=detail)
    lost = [d for d in foreign if not d.adapted]
    if lost:
        detail = f"{len(lost)} tensors that were not trained differ from the base's: {_names(lost)}"
        return ParityFault(name="wrong base", detail=detail)
    if foreign:
        return ParityFault(name="changed tensor", detail=_names(foreign))
    return None


def _squares(errors: Iterable[float]) -> float:
    return fsum(error**2 for error in errors)


def _names(deviations: Sequence[TensorDeviation]) -> str:
    more = f" and {len(deviations) - _NAMED} more" if len(deviations) > _NAMED else ""
    return ", ".join(d.tensor for d in deviations[:_NAMED]) + more
