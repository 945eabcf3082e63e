"""The scorer's file: what goes in comes out, what is no scorer is named, and what it computes."""

import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save

from ratchet.contract import RankingPolicy, RankingQuery
from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import (
    TEXT,
    Matrix,
    ScorerManifest,
    Scorers,
    UnusableScorer,
    Vector,
    discounts,
    presence,
    read_scorer,
    scenario_indices,
    scorer_bytes,
    structure_inputs,
    widget_rows,
)

SHAPES = {
    "A.weight": (32, 813),
    "B.weight": (64, 32),
    "B.bias": (64,),
    "out.weight": (1, 64),
    "out.bias": (1,),
    "composition.scenarios.weight": (19, 16),
    "composition.hidden.weight": (64, 1072),
    "composition.hidden.bias": (64,),
    "composition.out.weight": (1, 64),
    "composition.out.bias": (1,),
}
MANIFEST = ScorerManifest(
    embedding="hashing-768-1",
    policy=RankingPolicy(weight=0.7, share=0.2),
    trained_on=300,
    steps=40,
    seed=7,
    versions={"torch": "2.13.0"},
)
PLANS = st.lists(st.sampled_from(CORE_SCENARIOS) | st.just("unknown"), min_size=1, max_size=24)


def weights(seed: int = 0) -> dict[str, Matrix]:
    rng = np.random.default_rng(seed)
    return {
        name: rng.normal(scale=0.1, size=shape).astype(np.float32) for name, shape in SHAPES.items()
    }


def text(seed: int) -> Vector:
    vector = np.random.default_rng(seed).normal(size=768).astype(np.float32)
    return vector / np.linalg.norm(vector)


