"""The networks in training: gradients, sizes, and equality with the served scorers."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import nn

from ratchet.measures import CORE_SCENARIOS
from ratchet_ranking import (
    HIDDEN,
    TEXT,
    TEXT_SCALE,
    WIDTH,
    HashingEmbedding,
    Scorers,
    presence,
    scenario_indices,
    structure_inputs,
    widget_rows,
)
from trainer.backends.scorers.composition_net import CompositionNet
from trainer.backends.scorers.low_rank_net import LowRankNet, WidgetBatch
from trainer.backends.scorers.scorer_learner import ScorerLearner
from trainer.backends.scorers.scorer_steps import loss_and_gradient
from trainer.domain.scorer.rules import LearningRules

from .judged_plans import HELD_OUT, judged_plans

pytestmark = pytest.mark.heavy

PLANS = (3, 1, 8, 24, 2)
EMBEDDING = HashingEmbedding()


def widgets_of(plans: Sequence[int], rng: np.random.Generator) -> WidgetBatch:
    """Plans with these widget counts, and one more widget of the first plan at the end."""
    counts = np.repeat(np.arange(len(plans)), plans)
    of = np.concatenate([counts, [0]])
    return WidgetBatch(
        texts=rng.normal(0, 0.1, (len(plans), TEXT.stop)).astype(np.float32),
        plans=of,
        rows=rng.normal(0, 1, (len(of), WIDTH - TEXT.stop)).astype(np.float32),
    )


def a_net(seed: int) -> LowRankNet:
    """A net whose last layer is not zero, as after some steps."""
    torch.manual_seed(seed)
    net = LowRankNet()
    nn.init.normal_(net.out.weight, std=0.3)
    nn.init.normal_(net.out.bias, std=0.1)
    return net


def autograd_scores(
    net: LowRankNet, widgets: WidgetBatch, kept: NDArray[np.float32]
) -> torch.Tensor:
    texts, rows = torch.from_numpy(widgets.texts), torch.from_numpy(widgets.rows)
    inputs = torch.cat([texts[torch.from_numpy(widgets.plans)], rows], dim=1)
    low = torch.relu(net.A(inputs))
    high = torch.relu(net.B(low)) * torch.from_numpy(kept)
    scores: torch.Tensor = torch.tanh(net.out(high)).squeeze(1)
    return scores


@pytest.mark.parametrize("seed", range(5))
def test_the_explicit_gradient_equals_autograds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net, widgets = a_net(seed), widgets_of(PLANS, rng)
    dropped = rng.random((len(widgets.plans), HIDDEN)) < 0.1
    kept = (~dropped / 0.9).astype(np.float32)
    by_score = rng.normal(0, 1, len(widgets.plans)).astype(np.float32)

    done = net.forward_pass(widgets, kept)
    net.set_gradients(widgets, kept, done, by_score)
    own = {name: parameter.grad.clone() for name, parameter in net.named_parameters()}
    net.zero_grad()
    scores = autograd_scores(net, widgets, kept)
    scores.backward(torch.from_numpy(by_score))

    np.testing.assert_allclose(done.scores, scores.detach().numpy(), atol=1e-6)
    for name, parameter in net.named_parameters():
        scale = parameter.grad.abs().max()
        assert scale > 0
        assert (own[name] - parameter.grad).abs().max() / scale < 1e-5, name


def test_setting_gradients_replaces_the_previous_ones() -> None:
    rng = np.random.default_rng(1)
    net, widgets = a_net(1), widgets_of(PLANS, rng)
    kept = np.ones((len(widgets.plans), HIDDEN), np.float32)
    done = net.forward_pass(widgets, kept)
    by_score = np.ones(len(widgets.plans), np.float32)
    net.set_gradients(widgets, kept, done, by_score)
    once = [parameter.grad.clone() for parameter in net.parameters()]
    net.set_gradients(widgets, kept, done, by_score)
    assert all(map(torch.equal, once, (parameter.grad for parameter in net.parameters())))


def test_the_scorers_have_the_sizes_that_the_contract_names() -> None:
    sizes = [sum(p.numel() for p in net.parameters()) for net in (LowRankNet(), CompositionNet())]
    assert sizes == [28_193, 69_041]


def test_every_initial_score_is_zero() -> None:
    widgets = widgets_of(PLANS, np.random.default_rng(2))
    assert not LowRankNet().forward_pass(widgets).scores.any()
    shown = torch.rand(len(PLANS), len(CORE_SCENARIOS))
    assert not CompositionNet()(torch.from_numpy(widgets.texts), shown).any()


@pytest.mark.parametrize("pair_weight", [0.0, 0.1, 2.0])
def test_the_gradient_of_the_loss_equals_autograds(pair_weight: float) -> None:
    rng = np.random.default_rng(3)
    scores = rng.uniform(-1, 1, 40).astype(np.float32)
    targets = rng.uniform(-1, 1, 40).astype(np.float32)
    plans = rng.integers(6, size=40)

    variable = torch.tensor(scores, dtype=torch.float64, requires_grad=True)
    hinges = [
        torch.relu((float(targets[i]) - float(targets[j])) / 2 - variable[i] + variable[j])
        for i in range(40)
        for j in range(40)
        if plans[i] == plans[j] and targets[i] - targets[j] > 0.1
    ]
    squared = (variable - torch.tensor(targets, dtype=torch.float64)).square().mean()
    wanted = squared + pair_weight * torch.stack(hinges).mean()
    wanted.backward()

    loss, gradient = loss_and_gradient(scores, targets, plans, pair_weight)
    assert loss == pytest.approx(wanted.item(), rel=1e-5)
    np.testing.assert_allclose(gradient, variable.grad, rtol=1e-5, atol=1e-7)


def test_the_pair_loss_applies_within_a_plan_only() -> None:
    scores, targets = np.zeros(2, np.float32), np.array([0.8, -0.8], np.float32)

    def pull(plans: list[int]) -> list[float]:
        of = np.array(plans)
        with_pairs, alone = (loss_and_gradient(scores, targets, of, w)[1] for w in (0.1, 0.0))
        return [round(float(by), 6) for by in with_pairs - alone]

    assert pull([0, 0]) == [-0.1, 0.1]
    assert pull([0, 1]) == [0.0, 0.0]


def test_nearly_equal_targets_have_no_pair_loss() -> None:
    scores, plans = np.zeros(2, np.float32), np.zeros(2, np.int64)
    targets = np.array([0.5, 0.45], np.float32)
    alike, alone = (loss_and_gradient(scores, targets, plans, w)[0] for w in (5.0, 0.0))
    assert alike == alone


@pytest.fixture(scope="module")
def trained() -> ScorerLearner:
    learner = ScorerLearner(LearningRules(), EMBEDDING)
    learner.learn(judged_plans(60))
    return learner


def test_the_served_scorer_equals_the_trained_net(trained: ScorerLearner) -> None:
    net, scorers = LowRankNet(), trained.scorers()
    tensors = {name: torch.from_numpy(array) for name, array in trained.weights().items()}
    net.load_state_dict({name: tensors[name] for name in net.state_dict()})
    for question in HELD_OUT:
        text, structure = EMBEDDING.embed(question.transcript), structure_inputs(question, 4)
        rows = np.concatenate([widget_rows(structure, [name]) for name in CORE_SCENARIOS])
        texts = np.float32(TEXT_SCALE) * text[None, :]
        scores = net.forward_pass(WidgetBatch(texts, np.zeros(len(rows), np.int64), rows)).scores
        served = scorers.low_rank.score(
            scorers.project_text(text)[0], structure, scenario_indices(CORE_SCENARIOS)
        )
        assert np.ptp(scores) > 0.1
        np.testing.assert_allclose(served, scores, atol=1e-5)


def test_the_served_composition_scorer_equals_the_trained_net(trained: ScorerLearner) -> None:
    scorers = Scorers.of(trained.weights())
    prefix = "composition."
    net = CompositionNet()
    net.load_state_dict(
        {
            name.removeprefix(prefix): torch.from_numpy(array)
            for name, array in trained.weights().items()
            if name.startswith(prefix)
        }
    )
    for at, question in enumerate(HELD_OUT):
        text = EMBEDDING.embed(question.transcript)
        shown = [*np.random.default_rng(at).choice(CORE_SCENARIOS, 3), "unknown"]
        texts = torch.from_numpy(np.float32(TEXT_SCALE) * text[None, :])
        score = net(texts, torch.from_numpy(presence(shown))[None, :]).item()
        served = scorers.composition.score(scorers.project_text(text)[1], scenario_indices(shown))
        assert abs(score) > 1e-3
        assert served == pytest.approx(score, abs=1e-5)
