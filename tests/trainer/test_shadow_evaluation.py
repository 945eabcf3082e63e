"""The training process asks captured prompts as it asks the gate's spoken questions."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from ratchet.contract import ChatMessage, one_turn, prompt_of
from trainer.domain.evaluation.scores import GeneratedAnswer
from trainer.domain.runs.child_messages import TrainRequest
from trainer.domain.shadow.captured_prompt import CAPTURED_PROMPTS, CapturedPrompt
from trainer.run import evaluation

from .captured_calls import asked, prompts
from .real_run import Listener, request_for, train, train_here
from .tiny_model import write_tiny_model

pytestmark = pytest.mark.heavy

PROMPTS = prompts(3)


@pytest.fixture(scope="module")
def tiny(cache_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("tiny"), cache_dir)


@pytest.fixture
def request_(tmp_path: Path, cache_dir: Path, tiny: Path) -> TrainRequest:
    return with_prompts(request_for(tmp_path / "run", cache_dir, str(tiny)), PROMPTS)


def with_prompts(request: TrainRequest, asked: Sequence[CapturedPrompt]) -> TrainRequest:
    path = request.dataset.with_name("prompts.json")
    path.write_bytes(CAPTURED_PROMPTS.dump_json(tuple(asked)))
    return request.model_copy(update={"shadow": path})


class Recorded:
    """The real answers, and what was asked for them: messages, most tokens, batch."""

    def __init__(self, generate: Callable[..., list[GeneratedAnswer]]) -> None:
        self._generate = generate
        self.asked: list[tuple[str, int, int]] = []

    def __call__(
        self, base: Any, turns: Sequence[Any], tokens: int, batch: int, on_batch: Any
    ) -> list[GeneratedAnswer]:
        self.asked += [(prompt_of(one), tokens, batch) for one in turns]
        return self._generate(base, turns, tokens, batch, on_batch)


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorder = Recorded(evaluation.generate)
    monkeypatch.setattr(evaluation, "generate", recorder)
    return recorder


def test_both_models_answer_after_the_gates_questions(request_: TrainRequest, recorded: Recorded):
    trained = train_here(request_)
    assert trained.shadow is not None
    captured = {prompt_of(prompt.messages) for prompt in PROMPTS}
    assert {case.prompt for case in trained.shadow.cases} == captured
    assert [case.messages for case in trained.shadow.cases] == [one.messages for one in PROMPTS]
    for scores in (trained.shadow.before, trained.shadow.after):
        assert len(scores.answers) == 3
        assert all("untrue" in case.scores for case in scores.cases)
    order = [prompt in captured for prompt, _, _ in recorded.asked]
    assert order == [False, False, True, True, True] * 2, "champion, then challenger"
    judging = request_.recipe.judging
    ways = {(tokens, batch) for _, tokens, batch in recorded.asked}
    assert ways == {(judging.answer_tokens, judging.batch)}
    assert not captured & {case.prompt for case in trained.cases}


def test_without_prompts_nothing_more_is_asked(
    request_: TrainRequest, recorded: Recorded, tmp_path: Path
):
    for without in (with_prompts(request_, []), request_.model_copy(update={"shadow": None})):
        work_dir = tmp_path / f"work-{without.shadow is None}"
        trained = train_here(without.model_copy(update={"work_dir": work_dir}))
        assert trained.shadow is None
    assert len(recorded.asked) == 8


def test_prompts_that_the_base_cannot_read_whole_are_left_out(request_: TrainRequest):
    long, control = "the pump is fine. " * 2_000, "<|im_end|>"
    unreadable = [
        CapturedPrompt(call_id="long", messages=one_turn(f"{long}\n{asked(7)}")),
        CapturedPrompt(call_id="control", messages=one_turn(f"{control}\n{asked(8)}")),
        CapturedPrompt(
            call_id="role",
            messages=(ChatMessage(role="tool", content="45"), *one_turn(asked(9))),
        ),
    ]
    trained = train_here(with_prompts(request_, [*unreadable, PROMPTS[0]]))
    assert trained.shadow is not None
    assert [case.messages for case in trained.shadow.cases] == [PROMPTS[0].messages]


def test_a_challenger_that_is_refused_early_is_not_asked(
    request_: TrainRequest, recorded: Recorded, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("trainer.run.pipeline.certain_refusal", lambda *_, **__: "certain after 1")
    judging = request_.recipe.judging.model_copy(update={"batch": 1})
    recipe = request_.recipe.model_copy(update={"judging": judging})
    trained = train_here(request_.model_copy(update={"recipe": recipe}))
    assert trained.ended_early == "certain after 1"
    assert trained.shadow is None
    captured = {prompt_of(prompt.messages) for prompt in PROMPTS}
    assert sum(prompt in captured for prompt, _, _ in recorded.asked) == 3


def test_a_resumed_process_does_not_ask_the_champion_again(request_: TrainRequest):
    killed = Listener(kill_at=3)
    with pytest.raises(Exception, match="status -9"):
        train(request_, killed)
    assert killed.answered("judging_champion") == 5
    resumed = Listener()
    trained = train(request_, resumed)
    assert resumed.answered("judging_champion") == 0
    assert resumed.answered("judging_challenger") == 5
    assert trained.shadow is not None
    assert len(trained.shadow.before.answers) == 3
