"""An export must stay near the trained model, and nearer than its base."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exporter.domain.parity.quantization import LIMITS, candidates
from exporter.domain.parity.verdict import (
    LogitAgreement,
    ParityFailed,
    ParityPassed,
    compare,
    verdict,
)
from ratchet_models import likeliest

LOGITS = arrays(np.float32, (4, 9), elements=st.floats(-30, 30, width=32))


def agreement(top1: float, kl: float) -> LogitAgreement:
    agreeing = np.arange(1000) < round(top1 * 1000)
    return LogitAgreement(agreeing=agreeing, divergence=np.full(1000, kl))


FAR = 0.5


@given(LOGITS)
def test_a_model_agrees_with_itself(logits: np.ndarray) -> None:
    same = compare(likeliest(logits), logits)

    best = np.sort(logits, axis=-1)[:, -2:]
    assert (same.agreeing | (best[:, 0] == best[:, 1])).all()
    assert same.kl == pytest.approx(0.0, abs=1e-6)


def test_tokens_that_tie_within_the_noise_are_no_disagreement() -> None:
    """As of random weights, whose rounding moves every logit by some 1e-4."""
    generator = np.random.default_rng(0)
    flat = generator.uniform(0, 0.02, (500, 4000)).astype(np.float32)
    rounded = flat + generator.normal(0, 1e-4, flat.shape).astype(np.float32)
    changed = flat.copy()
    changed[:50, 7] += 0.5

    assert (likeliest(flat).ids[:, 0] != rounded.argmax(-1)).any()
    assert compare(likeliest(flat), rounded).top1 == 1.0
    assert compare(likeliest(flat), changed).top1 == 0.9


@given(LOGITS, st.floats(-50, 50))
def test_only_differences_between_logits_count(logits: np.ndarray, shift: float) -> None:
    assert compare(likeliest(logits), logits + np.float32(shift)).kl == pytest.approx(0.0, abs=1e-4)


@given(LOGITS, LOGITS)
def test_divergence_is_never_negative(one: np.ndarray, other: np.ndarray) -> None:
    assert compare(likeliest(one), other).kl >= 0.0


@given(LOGITS, LOGITS)
def test_sums_over_chats_are_sums_over_positions(one: np.ndarray, other: np.ndarray) -> None:
    apart = compare(likeliest(one[:1]), other[:1]) + compare(likeliest(one[1:]), other[1:])
    whole = compare(likeliest(one), other)

    assert apart.top1 == whole.top1
    assert apart.kl == pytest.approx(whole.kl, abs=1e-9)


def test_kl_is_the_sum_of_p_log_p_over_q_in_nats() -> None:
    p, q = np.array([0.7, 0.2, 0.1]), np.array([0.5, 0.25, 0.25])
    reference, candidate = (np.log(np.array([row])).astype(np.float32) for row in (p, q))

    assert compare(likeliest(reference), candidate).kl == pytest.approx(
        float(np.sum(p * np.log(p / q))), rel=1e-5
    )


def test_logits_of_another_number_of_positions_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="cannot compare 2 positions with 3"):
        compare(likeliest(np.zeros((2, 5), np.float32)), np.zeros((3, 5), np.float32))


def test_tokens_without_logits_count_as_the_least_likely() -> None:
    """The converter drops rows of Gemma 3's embeddings that have no token."""
    logits = np.array([[3.0, 1.0, 0.0, 0.0, 0.0]], np.float32)

    assert compare(likeliest(logits), logits[:, :3]).kl == pytest.approx(0, abs=1e-6)
    assert compare(likeliest(logits[:, ::-1]), logits[:, :3]).top1 == 0


@pytest.mark.parametrize(
    ("exported", "training", "reason"),
    [
        (agreement(0.94, 0.001), FAR, "top-1"),
        (agreement(0.97, 0.02), FAR, "above 0.01"),
        (agreement(0.97, 0.005), 0.004, "the training by only"),
        (agreement(1.0, 0.0), 0.0, "the training by only"),
    ],
)
def test_an_export_fails_with_a_reason(
    exported: LogitAgreement, training: float, reason: str
) -> None:
    decision = verdict(exported, training, LIMITS["q8_0"])

    assert isinstance(decision, ParityFailed)
    assert reason in decision.reason


def test_an_export_that_moves_less_than_the_training_passes() -> None:
    measured = verdict(agreement(0.974, 0.0046), 0.033, LIMITS["q8_0"])

    assert isinstance(measured, ParityPassed)


def test_the_99th_percentile_is_reported() -> None:
    divergence = np.array([0.0] * 980 + [0.5] * 20)
    measured = LogitAgreement(agreeing=np.ones(1000, np.bool_), divergence=divergence)

    assert measured.kl == pytest.approx(0.01)
    assert measured.kl_p99 == pytest.approx(0.5)


def test_small_models_are_not_quantized_to_4_bits_automatically() -> None:
    assert candidates("auto", 135_000_000) == ("q8_0", "f16")
    assert candidates("auto", 3_000_000_000) == ("q4_k_m", "q5_k_m", "q6_k", "q8_0", "f16")


def test_every_choice_leads_up_to_f16() -> None:
    for kind in LIMITS:
        tried = candidates(kind, 135_000_000)
        assert (tried[0], tried[-1]) == (kind, "f16")


def test_a_more_exact_format_has_tighter_limits() -> None:
    ladder = [LIMITS[kind] for kind in candidates("q4_k_m", 0)]

    assert [limits.kl for limits in ladder] == sorted((r.kl for r in ladder), reverse=True)
    assert [limits.top1 for limits in ladder] == sorted(limits.top1 for limits in ladder)
