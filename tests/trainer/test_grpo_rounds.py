"""A round by rewards: answers above the mean of their question become likelier."""

from pathlib import Path

import pytest
import torch

from ratchet.storage import sha256_of
from trainer.backends.language_model.base_model import load_base
from trainer.backends.language_model.generate import end_tokens
from trainer.backends.language_model.methods import grpo
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.examples.training_example import TrainingExample
from trainer.domain.on_policy.rewards import reward_of
from trainer.domain.runs.child_messages import TrainRequest

from .copied_examples import pair
from .test_own_pairs import ASKED, EVADING, TRUE, UNTRUE
from .test_rounds import WEIGHTS, Stopped, request_for, run, scripted, tiny

__all__ = ["scripted", "tiny"]
pytestmark = pytest.mark.heavy


@pytest.mark.parametrize(
    ("text", "finished", "reward"),
    [
        (TRUE, True, 1),
        (TRUE, False, 0),
        (EVADING, True, 0),
        ("", True, 0),
        (UNTRUE, True, -1),
        (UNTRUE, False, -1),
        ("It is at 71.4 kW.", True, -1),
    ],
)
def test_truth_is_rewarded_and_falsehood_costs_more_than_silence(
    text: str, finished: bool, reward: float
):
    assert reward_of(GeneratedAnswer(text, finished), ASKED) == reward


def test_an_answer_that_no_reading_decides_has_no_reward():
    undecided = pair("Good morning.").model_copy(update={"prompt": "Hello"})
    assert reward_of(GeneratedAnswer("Good morning.", True), undecided) == 0


@pytest.fixture
def rewarded(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Rewards the first answer whenever it is given again, since a tiny model has no true ones."""
    texts: list[str] = []
    given: list[float] = []

    def reward(answer: GeneratedAnswer, asked: TrainingExample) -> float:
        texts.append(answer.text)
        given.append(1.0 if answer.text == texts[0] else -1.0)
        return given[-1]

    monkeypatch.setattr(grpo, "reward_of", reward)
    return given


def test_each_answer_is_judged_by_the_readings_of_its_own_question(tiny: Path):
    base = load_base(tiny, torch.device("cpu"), torch.float32, "none")
    end = end_tokens(base)[0]
    other = ASKED.model_copy(update={"prompt": ASKED.prompt.replace("45.3", "54.3")})
    rewards = grpo.rewards(base, [ASKED, other])
    said = [[{"role": "assistant", "content": text}] for text in (TRUE, TRUE, UNTRUE, TRUE)]
    ids = [[5, end], [5, end], [5, end], [5, 5]]
    assert rewards(said, ids, number=[0, 1, 1, 0], prompts=[]) == [1, -1, 1, 0]


def by_rewards(directory: Path, tiny: Path, cache_dir: Path, **rounds: object) -> TrainRequest:
    request = request_for(directory, tiny, cache_dir, "dpo", most=1)
    settings = request.recipe.rounds.model_copy(update={"method": "grpo", "samples": 4, **rounds})
    recipe = request.recipe.model_copy(update={"rounds": settings})
    return request.model_copy(update={"recipe": recipe})


def test_a_round_asks_each_question_several_times_and_is_kept_if_it_helps(
    tiny: Path, cache_dir: Path, tmp_path: Path, scripted, rewarded
):
    model = scripted(0, 1)
    request = by_rewards(tmp_path, tiny, cache_dir, learning_rate_factor=1.0)
    trained, steps = run(request)
    [one] = trained.rounds
    assert (one.questions, one.pairs, one.answers, one.is_kept) == (3, 0, 12, True)
    assert "rewards for 12 answers of 3 questions" in one.description
    assert len(rewarded) == 12
    assert model.sampled == [], "TRL samples, since the model changes on the way"
    assert sha256_of(trained.adapter / WEIGHTS) != sha256_of(
        request.work_dir / "round-1/start" / WEIGHTS
    )
    assert steps == list(range(1, len(steps) + 1))


def test_a_run_that_was_killed_in_a_round_ends_with_the_same_bytes(
    tiny: Path, cache_dir: Path, tmp_path: Path, scripted, rewarded
):
    scripted(0, 1)
    undisturbed, steps = run(by_rewards(tmp_path / "undisturbed", tiny, cache_dir))
    killed = by_rewards(tmp_path / "killed", tiny, cache_dir)
    scripted(0, 1)
    with pytest.raises(Stopped):
        run(killed, steps[-1])
    resumed, again = run(killed)
    assert again == steps[-1:]
    assert sha256_of(resumed.adapter / WEIGHTS) == sha256_of(undisturbed.adapter / WEIGHTS)
