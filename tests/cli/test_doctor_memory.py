"""A full Redis: the doctor names what takes its memory, and the commands that free it."""

import pytest

from ratchet.contract import EntryId, GroupPosition
from ratchet_cli.doctor.groups import StreamFacts
from ratchet_cli.doctor.redis_memory import MemoryUse, judge
from ratchet_cli.embedded.memory_limit import InvalidLimit, read_limit, usual_limit

MIB = 2**20
FULL = MemoryUse(1000 * MIB, 1024 * MIB, {"experiences": 700 * MIB}, {"feedback": 100 * MIB}, True)


def stream(lag: int) -> StreamFacts:
    groups = tuple(GroupPosition(name, EntryId(0, 0), lag=lag) for name in ("reward", "ledger"))
    return StreamFacts("experiences", {"reward": "reward", "ledger": "ledger"}, 9, 0, groups, 0)


def test_a_full_server_fails_with_the_largest_parts():
    check = judge(FULL, [stream(0)])
    assert check.level == "fail"
    assert "experiences 700.0 MiB" in check.finding
    assert "state and the rest 200.0 MiB" in check.finding


def test_the_remedies_say_what_each_command_frees():
    remedy = judge(FULL, [stream(0)]).remedy
    assert "archive frees up to 700.0 MiB" in remedy
    assert "`ratchet dead drop` frees 100.0 MiB" in remedy
    assert "`ratchet up --max-memory" in remedy


def test_a_service_that_is_behind_is_to_be_started():
    remedy = judge(FULL, [stream(3)]).remedy
    assert "start reward, which is behind" in remedy
    assert "frees up to 700.0 MiB" in remedy


def test_a_server_elsewhere_is_given_more_by_its_own_configuration():
    elsewhere = MemoryUse(1000 * MIB, 1024 * MIB, {}, {}, embedded=False)
    assert "CONFIG SET maxmemory 2gb" in judge(elsewhere, []).remedy


def test_a_server_with_room_is_well():
    assert judge(MemoryUse(MIB, 1024 * MIB, {}, {}, True), []).level == "ok"


def test_the_embedded_server_never_takes_more_than_half_of_the_machine():
    assert usual_limit(machine=64 * 1024 * MIB) == 1024 * MIB
    assert usual_limit(machine=1024 * MIB) == 512 * MIB
    assert read_limit("2GB", machine=8 * 1024 * MIB) == 2048 * MIB
    with pytest.raises(InvalidLimit, match="4096mb"):
        read_limit("5gb", machine=8 * 1024 * MIB)


@pytest.mark.parametrize("text", ["", "2", "-1gb", "2tb", "1.5gb", "1mb"])
def test_other_sizes_are_refused(text: str):
    with pytest.raises(InvalidLimit):
        read_limit(text, machine=8 * 1024 * MIB)