def relu(values: Matrix) -> Matrix:
    return np.maximum(values, 0.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "scorer.safetensors"


def test_what_goes_in_comes_out(path: Path) -> None:
    put = weights()
    path.write_bytes(scorer_bytes(put, MANIFEST))
    scorers, manifest = read_scorer(path)
    assert manifest == MANIFEST
    assert (manifest.rank, manifest.input_dim) == (32, 813)
    low_rank, composition = scorers.low_rank, scorers.composition
    came = {
        "A.weight": low_rank.a,
        "B.weight": low_rank.b,
        "B.bias": low_rank.b_bias,
        "out.weight": low_rank.out[None],
        "out.bias": [low_rank.out_bias],
        "composition.scenarios.weight": composition.scenarios,
        "composition.hidden.weight": composition.hidden,
        "composition.hidden.bias": composition.hidden_bias,
        "composition.out.weight": composition.out[None],
        "composition.out.bias": [composition.out_bias],
    }
    assert came.keys() == put.keys()
    for name, tensor in put.items():
        assert (came[name] == tensor).all(), name


def test_the_same_scorer_makes_the_same_bytes() -> None:
    assert scorer_bytes(weights(), MANIFEST) == scorer_bytes(weights(), MANIFEST)
    assert scorer_bytes(weights(1), MANIFEST) != scorer_bytes(weights(), MANIFEST)


def test_the_scorers_have_as_many_parameters_as_the_contract_says() -> None:
    scorers = Scorers.of(weights())
    assert scorers.low_rank.parameters == 28_193
    assert scorers.composition.parameters == 69_041


@pytest.mark.parametrize("name", SHAPES)
def test_a_missing_tensor_is_named(path: Path, name: str) -> None:
    put = weights()
    del put[name]
    path.write_bytes(scorer_bytes(put, MANIFEST))
    with pytest.raises(UnusableScorer, match=f"holds no scorer: {name} is missing"):
        read_scorer(path)


@pytest.mark.parametrize("name", SHAPES)
def test_a_tensor_of_another_shape_is_named(path: Path, name: str) -> None:
    put = weights()
    put[name] = np.concatenate([put[name], put[name]])
    path.write_bytes(scorer_bytes(put, MANIFEST))
    with pytest.raises(UnusableScorer, match=f"{name} has the shape"):
        read_scorer(path)


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_a_tensor_that_is_not_finite_is_named(path: Path, name: str, number: float) -> None:
    put = weights()
    put[name].flat[-1] = number
    path.write_bytes(scorer_bytes(put, MANIFEST))
    with pytest.raises(UnusableScorer, match=f"{name} holds values that are not finite"):
        read_scorer(path)


@pytest.mark.parametrize("kind", [np.float64, np.float16, np.int64, np.bool_, np.complex64])
def test_a_tensor_of_another_type_is_named(path: Path, kind: type[np.generic]) -> None:
    path.write_bytes(scorer_bytes({**weights(), "B.bias": np.zeros(64, kind)}, MANIFEST))
    with pytest.raises(UnusableScorer, match=r"B\.bias is of the type"):
        read_scorer(path)


@pytest.mark.parametrize("kind", ["BF16", "F8_E4M3", "F8_E5M2"])
def test_a_type_that_numpy_lacks_is_named(path: Path, kind: str) -> None:
    size = 64 * (2 if kind == "BF16" else 1)
    tensor = {"dtype": kind, "shape": [64], "data_offsets": [0, size]}
    metadata = {"manifest": MANIFEST.model_dump_json()}
    path.write_bytes(laid_out({"__metadata__": metadata, "B.bias": tensor}) + bytes(size))
    with pytest.raises(UnusableScorer, match=rf"B\.bias is of the type {kind}"):
        read_scorer(path)


def laid_out(header: object) -> bytes:
    written = json.dumps(header).encode()
    return struct.pack("<Q", len(written)) + written


@pytest.mark.parametrize(
    "metadata",
    [None, {}, {"manifest": ""}, {"manifest": "{}"}, {"manifest": "[" * 100_000}],
)
def test_a_file_without_a_manifest_is_no_scorer(
    path: Path, metadata: dict[str, str] | None
) -> None:
    path.write_bytes(save(weights(), metadata))
    with pytest.raises(UnusableScorer, match="holds no scorer"):
        read_scorer(path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95" + bytes(100),
        struct.pack("<Q", 2**63) + b"{}",
        laid_out([]),
        laid_out({"A.weight": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}),
        laid_out({"A.weight": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 0]}}),
        b"not a tensor at all",
    ],
    ids=["empty", "zip", "pickle", "header", "list", "offsets", "negative", "words"],
)
def test_garbage_is_no_scorer(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(UnusableScorer, match="holds no scorer"):
        read_scorer(path)


@settings(deadline=None)
@given(st.floats(0.0, 1.0, exclude_max=True))
def test_a_truncated_file_is_no_scorer(
    tmp_path_factory: pytest.TempPathFactory, share: float
) -> None:
    whole = scorer_bytes(weights(), MANIFEST)
    path = tmp_path_factory.mktemp("cut") / "cut"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(UnusableScorer, match="cut holds no scorer"):
        read_scorer(path)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_a_scorer_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("any") / "any"
    path.write_bytes(content)
    with pytest.raises(UnusableScorer, match="holds no scorer"):
        read_scorer(path)


def test_a_file_is_as_large_as_its_tensors(path: Path) -> None:
    assert len(scorer_bytes(weights(), MANIFEST)) < 4 * (28_193 + 69_041) + 4_000


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gone"):
        read_scorer(tmp_path / "gone")


@given(st.integers(0, 20), PLANS)
def test_a_widget_scores_as_the_plain_formula_of_its_813_inputs(
    seed: int, scenarios: list[str]
) -> None:
    put = weights(seed)
    scorer = Scorers.of(put).low_rank
    query = RankingQuery(transcript="power of pump 001", confidence=0.8, domains=("alerts",))
    structure = structure_inputs(query, len(scenarios))
    scores = scorer.score(scorer.on_text @ text(seed), structure, scenario_indices(scenarios))
    on_top = np.stack(
        [
            np.concatenate([0.3 * text(seed), widget_rows(structure, [scenario])[0]])
            for scenario in scenarios
        ]
    )
    features = relu(relu(on_top @ put["A.weight"].T) @ put["B.weight"].T + put["B.bias"])
    expected = np.tanh(features @ put["out.weight"][0] + put["out.bias"])
    assert scores == pytest.approx(expected, abs=1e-5)
    assert scores.dtype == np.float32


@given(st.integers(0, 20), PLANS)
def test_a_plan_scores_as_the_plain_formula_of_what_it_shows(seed: int, plan: list[str]) -> None:
    put = weights(seed)
    scorer = Scorers.of(put).composition
    score = scorer.score(scorer.on_text @ text(seed), scenario_indices(plan))
    shown = presence(plan)[:, None] * put["composition.scenarios.weight"]
    row = np.concatenate([0.3 * text(seed), shown.ravel()])
    hidden = relu(put["composition.hidden.weight"] @ row + put["composition.hidden.bias"])
    expected = np.tanh(hidden @ put["composition.out.weight"][0] + put["composition.out.bias"][0])
    assert score == pytest.approx(float(expected), abs=1e-5)


def test_both_scorers_see_a_text_at_once() -> None:
    scorers = Scorers.of(weights())
    of_text, of_plan = scorers.project_text(text(3))
    assert of_text == pytest.approx(scorers.low_rank.on_text @ text(3), abs=1e-6)
    assert of_plan == pytest.approx(scorers.composition.on_text @ text(3), abs=1e-6)
    assert scorers.low_rank.on_text.shape == (32, TEXT.stop)


def test_an_upper_place_is_present_more() -> None:
    assert discounts(4) == pytest.approx([1.0, 2**-0.5, 3**-0.5, 0.5])
    plan = presence(["kpi", "trend", "kpi", "unknown"])
    at = dict(zip(CORE_SCENARIOS, plan.tolist(), strict=True))
    assert at.pop("kpi") == pytest.approx(1 + 3**-0.5)
    assert at.pop("trend") == pytest.approx(2**-0.5)
    assert not any(at.values())
