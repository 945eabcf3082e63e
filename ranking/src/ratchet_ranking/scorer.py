"""Inference of both scorers in numpy, precomputed for thousands of requests a second."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import tanh

import numpy as np

from ratchet_ranking.features import (
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
    """Scores widgets of a question in [-1, 1]: 813 -> 32 -> 64 -> 1, ReLU, tanh.

    `a` (32, 813), `b` (64, 32), `b_bias` (64,), `out` (64,), `out_bias` ().
    """

    a: Matrix
    b: Matrix
    b_bias: Vector
    out: Vector
    out_bias: float

    @cached_property
    def on_text(self) -> Matrix:
        """The weights of an embedding: (32, 768)."""
        return TEXT_SCALE * self.a[:, TEXT]

    @cached_property
    def _on_structure(self) -> Matrix:
        return np.ascontiguousarray(self.a[:, TEXT.stop :])

    @cached_property
    def _table(self) -> Matrix:
        return scenario_table(self.a)

    @cached_property
    def _b_transposed(self) -> Matrix:
        return np.ascontiguousarray(self.b.T)

    @property
    def parameters(self) -> int:
        return self.a.size + self.b.size + self.b_bias.size + self.out.size + 1

    def score(self, text: Vector, structure: Vector, indices: Sequence[int]) -> Vector:
        """The scores (n,) of scenarios by `scenario_indices`, each as if at the top.

        `text` (32,) is the projected embedding, `structure` (45,) the other shared inputs.
        """
        hidden = self._table.take(indices, axis=0)
        hidden += self._on_structure.dot(structure) + text
        features = np.maximum(hidden, 0.0, out=hidden).dot(self._b_transposed)
        features += self.b_bias
        scores: Vector = np.maximum(features, 0.0, out=features).dot(self.out)
        scores += self.out_bias
        np.tanh(scores, out=scores)
        return scores


@dataclass(frozen=True)
class CompositionScorer:
    """Scores a whole plan in [-1, 1] from the text and a learned vector per shown scenario.

    `scenarios` (19, 16), `hidden` (64, 768 + 19 * 16), `hidden_bias` (64,), `out` (64,),
    `out_bias` (). A scenario's vector is weighted by 1/sqrt(position + 1).
    """

    scenarios: Matrix
    hidden: Matrix
    hidden_bias: Vector
    out: Vector
    out_bias: float

    @cached_property
    def on_text(self) -> Matrix:
        """The weights of an embedding: (64, 768)."""
        return TEXT_SCALE * self.hidden[:, TEXT]

    @cached_property
    def _table(self) -> Matrix:
        """The contribution of each scenario to the hidden layer (20, 64); 0 for unknown ones."""
        on_scenarios = self.hidden[:, TEXT.stop :].reshape(HIDDEN, OTHER_SCENARIO, -1)
        table = np.zeros((OTHER_SCENARIO + 1, HIDDEN), np.float32)
        table[:-1] = np.einsum("hsw,sw->sh", on_scenarios, self.scenarios)
        return table

    @property
    def parameters(self) -> int:
        weights = self.scenarios.size + self.hidden.size + self.hidden_bias.size
        return weights + self.out.size + 1

    def score(self, text: Vector, shown: Sequence[int]) -> float:
        """The score of a plan; `text` (64,) is projected, `shown` are scenario rows, best first."""
        hidden = discounts(len(shown)).dot(self._table.take(shown, axis=0))
        hidden += text
        hidden += self.hidden_bias
        return tanh(float(np.maximum(hidden, 0.0, out=hidden).dot(self.out)) + self.out_bias)


def scenario_indices(scenarios: Iterable[str]) -> list[int]:
    """The rows of scenarios in tables of scenarios; unknown ones share the last."""
    return [SCENARIO_ROW.get(scenario, OTHER_SCENARIO) for scenario in scenarios]


@lru_cache(maxsize=128)
def discounts(widgets: int) -> Vector:
    """The weights (n,) of the positions of a plan, from the top: 1/sqrt(position + 1)."""
    weights: Vector = (1 / np.sqrt(np.arange(1, widgets + 1))).astype(np.float32)
    return weights


def presence(shown: Sequence[str]) -> Vector:
    """The weight of each scenario (19,) in a plan: the sum of its positions' weights."""
    weights = np.zeros(OTHER_SCENARIO + 1, np.float32)
    np.add.at(weights, scenario_indices(shown), discounts(len(shown)))
    return weights[:-1]


@dataclass(frozen=True)
class Scorers:
    """Both scorers of one artifact."""

    low_rank: LowRankScorer
    composition: CompositionScorer

    @cached_property
    def _on_text(self) -> Matrix:
        return np.concatenate([self.low_rank.on_text, self.composition.on_text])

    def project_text(self, text: Vector) -> tuple[Vector, Vector]:
        """The embedding (768,) projected into both hidden layers: (32,) and (64,)."""
        projected = self._on_text.dot(text)
        return projected[:RANK], projected[RANK:]

    @classmethod
    def of(cls, weights: Mapping[str, Matrix]) -> "Scorers":
        """Builds both from tensors by name. Raises `ValueError` if one is missing or malformed."""
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
        raise ValueError(f"{name} is missing")
    tensor = np.ascontiguousarray(weights[name], np.float32)
    if tensor.shape != shape:
        raise ValueError(f"{name} has the shape {tensor.shape}, not {shape}")
    if not np.isfinite(tensor).all():
        raise ValueError(f"{name} holds values that are not finite")
    return tensor
