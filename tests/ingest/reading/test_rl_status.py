"""`GET /api/layer2/rl-status/` on empty, partial and complete systems."""

from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from ratchet_testing.eventually import eventually
from ratchet_testing.ledger_world import DAY
from ratchet_testing.valkey import free_port

from .ledger_and_trainer import STATUS, TRAINER, answered, fits, reacted, reading, scored, trainer

Shown = dict[str, Any]


async def status_with_trainer(client: httpx.AsyncClient) -> Shown:
    """The status after the first status of the trainer."""

    async def now() -> Shown | None:
        status = fits(await client.get(STATUS), "rl-status")
        return status if status["trainer"]["heard_s_ago"] is not None else None

    result = await eventually(now)
    assert result is not None
    return result


async def test_an_empty_system_fits_the_schema_and_names_what_does_not_run(
    empty: httpx.AsyncClient,
):
    status = fits(await empty.get(STATUS), "rl-status")
    assert status["running"] is False
    assert status["buffer"] == {
        "total_experiences": 0,
        "with_feedback": 0,
        "without_feedback": 0,
        "ratings": {"up": 0, "down": 0, "none": 0},
        "max_size": 10_000,
        "redis_connected": True,
    }
    assert status["trainer"]["running"] is False
    assert status["trainer"]["recent_rewards"] == []
    scorer, lora = status["trainer"]["tier1_scorer"], status["trainer"]["tier2_lora"]
    assert (scorer["parameters"], scorer["avg_loss"], scorer["avg_val_loss"]) == (0, 0, 0)
    assert (lora["min_pairs_for_training"], lora["current_version"]) == (80, 0)
    assert lora["ready_to_train"] is False
    assert len(status["degraded"]) == 1


