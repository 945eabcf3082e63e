"""Reads and writes both scorers and their manifest as one safetensors file, without torch."""

import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ratchet.contract import RankingPolicy, Value
from ratchet_ranking.features import WIDTH, Matrix
from ratchet_ranking.scorer import RANK, Scorers

_MANIFEST = "manifest"


class UnusableScorer(ValueError):
    """A file without usable scorers; the message gives the reason."""


class ScorerManifest(Value):
    """The provenance of the weights; they serve with this embedding and policy only."""

    embedding: str
    policy: RankingPolicy
    trained_on: int
    steps: int
    seed: int
    rank: int = RANK
    input_dim: int = WIDTH
    versions: dict[str, str]


def libraries() -> dict[str, str]:
    """The versions of the libraries that determine the weights."""
    return {name: importlib.metadata.version(name) for name in ("torch", "numpy", "safetensors")}


def scorer_bytes(weights: Mapping[str, Matrix], manifest: ScorerManifest) -> bytes:
    return save(dict(weights), {_MANIFEST: manifest.model_dump_json()})


def read_scorer(path: Path) -> tuple[Scorers, ScorerManifest]:
    """Raises `UnusableScorer`, or `OSError` if the file cannot be read."""
    try:
        with safe_open(path, framework="np") as file:
            metadata = file.metadata() or {}
            manifest = ScorerManifest.model_validate_json(metadata.get(_MANIFEST, "{}"))
            for name in file.keys():  # noqa: SIM118
                if (kind := file.get_slice(name).get_dtype()) != "F32":
                    raise ValueError(f"{name} is of the type {kind}, not F32")
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return Scorers.of(weights), manifest
    except (SafetensorError, ValueError) as error:
        raise UnusableScorer(f"{path.name[:12]} holds no scorer: {error}") from error
