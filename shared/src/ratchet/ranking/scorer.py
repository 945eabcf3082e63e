"""Both scorers in numpy: what the trainer learnt, ready to be asked thousands of times a second."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import tanh

import numpy as np

from ratchet.ranking.features import (
    OTHER_SCENARIO,
    SCENARIO_ROW,
    TEXT,
    TEXT_SCALE,
    Matrix,
    Vector,
    scenario_table,
)

RANK = 32
COMPOSITION_WIDTH = 16
HIDDEN = 64


@dataclass(frozen=True)
class LowRankScorer:
    """Widgets of a question in [-1, 1]: 813 -> 32 -> 64 -> 1, ReLU, tanh.

    `a` (32, 813), `b` (64, 32), `b_bias` (64,), `out` (64,), `out_bias` ().
    """

    a: Matrix
    b: Matrix
    b_bias: Vector
    out: Vector
    out_bias: float

    @cached_property
    def on_text(self) -> Matrix:
        """What an embedding (768,) meets: (32, 768)."""
        return TEXT_SCALE * self.a[:, TEXT]

    @cached_property
    def _on_structure(self) -> Matrix:
        return np.ascontiguousarray(self.a[:, TEXT.stop :])

    @cached_property
    def _table(self) -> Matrix:
        return scenario_table(self.a)

    @cached_property
    def _b_turned(self) -> Matrix:
        return np.ascontiguousarray(self.b.T)

    @property
    def parameters(self) -> int:
        return self.a.size + self.b.size + self.b_bias.size + self.out.size + 1

    def score(self, seen: Vector, structure: Vector, places: Sequence[int]) -> Vector:
        """The scores (n,) of scenarios by `places_of`, each as if it stood on top.

        `seen` (32,) is `on_text @ text`, `structure` (45,) what they share beside the text.
        """
        hidden = self._table.take(places, axis=0)
        hidden += self._on_structure.dot(structure) + seen
        features = np.maximum(hidden, 0.0, out=hidden).dot(self._b_turned)
        features += self.b_bias
        scores: Vector = np.maximum(features, 0.0, out=features).dot(self.out)
        scores += self.out_bias
        np.tanh(scores, out=scores)
        return scores


@dataclass(frozen=True)
class CompositionScorer:
    """A whole plan in [-1, 1]: the text beside a learnt vector for each scenario that is shown.

    `scenarios` (19, 16), `hidden` (64, 768 + 19 * 16), `hidden_bias` (64,), `out` (64,),
    `out_bias` (). A scenario's vector stands in its own place, weighed by 1/sqrt(position + 1).
    """

    scenarios: Matrix
    hidden: Matrix
    hidden_bias: Vector
    out: Vector
    out_bias: float

    @cached_property
    def on_text(self) -> Matrix:
        """What an embedding (768,) meets: (64, 768)."""
        return TEXT_SCALE * self.hidden[:, TEXT]

    @cached_property
    def _table(self) -> Matrix:
        """What each scenario adds to the hidden layer (20, 64) on top; nothing for others."""
        on_scenarios = self.hidden[:, TEXT.stop :].reshape(HIDDEN, OTHER_SCENARIO, -1)
        table = np.zeros((OTHER_SCENARIO + 1, HIDDEN), np.float32)
        table[:-1] = np.einsum("hsw,sw->sh", on_scenarios, self.scenarios)
        return table

    @property
    def parameters(self) -> int:
        weights = self.scenarios.size + self.hidden.size + self.hidden_bias.size
        return weights + self.out.size + 1

    def score(self, seen: Vector, shown: Sequence[int]) -> float:
        """The score of a plan; `seen` (64,) is `on_text @ text`, `shown` places, best first."""
        hidden = discounts(len(shown)).dot(self._table.take(shown, axis=0))
        hidden += seen
        hidden += self.hidden_bias
        return tanh(float(np.maximum(hidden, 0.0, out=hidden).dot(self.out)) + self.out_bias)


def places_of(scenarios: Iterable[str]) -> list[int]:
    """The places of scenarios in tables of them; unknown ones share the last."""
    return [SCENARIO_ROW.get(scenario, OTHER_SCENARIO) for scenario in scenarios]


@lru_cache(maxsize=128)
def discounts(widgets: int) -> Vector:
    """How much the places of a plan (n,) weigh, from the top: 1/sqrt(position + 1)."""
    weights: Vector = (1 / np.sqrt(np.arange(1, widgets + 1))).astype(np.float32)
    return weights


def presence(shown: Sequence[str]) -> Vector:
    """How much of each of the 19 scenarios (19,) a plan shows, its upper places more."""
    weights = np.zeros(OTHER_SCENARIO + 1, np.float32)
    np.add.at(weights, places_of(shown), discounts(len(shown)))
    return weights[:-1]


@dataclass(frozen=True)
class Scorers:
    """What one artifact holds."""

    low_rank: LowRankScorer
    composition: CompositionScorer

    @cached_property
    def _on_text(self) -> Matrix:
        return np.concatenate([self.low_rank.on_text, self.composition.on_text])

    def see(self, text: Vector) -> tuple[Vector, Vector]:
        """What the hidden layers of both scorers see of an embedding (768,), not scaled."""
        seen = self._on_text.dot(text)
        return seen[:RANK], seen[RANK:]

    @classmethod
    def of(cls, weights: Mapping[str, Matrix]) -> "Scorers":
        """From tensors by name; raises `ValueError` for what is no scorer."""
        low_rank = LowRankScorer(
            a=_shaped(weights, "A.weight", (RANK, TEXT.stop + 45)),
            b=_shaped(weights, "B.weight", (HIDDEN, RANK)),
            b_bias=_shaped(weights, "B.bias", (HIDDEN,)),
            out=_shaped(weights, "out.weight", (1, HIDDEN))[0],
            out_bias=float(_shaped(weights, "out.bias", (1,))[0]),
        )
        placed = OTHER_SCENARIO * COMPOSITION_WIDTH
        composition = CompositionScorer(
            scenarios=_shaped(
                weights, "composition.scenarios.weight", (OTHER_SCENARIO, COMPOSITION_WIDTH)
            ),
            hidden=_shaped(weights, "composition.hidden.weight", (HIDDEN, TEXT.stop + placed)),
            hidden_bias=_shaped(weights, "composition.hidden.bias", (HIDDEN,)),
            out=_shaped(weights, "composition.out.weight", (1, HIDDEN))[0],
            out_bias=float(_shaped(weights, "composition.out.bias", (1,))[0]),
        )
        return cls(low_rank, composition)


def _shaped(weights: Mapping[str, Matrix], name: str, shape: tuple[int, ...]) -> Matrix:
    if name not in weights:
        message = f"{name} is missing"
        raise ValueError(message)
    tensor = np.ascontiguousarray(weights[name], np.float32)
    if tensor.shape != shape:
        message = f"{name} has the shape {tensor.shape}, not {shape}"
        raise ValueError(message)
    if not np.isfinite(tensor).all():
        message = f"{name} holds numbers that are not finite"
        raise ValueError(message)
    return tensor
