"""The checkpoint of the predecessor's trainer: used if it fits, rejected with the reason if not."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import (
    TEXT,
    WIDTH,
    HashingEmbedding,
    scenario_indices,
    structure_inputs,
    widget_rows,
)
from trainer.backends.scorers.legacy_scorer import LegacyCheckpoint, UnusableCheckpoint, load_legacy
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import judged_plans, unseen_question

pytestmark = pytest.mark.heavy

NARROW = 787
BGE = "sentence-transformers:BAAI/bge-base-en-v1.5"
EMBEDDING = HashingEmbedding()


def tensors(width: int = WIDTH, rank: int = 32, **changes: Tensor) -> dict[str, Tensor]:
    torch.manual_seed(11)
    made = {
        "A.weight": torch.randn(rank, width) / 10,
        "B.weight": torch.randn(64, rank) / 5,
        "B.bias": torch.randn(64) / 10,
        "out.weight": torch.randn(1, 64) / 5,
        "out.bias": torch.randn(1) / 10,
    }
    return {**made, **changes}


Save = Callable[[Any], Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def save(saved: Any) -> Path:
        path = tmp_path / "scorer_latest.pt"
        torch.save(saved, path)
        return path

    return save


def test_a_narrow_checkpoint_is_padded_with_zeros(save: Save) -> None:
    narrow = tensors(NARROW)
    loaded = load_legacy(save(narrow), same_embedding=True)
    assert loaded["A.weight"].shape == (32, WIDTH)
    assert torch.equal(loaded["A.weight"][:, :NARROW], narrow["A.weight"])
    assert not loaded["A.weight"][:, NARROW:].any()


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_wide_checkpoint_is_loaded_unchanged(tmp_path: Path, wrapped: bool, zipped: bool) -> None:
    wide, path = tensors(), tmp_path / "scorer_latest.pt"
    saved = {"state_dict": wide, "training_steps": 812} if wrapped else wide
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    loaded = load_legacy(path, same_embedding=True)
    assert loaded.keys() == wide.keys()
    assert all(torch.equal(loaded[name], wide[name]) for name in wide)


def test_another_embedding_clears_the_text_inputs(save: Save) -> None:
    wide = tensors()
    loaded = load_legacy(save(wide), same_embedding=False)
    assert not loaded["A.weight"][:, TEXT].any()
    assert torch.equal(loaded["A.weight"][:, TEXT.stop :], wide["A.weight"][:, TEXT.stop :])
    assert torch.equal(loaded["B.weight"], wide["B.weight"])


UNUSABLE = {
    "has rank 16, not 32": tensors(rank=16),
    "takes 800 inputs, not 787 or 813": tensors(800),
    "has no tensor out.bias": {k: v for k, v in tensors().items() if k != "out.bias"},
    "has no tensor B.bias": {**tensors(), "B.bias": [0.0] * 64},
    "has no tensor A.weight": tensors(**{"A.weight": torch.zeros(WIDTH)}),
    "B.weight has the shape": tensors(**{"B.weight": torch.zeros(32, 64)}),
    "holds values that are not finite": tensors(**{"B.bias": torch.full((64,), torch.nan)}),
    "holds no state dict": [1, 2, 3],
    "B.bias has the shape torch.Size([32000000000])": tensors(
        **{"B.bias": torch.zeros(1).expand(32_000_000_000)}
    ),
    "cannot be read": tensors(**{"A.weight": torch.zeros(32, WIDTH).to_sparse()}),
}


@pytest.mark.parametrize("problem", UNUSABLE)
def test_an_unusable_checkpoint_is_rejected_with_its_problem(save: Save, problem: str) -> None:
    with pytest.raises(UnusableCheckpoint, match=r"scorer_latest\.pt") as refused:
        load_legacy(save(UNUSABLE[problem]), same_embedding=True)
    assert problem in str(refused.value)


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_damaged_anywhere_is_rejected(tmp_path: Path, zipped: bool) -> None:
    path, rng = tmp_path / "scorer_latest.pt", np.random.default_rng(5)
    torch.save(tensors(), path, _use_new_zipfile_serialization=zipped)
    whole = path.read_bytes()
    for size in (0, 1, 20, 200, 1_000, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        with pytest.raises(UnusableCheckpoint, match=r"scorer_latest\.pt"):
            load_legacy(path, same_embedding=True)
    refused = 0
    for at in rng.integers(2, 1_000, size=200):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            load_legacy(path, same_embedding=True)
        except UnusableCheckpoint:
            refused += 1
    assert refused > 20


class Intruder:
    """Its pickle writes `marker` if it is executed."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.marker, "was here")


@pytest.mark.parametrize("zipped", [False, True])
def test_code_in_a_checkpoint_never_runs(tmp_path: Path, zipped: bool) -> None:
    marker, path = tmp_path / "marker", tmp_path / "scorer_latest.pt"
    saved = {**tensors(), "optimizer": Intruder(marker)}
    torch.save(saved, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(UnusableCheckpoint, match=r"scorer_latest\.pt"):
        load_legacy(path, same_embedding=True)
    assert not marker.exists()
    torch.load(path, weights_only=False)
    assert marker.exists()


def test_without_a_usable_checkpoint_learning_starts_with_fresh_weights(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert LegacyCheckpoint(None, BGE).load(EMBEDDING.name) is None
    assert caplog.text == ""
    for unusable in (tmp_path / "missing.pt", tmp_path):
        with caplog.at_level(logging.ERROR):
            assert LegacyCheckpoint(unusable, BGE).load(EMBEDDING.name) is None
        assert f"starting with fresh weights: {unusable.name} cannot be read" in caplog.text


def test_text_inputs_count_only_with_the_same_embedding(save: Save) -> None:
    checkpoint = LegacyCheckpoint(save(tensors()), BGE)
    same, origin = checkpoint.load(f"{BGE}@0123456789ab") or ({}, "")
    assert same["A.weight"][:, TEXT].any()
    assert origin == "scorer_latest.pt"
    other, origin = checkpoint.load(EMBEDDING.name) or ({}, "")
    assert not other["A.weight"][:, TEXT].any()
    assert origin == f"scorer_latest.pt, without its text inputs (trained on {BGE})"


def test_a_learner_started_from_a_checkpoint_scores_like_it(save: Save) -> None:
    learner, wide, question = (
        ScorerLearner(LearningRules(), EMBEDDING),
        tensors(),
        unseen_question(),
    )
    learner.start_from(load_legacy(save(wide), same_embedding=True), "scorer_latest.pt")
    text, structure = EMBEDDING.embed(question.transcript), structure_inputs(question, 19)
    rows = np.concatenate([widget_rows(structure, [name]) for name in CORE_SCENARIOS])
    inputs = np.hstack([np.tile(np.float32(0.3) * text, (19, 1)), rows])
    low = torch.relu(torch.from_numpy(inputs) @ wide["A.weight"].T)
    high = torch.relu(low @ wide["B.weight"].T + wide["B.bias"])
    as_it_did = torch.tanh(high @ wide["out.weight"][0] + wide["out.bias"])
    seen, _ = learner.scorers().project_text(text)
    scores = learner.scorers().low_rank.score(seen, structure, scenario_indices(CORE_SCENARIOS))
    np.testing.assert_allclose(scores, as_it_did, atol=1e-5)
    learner.learn(judged_plans(3))
    assert learner.progress.origin == "scorer_latest.pt"
