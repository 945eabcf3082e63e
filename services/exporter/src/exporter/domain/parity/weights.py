"""Whether the weights in a file are those that belong there, and if not, what happened to them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import fsum

from exporter.domain.parity.fault import Fault

_NAMED = 3


@dataclass(frozen=True)
class Deviation:
    """How far a tensor lies from where it belongs, as a share of its root mean square.

    `from_base` is how far it lies from the base's; `noise` is what its number format explains.
    """

    tensor: str
    adapted: bool
    error: float
    from_base: float
    noise: float

    @property
    def is_foreign(self) -> bool:
        return not self.error <= self.noise


def fault_of(
    deviations: Sequence[Deviation], resembles: Callable[[str], str | None]
) -> Fault | None:
    """`resembles` names the tensor whose weights lie in the place of a foreign one, if any do."""
    foreign = [d for d in deviations if d.is_foreign]
    for deviation in foreign:
        other = resembles(deviation.tensor)
        if other is not None:
            return Fault(name="swapped tensors", said=f"{deviation.tensor} holds {other}")
    adapted = [d for d in deviations if d.adapted]
    if _squares(d.from_base for d in adapted) < _squares(d.error for d in adapted):
        said = f"{len(adapted)} adapted tensors are nearer to the base's than to the trained ones"
        return Fault(name="missing adapter", said=said)
    lost = [d for d in foreign if not d.adapted]
    if lost:
        said = f"{len(lost)} tensors that no training touched are not the base's: {_names(lost)}"
        return Fault(name="wrong base", said=said)
    if foreign:
        return Fault(name="changed tensor", said=_names(foreign))
    return None


def _squares(errors: Iterable[float]) -> float:
    return fsum(error**2 for error in errors)


def _names(deviations: Sequence[Deviation]) -> str:
    more = f" and {len(deviations) - _NAMED} more" if len(deviations) > _NAMED else ""
    return ", ".join(d.tensor for d in deviations[:_NAMED]) + more