async def test_until_the_trainer_is_heard_its_settings_are_shown(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    minimums = {"trainer_min_pairs": 12, "trainer_min_demonstrations": 7}
    async with reading(valkey_url, tmp_path, **minimums) as client:
        status = fits(await client.get(STATUS), "rl-status")
    assert status["trainer"]["dpo"]["min_pairs_for_training"] == 12
    assert status["trainer"]["tier3_sft"]["min_traces_for_training"] == 7
    assert status["config"]["min_batch_size"] == 12


async def test_a_trainer_that_has_learned_nothing_sends_numbers_all_the_same(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    unlearned = {"type": "low_rank_scorer", "parameters": None, "avg_loss": None}
    with trainer({**TRAINER, "waiting": {}, "tier1_scorer": unlearned}) as url:
        async with reading(valkey_url, tmp_path, ingest_trainer_url=url) as client:
            status = (await status_with_trainer(client))["trainer"]
    scorer = status["tier1_scorer"]
    assert (scorer["parameters"], scorer["avg_loss"], scorer["avg_val_loss"]) == (0, 0, 0)
    assert status["tier2_lora"]["min_pairs_for_training"] == 80


async def test_tier2_lora_and_dpo_are_the_same_object(plant: httpx.AsyncClient):
    status = fits(await plant.get(STATUS), "rl-status")
    assert status["trainer"]["tier2_lora"] == status["trainer"]["dpo"]


async def test_a_plants_day_is_counted(plant: httpx.AsyncClient):
    buffer = fits(await plant.get(STATUS), "rl-status")["buffer"]
    recorded = {e.experience.query_id for e in DAY if hasattr(e, "experience")}
    assert buffer["total_experiences"] == len(recorded) == sum(buffer["ratings"].values())
    assert buffer["with_feedback"] + buffer["without_feedback"] == len(recorded)
    assert buffer["with_feedback"] > 0


async def test_past_trainings_are_listed(plant: httpx.AsyncClient):
    lora = fits(await plant.get(STATUS), "rl-status")["trainer"]["dpo"]
    assert (lora["total_trainings"], lora["total_pairs_trained"]) == (1, 4)
    assert (lora["last_loss"], f"v{lora['current_version']}") == (0.4, "v0")
    [run] = lora["training_history"]
    assert (run["verdict"], run["timestamp"]) == ("accepted", lora["last_training_time"])


async def test_recent_rewards_are_in_the_order_of_their_answers(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    answers = [answered(number) for number in range(60)]
    rewards = [scored(number, number / 100) for number in range(0, 60, 2)]
    async with reading(valkey_url, tmp_path, [*answers, *rewards]) as client:
        status = fits(await client.get(STATUS), "rl-status")["trainer"]
    assert status["recent_rewards"] == [number / 100 for number in range(40, 60, 2)]
    assert status["avg_reward_trend"] == pytest.approx(0.49)


async def test_rows_with_nulls_fit_the_schema(redis: Redis, valkey_url: str, tmp_path: Path):
    early = reacted(7, rating="up")
    bare = answered(1, transcript="", parsed_intent=None, widget_plan=None, user_rating=None)
    async with reading(valkey_url, tmp_path, [early, bare]) as client:
        status = fits(await client.get(STATUS), "rl-status")
    assert status["buffer"]["total_experiences"] == 1
    assert status["trainer"]["avg_reward_trend"] == 0


async def test_the_trainers_status_is_shown(redis: Redis, valkey_url: str, tmp_path: Path):
    with trainer(TRAINER) as url:
        async with reading(valkey_url, tmp_path, ingest_trainer_url=url) as client:
            status = await status_with_trainer(client)
    assert status["running"] is status["trainer"]["running"] is True
    assert status["degraded"] == []
    scorer = status["trainer"]["tier1_scorer"]
    assert (scorer["rank"], scorer["input_dim"], scorer["parameters"]) == (32, 813, 28193)
    assert status["trainer"]["training_steps"] == scorer["training_steps"] == 40
    assert status["trainer"]["tier1b_composition"]["parameters"] == 69_000
    lora = status["trainer"]["tier2_lora"]
    assert (lora["pending_pairs"], lora["min_pairs_for_training"]) == (81, 80)
    assert (lora["pending_voice_pairs"], lora["pending_widget_pairs"]) == (30, 51)
    assert lora["ready_to_train"] is True
    sft = status["trainer"]["tier3_sft"]
    assert (sft["pending_traces"], sft["min_traces_for_training"]) == (7, 100)
    assert sft["check_interval_s"] == status["config"]["train_interval"] == 2.0
    assert datetime.fromisoformat(sft["last_check_time"]).tzinfo is not None
    assert status["config"]["min_batch_size"] == 80


@pytest.mark.parametrize(
    ("changed", "ready"),
    [
        ({}, True),
        ({"cooldown_remaining_s": 900.0}, False),
        ({"running": "run-1", "running_method": "dpo"}, False),
        ({"trouble": "the disk is full"}, False),
        ({"waiting": {"dpo": {"count": 79, "minimum": 80}}}, False),
    ],
)
async def test_ready_to_train_is_true_only_if_a_run_can_start(
    redis: Redis, valkey_url: str, tmp_path: Path, changed: Shown, ready: bool
):
    with trainer({**TRAINER, **changed}) as url:
        async with reading(valkey_url, tmp_path, ingest_trainer_url=url) as client:
            lora = (await status_with_trainer(client))["trainer"]["tier2_lora"]
    assert lora["ready_to_train"] is ready
    assert (lora["cooldown_remaining_s"] > 800) is ("cooldown_remaining_s" in changed)


@pytest.mark.parametrize(
    ("method", "tier2", "tier3"),
    [("dpo", True, False), ("kto", True, False), ("sft", False, True), (None, False, False)],
)
async def test_training_in_progress_is_set_for_the_tier_of_the_running_method(
    redis: Redis, valkey_url: str, tmp_path: Path, method: str | None, tier2: bool, tier3: bool
):
    status = {**TRAINER, "running": method and "run-1", "running_method": method}
    with trainer(status) as url:
        async with reading(valkey_url, tmp_path, ingest_trainer_url=url) as client:
            shown = (await status_with_trainer(client))["trainer"]
    assert shown["tier2_lora"]["training_in_progress"] is tier2
    assert shown["tier3_sft"]["training_in_progress"] is tier3


async def test_a_stopped_trainer_is_shown_as_stopped_with_its_last_figures(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    with trainer({**TRAINER, "running": "run-1", "running_method": "dpo"}) as url:
        context = reading(valkey_url, tmp_path, ingest_trainer_url=url)
        client = await context.__aenter__()
        assert (await status_with_trainer(client))["trainer"]["dpo"]["training_in_progress"] is True

    async def stopped() -> Shown | None:
        status = fits(await client.get(STATUS), "rl-status")
        return None if status["trainer"]["running"] else status

    try:
        status = await eventually(stopped)
    finally:
        await context.__aexit__(None, None, None)
    assert status is not None
    assert status["running"] is status["trainer"]["dpo"]["training_in_progress"] is False
    assert status["trainer"]["dpo"]["pending_pairs"] == 81
    assert "RATCHET_INGEST_TRAINER_URL" in status["degraded"][0]


@pytest.mark.parametrize("status", [{"service": "exporter"}, [], {**TRAINER, "waiting": 3}])
async def test_an_answer_that_is_not_a_trainers_status_is_reported(
    redis: Redis, valkey_url: str, tmp_path: Path, status: Any
):
    with trainer(status) as url:
        async with reading(valkey_url, tmp_path, ingest_trainer_url=url) as client:

            async def named() -> bool:
                shown = fits(await client.get(STATUS), "rl-status")
                return url in shown["degraded"][0]

            assert await eventually(named)


async def test_without_a_ledger_the_answer_names_the_remedy(
    redis: Redis, valkey_url: str, tmp_path: Path
):
    async with reading(valkey_url, tmp_path, None) as client:
        status = fits(await client.get(STATUS), "rl-status")
    assert any("python -m ledger" in reason for reason in status["degraded"])


async def test_without_redis_the_status_shows_it_and_keeps_the_figures(tmp_path: Path):
    async with reading(f"redis://127.0.0.1:{free_port()}/0", tmp_path, [answered(1)]) as client:
        status = fits(await client.get(STATUS), "rl-status")
    assert status["buffer"]["redis_connected"] is status["running"] is False
    assert status["buffer"]["total_experiences"] == 1


async def test_the_answer_has_its_age_and_must_not_be_cached(empty: httpx.AsyncClient):
    answer = await empty.get(STATUS)
    assert answer.headers["Age"] in ("0", "1")
    assert answer.headers["Cache-Control"] == "no-store"


async def test_the_last_slash_is_optional(empty: httpx.AsyncClient):
    fits(await empty.get(STATUS.rstrip("/")), "rl-status")
