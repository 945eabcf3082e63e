"""Checks of the doctor on facts that no test machine has."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.repair.clock_state import ClockState, note
from ratchet_cli.doctor import clock, gpu, services
from ratchet_cli.doctor.check import fail, ok, skipped, warn, worst
from ratchet_cli.doctor.clock import ClockFacts, Clocks
from ratchet_cli.doctor.gpu import Card, GpuFacts
from ratchet_cli.doctor.services import DegradedPart, degraded
from ratchet_cli.doctor.versions import older
from ratchet_cli.formatting import GIB

LARGE = 8_000_000_000
NO_CARD = GpuFacts((), None, "", "2.13.0", "auto", False, LARGE)


def card(total: float, free: float | None = None) -> Card:
    return Card("a card", int(total * GIB), int((total if free is None else free) * GIB))


@pytest.mark.parametrize(
    ("facts", "level", "remedy"),
    [
        (replace(NO_CARD, device="cpu"), "ok", ""),
        (replace(NO_CARD, device="cuda"), "fail", "RATCHET_TRAINER_DEVICE"),
        (NO_CARD, "warn", "RATCHET_TRAINER_BASE_MODEL"),
        (replace(NO_CARD, parameters=135_000_000), "ok", ""),
        (replace(NO_CARD, driver="NVRM version: 580"), "fail", "driver's tools"),
        (replace(NO_CARD, problem="version mismatch"), "fail", "restart the machine"),
        (replace(NO_CARD, cards=(card(139),)), "ok", ""),
        (replace(NO_CARD, cards=(card(139),), torch="2.13.0+cpu"), "warn", "build for CUDA"),
        (replace(NO_CARD, cards=(card(24, 10),)), "warn", "RATCHET_TRAINER_OLLAMA_URL"),
        (replace(NO_CARD, cards=(card(12),)), "warn", "RATCHET_TRAINER_QUANTIZATION"),
        (replace(NO_CARD, cards=(card(12),), four_bits=True), "ok", ""),
        (replace(NO_CARD, cards=(card(6),), four_bits=True), "fail", "smaller model"),
        (replace(NO_CARD, cards=(card(6),)), "fail", "smaller model"),
        (replace(NO_CARD, cards=(card(6),), parameters=None), "ok", ""),
        (replace(NO_CARD, cards=(card(6), card(80))), "ok", ""),
    ],
)
def test_a_gpu_is_compared_with_the_need_of_the_base_model(
    facts: GpuFacts, level: str, remedy: str
):
    check = gpu.judge(facts)
    assert check.level == level, check
    assert remedy in check.remedy
    assert bool(check.remedy) == (level != "ok")


@pytest.mark.parametrize(
    ("ahead_s", "doubt_s", "level"),
    [(0.1, 0.0, "ok"), (-2.5, 0.1, "fail"), (2.5, 0.1, "fail"), (2.5, 1.0, "ok")],
)
def test_a_clock_may_differ_by_two_seconds_beyond_the_doubt(
    ahead_s: float, doubt_s: float, level: str
):
    skew, steadiness = clock.judge(ClockFacts(ahead_s, doubt_s, 1.0, 1.0))
    assert (skew.level, steadiness.level) == (level, "ok")
    assert ("timedatectl" in skew.remedy) == (level == "fail")


def test_a_clock_that_jumps_fails():
    [_, steadiness] = clock.judge(ClockFacts(None, 0, 61.0, 1.0))
    assert steadiness.level == "fail"
    assert "+60.0 s" in steadiness.finding


async def test_what_a_wrong_clock_left_behind_fails_with_the_command(redis: Any):
    assert (await clock.stored(redis)).level == "ok"
    await note(redis, ClockState({}, (datetime(2026, 11, 30, 9, 5, tzinfo=UTC), -86_400)))
    check = await clock.stored(redis)
    assert check.level == "fail"
    assert "set by -86,400 s at 2026-11-30 09:05 UTC" in check.finding
    assert "ratchet repair clock" in check.remedy


async def test_the_skew_is_the_difference_to_the_servers_own_time(redis: Any):
    clocks = Clocks(wall=lambda: time.time() + 30)
    await clocks.compare(redis)
    facts = clocks.facts()
    assert facts.ahead_s is not None
    assert 29 < facts.ahead_s < 31
    assert clock.judge(facts)[0].level == "fail"


def test_versions_are_compared_by_their_numbers():
    assert older("0.5.4", "0.5.5")
    assert older("v0.9", "0.12.11")
    assert not older("0.12.11", "0.12.11")
    assert not older("0.13.0-rc1", "0.12.11")
    assert not older("main", "0.12.11")


RUNNING: dict[str, Any] = {"ready": True, "problem": None, "summary": "works"}


def test_degraded_parts_are_listed_with_their_reasons():
    facts = {
        **RUNNING,
        "trouble": "Redis: full",
        "ranking": {"problem": "the scorer's file is missing"},
        "ollama": {"available": False},
        "models": [{"version": "v1", "problem": "its manifest.json cannot be read"}, {}],
    }
    assert degraded(facts) == [
        DegradedPart("training", "Redis: full"),
        DegradedPart("ranking", "the scorer's file is missing"),
        DegradedPart("ollama", "does not respond; updated when it responds again"),
        DegradedPart("model v1", "its manifest.json cannot be read"),
    ]
    assert degraded({**RUNNING, "trouble": None, "ollama": None, "models": []}) == []


def test_services_are_judged_by_their_status():
    [runs, degraded_, unavailable, embedding] = services.judge(
        {
            "ingest": {**RUNNING, "ranking": {"embedding": "hashing-768-1"}},
            "trainer": {**RUNNING, "trouble": "no lease"},
            "reward": {"ready": False, "problem": "does not respond: refused"},
        }
    )
    assert (runs.level, runs.finding) == ("ok", "works")
    assert (degraded_.level, degraded_.finding) == ("warn", "runs, but training: no lease")
    assert (unavailable.level, unavailable.finding) == ("fail", "does not respond: refused")
    assert embedding.level == "ok"
    assert "hashing" in embedding.finding


def test_all_services_have_the_same_embedding():
    services_ = {
        "ingest": {**RUNNING, "ranking": {"embedding": "hashing-768-1"}},
        "trainer": {**RUNNING, "ranking": {"embedding": "x"}},
    }
    check = services.judge(services_)[-1]
    assert check.level == "fail"
    assert "RATCHET_EMBEDDING" in check.remedy


def test_the_level_is_that_of_the_worst_check():
    assert worst([]) == "ok"
    assert worst([ok("a", ""), skipped("b", "")]) == "ok"
    assert worst([ok("a", ""), warn("b", "", "m")]) == "warn"
    assert worst([warn("a", "", "m"), fail("b", "", "m")]) == "fail"
