"""Reads a low-rank scorer of the predecessor's trainer, as tensors and never as code."""

import logging
from math import prod
from pathlib import Path

import torch
from torch import Tensor

from ratchet_ranking import HIDDEN, RANK, SCENARIO, TEXT, WIDTH

_log = logging.getLogger(__name__)
_WIDTHS = (SCENARIO.stop, WIDTH)
_SHAPES = {
    "A.weight": (RANK, WIDTH),
    "B.weight": (HIDDEN, RANK),
    "B.bias": (HIDDEN,),
    "out.weight": (1, HIDDEN),
    "out.bias": (1,),
}


class UnusableCheckpoint(ValueError):
    """A checkpoint that cannot be resumed; the message gives the reason."""


class LegacyCheckpoint:
    """The checkpoint of the settings, if any; `trained_on` names its embedding."""

    def __init__(self, path: Path | None, trained_on: str) -> None:
        self._path = path
        self._trained_on = trained_on

    def load(self, embedding: str) -> tuple[dict[str, Tensor], str] | None:
        """The weights and their origin; None, with the reason logged, if unusable."""
        if self._path is None:
            return None
        same = embedding.startswith(self._trained_on)
        try:
            weights = load_legacy(self._path, same)
        except UnusableCheckpoint as error:
            _log.error("starting with fresh weights: %s", error)
            return None
        text = "" if same else f", without its text inputs (trained on {self._trained_on})"
        return weights, f"{self._path.name}{text}"


def load_legacy(path: Path, same_embedding: bool) -> dict[str, Tensor]:
    """The tensors of `scorer_latest.pt` by name, with a first layer 813 wide.

    A narrower input (787) is padded with zero columns. Without `same_embedding` the text columns
    are zero too, because they were trained on other vectors. Raises `UnusableCheckpoint`.
    """
    try:
        return _usable(path, same_embedding)
    except UnusableCheckpoint:
        raise
    except Exception as error:
        raise UnusableCheckpoint(f"{path.name} cannot be read: {error!r}") from error


def _usable(path: Path, same_embedding: bool) -> dict[str, Tensor]:
    saved = torch.load(path, map_location="cpu", weights_only=True)
    state = saved.get("state_dict", saved) if isinstance(saved, dict) else None
    if not isinstance(state, dict):
        raise UnusableCheckpoint(f"{path.name} holds no state dict")
    tensors = {name: _tensor(state, name, path) for name in _SHAPES}
    rank, width = tensors["A.weight"].shape
    if rank != RANK:
        raise UnusableCheckpoint(f"{path.name} has rank {rank}, not {RANK}")
    if width not in _WIDTHS:
        raise UnusableCheckpoint(f"{path.name} takes {width} inputs, not {_WIDTHS[0]} or {WIDTH}")
    widened = torch.zeros(RANK, WIDTH)
    widened[:, :width] = tensors["A.weight"]
    if not same_embedding:
        widened[:, TEXT] = 0
    tensors["A.weight"] = widened
    for name, shape in _SHAPES.items():
        if tuple(tensors[name].shape) != shape:
            raise UnusableCheckpoint(f"{path.name}: {name} has the shape {tensors[name].shape}")
    return tensors


def _tensor(state: dict[str, object], name: str, path: Path) -> Tensor:
    tensor = state.get(name)
    if not isinstance(tensor, Tensor) or (name == "A.weight" and tensor.dim() != 2):
        raise UnusableCheckpoint(f"{path.name} has no tensor {name}")
    # A tensor may claim more elements than the file has: a stride of 0 repeats one.
    if tensor.numel() > prod(_SHAPES[name]):
        raise UnusableCheckpoint(f"{path.name}: {name} has the shape {tensor.shape}")
    tensor = tensor.float()
    if not bool(torch.isfinite(tensor).all()):
        raise UnusableCheckpoint(f"{path.name}: {name} holds values that are not finite")
    return tensor
